"""ONNX files, for ONNX Runtime on any device and, as onnxruntime-web, in browsers. https://onnx.ai"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from i2i.graphs.graph_format import INPUT, OUTPUT, Array, Run, Unexportable, needed, quiet

SUFFIXES = (".onnx",)

OPSET = 18
"""The newest that torch writes without a conversion; ONNX Runtime has run it since 1.14, in browsers too."""

VARIANT = f"ONNX, opset {OPSET}"

_LARGEST = 2**31 - 2**20
"""Bytes of weights: a file is one message, which can't be larger than 2 GiB."""


def engine() -> str:
    """See `GraphFormat`."""
    for module in ("onnx", "onnxscript"):
        needed(module, extra="export")
    return f"onnxruntime {needed('onnxruntime', extra='export').__version__}"


def write(network: nn.Module, example: Tensor, axes: Mapping[int, str], path: Path, about: Mapping[str, str]) -> None:
    """See `GraphFormat`. Nothing but standard operators, and nothing of where on this machine they come from."""
    size = sum(tensor.nbytes for tensor in network.state_dict().values())
    if size > _LARGEST:
        raise Unexportable(f"its weights take {size / 2**30:.1f} GiB; one ONNX file can hold 2")
    with quiet():
        program: Any = torch.onnx.export(
            network,
            (example,),
            input_names=[INPUT],
            output_names=[OUTPUT],
            opset_version=OPSET,
            dynamic_shapes=(dict(axes),),
            dynamo=True,
            verbose=False,
        )
    model = program.model_proto
    _strip(model)
    for axis, name in axes.items():
        model.graph.output[0].type.tensor_type.shape.dim[axis].dim_param = f"{OUTPUT}_{name}"
    onnx = needed("onnx", extra="export")
    onnx.helper.set_model_props(model, dict(about))
    onnx.checker.check_model(model)
    onnx.save(model, path)


def runner(path: Path) -> Run:
    """See `GraphFormat`."""
    runtime = needed("onnxruntime", extra="export")
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    session = runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def run(image: Array) -> Array:
        output: Array = session.run([OUTPUT], {INPUT: image})[0]
        return output

    return run


def _strip(model: Any) -> None:
    """Leave away the shapes within, and torch's notes, which hold source code and paths."""
    foreign = {node.domain for node in model.graph.node} - {"", "ai.onnx"}
    if foreign or model.functions:
        raise RuntimeError(f"operators of {', '.join(sorted(foreign)) or 'its own'} beside those of ONNX")
    del model.graph.value_info[:]
    parts = [model.graph, *model.graph.node, *model.graph.input, *model.graph.output, *model.graph.initializer]
    for part in parts:
        del part.metadata_props[:]
        part.doc_string = ""
    del model.metadata_props[:]
