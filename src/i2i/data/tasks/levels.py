"""8-bit levels and the numbers that are computed with: rounding, and sRGB ↔ linear light by tables."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from i2i.images import Pixels

Floats = NDArray[np.float32]

_STEPS = 65535
"""Of linear light in the table back to sRGB; where sRGB is steepest, one of its levels is 20 of them."""


def quantised(values: NDArray[Any]) -> Pixels:
    """Numbers on the scale 0 to 255 to the nearest uint8 level, clipped at the ends."""
    levels: Pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return levels


def to_linear(pixels: Pixels) -> Floats:
    """sRGB levels to light, 0 to 1 (IEC 61966-2-1)."""
    return _LIGHT_OF_LEVEL[pixels]


def from_linear(light: Floats) -> Pixels:
    """Light, clipped to 0 to 1, to the nearest sRGB level; undoes `to_linear` exactly."""
    levels: Pixels = _LEVEL_OF_LIGHT[np.rint(np.clip(light, 0, 1) * _STEPS).astype(np.uint16)]
    return levels


def luma(photo: Pixels) -> Pixels:
    """(H, W, 3) to the grey (H, W) that reading the file as grey would give, Rec. 601."""
    return np.asarray(Image.fromarray(photo).convert("L"))


def _linear(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _srgb(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


_LIGHT_OF_LEVEL: Floats = _linear(np.arange(256) / 255).astype(np.float32)
_LEVEL_OF_LIGHT: Pixels = quantised(_srgb(np.arange(_STEPS + 1) / _STEPS) * 255)
