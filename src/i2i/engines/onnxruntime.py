"""ONNX Runtime on the CPU. https://onnxruntime.ai"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from i2i.engines.converting import converted
from i2i.engines.engine import Job, Network, noisy, not_installed, off_the_cpu
from i2i.graphs import INPUT, OUTPUT

EXACT = True


def unavailable() -> str | None:
    """See `Engine`."""
    return not_installed("onnxruntime", "onnx", "onnxscript", extra="export")


def refusal(job: Job) -> str | None:
    """See `Engine`."""
    return "computes in fp32 only" if job.bf16 else off_the_cpu(job) or noisy(job)


def build(job: Job) -> Network:
    """See `Engine`. As many threads as torch has now."""
    return converted(job, _run_graph)


def _run_graph(graph: Path, job: Job) -> Callable[[Tensor], Tensor]:
    runtime: Any = import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 4
    session = runtime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def run(images: Tensor) -> Tensor:
        return torch.from_numpy(session.run([OUTPUT], {INPUT: images.contiguous().numpy()})[0])

    return run
