"""Pillow's bicubic enlargement as a layer of a graph, to the bit: what `Translator.enlarge` does, at any size."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from i2i.graphs import Unexportable
from i2i.images import ImageSpec

_REACH = 2
"""Pixels of the input to either side of the one under an output pixel that have a weight in it."""

_BITS = 22
"""Of a weight after the point: Pillow computes with samples of 8 bits in whole numbers."""


def enlarging(scale: int, spec: ImageSpec) -> nn.Module:
    """Values of a file, (N, C, H, W) float32 -> (N, C, scale · H, scale · W) float32, whole numbers as well.

    Raises:
        Unexportable: images of more than 8 bits, with classes or with gaps, which are enlarged otherwise.
    """
    if scale == 1:
        return nn.Identity()
    if spec.dtype != "uint8" or spec.may_lack_readings:
        raise Unexportable(f"it enlarges {spec.describe()} by {scale}; only 8 bits without gaps can be in a graph")
    return _Bicubic(scale)


class _Bicubic(nn.Module):
    """Keys 1981 with a = -1/2, along the rows, then along the columns, each rounded to 8 bits."""

    weights: Tensor

    def __init__(self, scale: int) -> None:
        super().__init__()
        self.register_buffer("weights", torch.from_numpy(_weights(scale)))

    def forward(self, image: Tensor) -> Tensor:
        wide = self._widened(image.to(torch.int32))
        return self._widened(wide.transpose(2, 3)).transpose(2, 3).float()

    def _widened(self, image: Tensor) -> Tensor:
        place = image.new_ones(image.shape[3], dtype=torch.int64).cumsum(0) - 1  # traced, arange would fix the device
        last = place[-1:]
        left, right = place.clamp(max=_REACH), (last - place).clamp(max=_REACH)
        weights = self.weights.index_select(0, left * (_REACH + 1) + right)
        total = torch.full_like(image, 1 << _BITS - 1)[..., None]
        for tap in range(2 * _REACH + 1):
            taken = torch.minimum((place + (tap - _REACH)).clamp(min=0), last)
            total = total + image.index_select(3, taken)[..., None] * weights[:, :, tap]
        whole = total & -(1 << _BITS)  # exact in float32, in which some engines divide integers
        return (whole.float() / (1 << _BITS)).clamp(0, 255).to(torch.int32).flatten(3)


def _weights(scale: int) -> NDArray[np.int32]:
    """(9, scale, 5): by how many pixels there are to the left and to the right (0, 1, 2 or more), phase, and tap.

    At an edge the weights that are left are divided by their sum.
    """
    phases = (np.arange(scale) + 0.5) / scale - 0.5
    taps = np.arange(-_REACH, _REACH + 1)
    kernel = _keys(np.abs(taps - phases[:, None]))
    inside = np.array([(-left <= taps) & (taps <= right) for left in range(_REACH + 1) for right in range(_REACH + 1)])[
        :, None
    ]
    weights = np.where(inside, kernel, 0)
    weights /= weights.sum(axis=2, keepdims=True)
    whole: NDArray[np.int32] = np.trunc(weights * (1 << _BITS) + np.copysign(0.5, weights)).astype(np.int32)
    return whole


def _keys(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    near = (1.5 * distance - 2.5) * distance**2 + 1
    far = (((distance - 5) * distance + 8) * distance - 4) * -0.5
    return np.select([distance < 1, distance < 2], [near, far])
