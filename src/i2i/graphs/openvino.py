"""OpenVINO's format, the fastest on CPUs: a .xml with the graph, a .bin with the weights. https://docs.openvino.ai

By way of ONNX, as only `openvino.convert_model` has telemetry, and reading a file has not.
"""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from torch import Tensor, nn

from i2i.graphs import onnx
from i2i.graphs.graph_format import Array, Run, needed

SUFFIXES = (".xml", ".bin")

VARIANT = "OpenVINO IR, float32"


def engine() -> str:
    """See `GraphFormat`."""
    for module in ("onnx", "onnxscript"):
        needed(module, extra="openvino")
    version: str = needed("openvino", extra="openvino").__version__
    return f"openvino {version.partition('-')[0]}"


def write(network: nn.Module, example: Tensor, axes: Mapping[int, str], path: Path, about: Mapping[str, str]) -> None:
    """See `GraphFormat`; weights in float32, metadata as `rt_info` under i2i."""
    openvino = needed("openvino", extra="openvino")
    with TemporaryDirectory() as folder:
        step = Path(folder) / f"step{onnx.SUFFIXES[0]}"
        onnx.write(network, example, axes, step, {})
        model = openvino.Core().read_model(step)
        for key, value in about.items():
            model.set_rt_info(value, ["i2i", key])
        openvino.save_model(model, path, compress_to_fp16=False)


def runner(path: Path) -> Run:
    """See `GraphFormat`; on processors that have it, OpenVINO would else compute in bf16."""
    openvino = needed("openvino", extra="openvino")
    model = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def run(image: Array) -> Array:
        output: Array = model(image)[0]
        return output

    return run
