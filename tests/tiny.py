"""Tiny pairs on disk, and a tiny configuration that trains on them in seconds."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from i2i.images import Pixels, write_image

SIDE = 32

TINY = {
    "data": {"size": [SIDE, SIDE], "direction": "left-to-right"},
    "generator": {"width": 4},
    "discriminator": {"width": 4, "depth": 1},
    "training": {
        "images": 24,
        "batch": 2,
        "loggers": [],
        "validate_every_images": 8,
        "samples": 2,
        "precision": "fp32",
    },
}
"""A configuration whose networks are a few thousand weights, the same whatever the processor multiplies in."""


def draw_pair(seed: int, side: int = SIDE) -> tuple[Pixels, Pixels]:
    """A box on grey, and the same box filled with its complement: a task that a tiny network can begin to learn."""
    random = np.random.default_rng(seed)
    given = np.full((side, side, 3), 128, np.uint8)
    top, left = random.integers(0, side // 2, 2)
    given[top : top + side // 3, left : left + side // 3] = random.integers(0, 256, 3)
    return given, 255 - given


def write_side_by_side(folder: Path, count: int, side: int = SIDE, first: int = 0) -> Path:
    """`count` side-by-side pairs as PNG files."""
    for number in range(first, first + count):
        write_image(folder / f"{number}.png", np.concatenate(draw_pair(number, side), axis=1))
    return folder


def shown(count: int, height: int = SIDE, width: int = SIDE, seed: int = 1) -> Tensor:
    """Noise as a network is shown images, (count, 3, height, width) in [-1, 1]."""
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(seed)) * 2 - 1
