"""torch.compile with its weights frozen: no slower than any in fp32 once it is compiled, which takes a minute.

It wants a C++ compiler, and compiles anew for each size and batch.
"""

import shutil
from typing import Any

import torch
from torch import Tensor

from i2i.engines.engine import Job, Network, noisy, off_the_cpu
from i2i.engines.folding import fold

EXACT = True

_COMPILERS = ("c++", "g++", "clang++", "cl")


def unavailable() -> str | None:
    """See `Engine`."""
    if any(shutil.which(name) for name in _COMPILERS):
        return None
    return f"torch.compile needs a C++ compiler and found none; install one of {', '.join(_COMPILERS)}"


def refusal(job: Job) -> str | None:
    """See `Engine`."""
    return off_the_cpu(job) or noisy(job)


def build(job: Job) -> Network:
    """See `Engine`. It is compiled at the first call of each shape, and not compared: that would be one more.

    Folded by `fold` first, not by the compiler: that of torch 2.13 folds normalisation into a transposed convolution
    of as many channels in as out along the wrong axis.
    """
    network = fold(job.generator).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    compiled: Any = torch.compile(network, dynamic=False, options={"freezing": True})

    @torch.inference_mode()
    def run(images: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=job.bf16):
            output: Tensor = compiled(images.contiguous(memory_format=torch.channels_last))
        return output.float()

    return Network(run)
