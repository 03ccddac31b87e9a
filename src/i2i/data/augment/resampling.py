"""Pixels at any places of an image: classes stay classes, and what is no reading is mixed into nothing."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from i2i.images import ImageSpec, Pixels, encode, valid
from i2i.images.encoding import FILL

Floats = NDArray[np.float32]


def take_nearest(pixels: Pixels, rows: Floats, columns: Floats) -> Pixels:
    """The pixels (h, w, C) nearest to each (row, column) of an (H, W, C) image, which all lie within it."""
    return pixels[np.rint(rows).astype(np.intp), np.rint(columns).astype(np.intp)]


def take_bilinear(pixels: Pixels, spec: ImageSpec, rows: Floats, columns: Floats) -> tuple[Tensor, Tensor | None]:
    """The encoded image, (planes, h, w), and where it has readings, at each (row, column) of the stored pixels.

    Each value comes from the readings among its four neighbours, weighted as ever; it is no reading where most of the
    weight has none.
    """
    box, rows, columns = _box(pixels, rows, columns)
    grid = _grid(rows, columns, *box.shape[:2])
    values, readings = encode(box, spec), valid(box, spec)
    if readings is None:
        return _sampled(values, grid), None
    if bool(readings.all()):
        mixed = _sampled(values, grid)
        return mixed, torch.ones_like(mixed, dtype=torch.bool)
    weight = _sampled(readings.float(), grid)
    total = _sampled(torch.where(readings, values, 0.0), grid)
    known = weight > 0.5
    return torch.where(known, total / weight, FILL), known


def _box(pixels: Pixels, rows: Floats, columns: Floats) -> tuple[Pixels, Floats, Floats]:
    """The part of the image that holds all neighbours of the places, and the places in it."""
    top, left = int(rows.min()), int(columns.min())
    bottom, right = int(np.ceil(rows.max())) + 1, int(np.ceil(columns.max())) + 1
    return pixels[top:bottom, left:right], rows - top, columns - left


def _grid(rows: Floats, columns: Floats, height: int, width: int) -> Tensor:
    """The places as `grid_sample` has them: (1, h, w, 2), x before y, -1 and 1 the centres of the outermost pixels."""
    x = columns * np.float32(2 / max(width - 1, 1)) - 1
    y = rows * np.float32(2 / max(height - 1, 1)) - 1
    return torch.from_numpy(np.stack([x, y], axis=-1))[None]


def _sampled(planes: Tensor, grid: Tensor) -> Tensor:
    return F.grid_sample(planes[None], grid, mode="bilinear", padding_mode="border", align_corners=True)[0]
