"""Tiny bundles to serve."""

from pathlib import Path

import numpy as np
import torch

from i2i.bundle import BundleConfig, save_bundle
from i2i.generators import build_generator
from i2i.images import ImageSpec, write_image


def write_bundle(
    path: Path, given: ImageSpec | None = None, target: ImageSpec | None = None, seed: int = 0, **changes
) -> Path:
    """A U-Net of a few hundred weights for images of 16 × 24, with dropout that is off."""
    given, target = given or ImageSpec(3), target or ImageSpec(3)
    arguments = {
        "name": "unet", "in_channels": given.planes, "out_channels": target.planes, "width": 4, "depth": 2,
        "dropout": [1],
    }  # fmt: skip
    torch.manual_seed(seed)
    config = BundleConfig(**{"generator": arguments, "input": given, "target": target, "size": (16, 24), **changes})
    save_bundle(path, build_generator(**arguments), config, "# card")
    return path


def write_noise(path: Path, height: int = 40, width: int = 56, dtype: str = "uint8", channels: int = 3, seed: int = 0):
    """An image of noise."""
    high = np.iinfo(dtype).max
    write_image(path, np.random.default_rng(seed).integers(0, high, (height, width, channels), dtype=dtype))
    return path
