"""OpenVINO on the CPU. https://docs.openvino.ai"""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from i2i.engines.converting import converted
from i2i.engines.engine import Job, Network, noisy, not_installed, off_the_cpu

EXACT = True

_TELEMETRY = "openvino_telemetry"


def unavailable() -> str | None:
    """See `Engine`."""
    return not_installed("openvino", "onnx", "onnxscript", extra="openvino")


def refusal(job: Job) -> str | None:
    """See `Engine`."""
    return off_the_cpu(job) or noisy(job)


def build(job: Job) -> Network:
    """See `Engine`. As many threads as torch has now."""
    return converted(job, run_graph)


def run_graph(graph: Path, job: Job) -> Callable[[Tensor], Tensor]:
    """The network in a file, .onnx or OpenVINO's own .xml."""
    runtime = without_telemetry("openvino")
    settings = {
        "INFERENCE_PRECISION_HINT": "bf16" if job.bf16 else "f32",
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        "PERFORMANCE_HINT": "LATENCY",
    }
    request = runtime.Core().compile_model(graph, "CPU", settings).create_infer_request()

    def run(images: Tensor) -> Tensor:
        outputs = request.infer({0: images.contiguous().numpy()}, share_inputs=True, share_outputs=True)
        return torch.from_numpy(outputs[0].copy())

    return run


def without_telemetry(name: str) -> Any:
    """OpenVINO or NNCF, imported so that it never finds its telemetry, which is on by default."""
    reporting, absent = sys.modules.get(_TELEMETRY), cast(Any, None)
    sys.modules[_TELEMETRY] = absent  # an import of it fails, which both take for not installed
    try:
        return import_module(name)
    finally:
        if reporting is None:
            del sys.modules[_TELEMETRY]
        else:
            sys.modules[_TELEMETRY] = reporting
