"""Learning rates as a function of the batch and of the images seen."""

import math
from typing import Literal

from i2i.config import Schedule

PAPER_RATE = 2e-4
"""Of Isola et al. 2017, §3.3, for a batch of 1."""


def settled_rate(rate: Literal["auto"] | float, batch: int) -> float:
    """A base learning rate; for "auto", the usual one times √batch.

    The mean of n gradients is √n times less noisy, and as many images make n times fewer steps: with Adam's rate grown
    by √n both work out the same (Malladi et al. 2022, https://arxiv.org/abs/2205.10287).
    """
    return PAPER_RATE * math.sqrt(batch) if rate == "auto" else rate


def learning_rate_factor(schedule: Schedule, images_seen: int, images: int) -> float:
    """The factor on the base learning rates after `images_seen` of `images`, in (0, 1].

    "linear" and "cosine" stay at 1 for `constant_share` of the run, then fall towards 0, which they would reach at its
    end. With `stairs`, the value holds for one stair (an epoch of the published schedules) and step k of the n falling
    ones is at 1 - k / (n + 1), so that none is spent at 0.
    """
    if schedule.name == "constant":
        return 1.0
    fallen = _fallen(schedule, min(images_seen / images, 1.0))
    return 1 - fallen if schedule.name == "linear" else 0.5 * (1 + math.cos(math.pi * fallen))


def _fallen(schedule: Schedule, share: float) -> float:
    """How much of the way down is behind, 0 to 1, after this share of the run."""
    if not schedule.stairs:
        return max(0.0, share - schedule.constant_share) / (1 - schedule.constant_share)
    level = round(schedule.constant_share * schedule.stairs)
    stair = min(int(share * schedule.stairs + 1e-9), schedule.stairs - 1)
    return max(0, stair - level + 1) / (schedule.stairs - level + 1)
