"""Whether an engine gives what eager torch gives."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from i2i.engines import eager
from i2i.engines.engine import EngineFailure, Job, Network

TOLERANCE = {"fp32": 2e-4, "bf16": 0.1}
"""Largest difference let pass, of values in [-1, 1]: of fp32 a fortieth of one of 255 levels."""

_SIDE = 64
"""Of the images compared, where the generator takes so small ones."""


def compared(job: Job, run: Callable[[Tensor], Tensor]) -> Network:
    """The network, if it gives what eager torch gives on noise and on waves.

    Raises:
        EngineFailure: it differs by more than `TOLERANCE`, or can't be run.
    """
    try:
        found = _difference(job, run)
    except Exception as error:  # engines raise whatever their parts meet
        raise EngineFailure(f"can't run it ({first_line(error)})") from error
    if found > TOLERANCE["bf16" if job.bf16 else "fp32"]:
        raise EngineFailure(f"differs from eager by {found:.2g}")
    return Network(run, found)


def first_line(error: Exception) -> str:
    """What an error says, in at most one line."""
    return next(iter(str(error).strip().splitlines()), "") or type(error).__name__


def _difference(job: Job, run: Callable[[Tensor], Tensor]) -> float:
    images = _probe(job)
    found = (run(images) - eager.build(job)(images)).abs().max()
    return float(found) if bool(found.isfinite()) else math.inf


def _probe(job: Job) -> Tensor:
    """(2, C, H, W) in [-1, 1]: noise, and waves under a little of it.

    Of what hardly varies, normalisation by its own statistics would make rounding errors visible.
    """
    generator = job.generator
    side = max(-(-_SIDE // generator.multiple) * generator.multiple, generator.smallest)
    random = torch.Generator().manual_seed(0)
    noise = torch.rand(2, generator.in_channels, side, side, generator=random) * 2 - 1
    places = torch.arange(side) / side
    waves = torch.sin(9 * places)[:, None] * torch.cos(7 * places)
    return torch.stack([noise[0], (waves + 0.2 * noise[1]) / 1.2]).to(job.device)
