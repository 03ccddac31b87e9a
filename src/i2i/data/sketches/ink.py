"""Ink on paper: strokes of varying width and darkness, turned into anti-aliased pixels at any size."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from i2i.data.sketches.geometry import Lengths, Points
from i2i.images import Pixels

Index = NDArray[np.int64]
"""(n,) or (n, k) whole numbers that choose among rows, columns or strokes."""


@dataclass(frozen=True, slots=True)
class Ink:
    """Strokes one after another: n points in the unit square, joined where `stroke` does not change.

    `width` is in units of the square's side, `darkness` in 0..1, both at each point. Strokes on the same `layer`
    merge where they cross; across layers they darken each other.
    """

    points: Points
    width: Lengths
    darkness: Lengths
    stroke: Index
    layer: Index


def painted(ink: Ink, size: tuple[int, int]) -> Pixels:
    """(H, W, 1) uint8 of strokes on white: the unit square as large as fits `size` = (H, W), centred.

    Every piece of a stroke is a capsule, covered by its exact distance and not by supersampling, so that a line half
    a pixel wide is half as dark.
    """
    height, width = size
    scale = min(size)
    shift = complex((width - scale) / 2, (height - scale) / 2) - (0.5 + 0.5j)  # the centres of pixels are at integers
    points = ink.points * scale + shift
    joined = np.flatnonzero(ink.stroke[1:] == ink.stroke[:-1])
    pieces = _Pieces.between(points, ink.width * (scale / 2), ink.darkness, joined)
    column, row = pieces.windows()
    darkest = _darkest(pieces.covers(column, row), column, row, ink.layer[joined], size)
    paper: Pixels = np.rint(255.0 * np.prod(1.0 - darkest, axis=0)).astype(np.uint8)[:, :, None]
    return paper


@dataclass(frozen=True, slots=True)
class _Pieces:
    """n straight pieces in pixels: `half` a width and `darkness` at the start, and by how much they rise to the end."""

    start: Points
    span: Points
    half: Lengths
    half_rise: Lengths
    darkness: Lengths
    darkness_rise: Lengths

    @classmethod
    def between(cls, points: Points, half: Lengths, darkness: Lengths, first: Index) -> "_Pieces":
        """Pieces from the points `first` to those after them."""
        after = first + 1
        return cls(
            points[first],
            points[after] - points[first],
            half[first],
            half[after] - half[first],
            darkness[first],
            darkness[after] - darkness[first],
        )

    def windows(self) -> tuple[Index, Index]:
        """Columns and rows (n, k) of the pixels that each piece can touch, the same number for all."""
        thickest = (self.half + np.maximum(self.half_rise, 0.0)).max(initial=0.0)
        reach = 0.5 + thickest + np.abs(self.span).max(initial=0.0) / 2
        corner = self.start + self.span / 2 - complex(reach, reach)
        steps = np.arange(1, math.ceil(2 * reach) + 1)
        column = np.floor(corner.real).astype(np.int64)[:, None] + steps
        return column, np.floor(corner.imag).astype(np.int64)[:, None] + steps

    def covers(self, column: Index, row: Index) -> NDArray[np.float32]:
        """(n, k, k): how dark each piece makes each pixel of its window."""
        x, y = (column - self.start.real[:, None]), (row - self.start.imag[:, None])
        unit = self.span / np.maximum(np.abs(self.span) ** 2, 1e-12)
        t = (_wide(x * unit.real[:, None]) + _tall(y * unit.imag[:, None])).clip(0.0, 1.0)
        away = np.sqrt((_wide(x) - t * _each(self.span.real)) ** 2 + (_tall(y) - t * _each(self.span.imag)) ** 2)
        half = _each(self.half) + t * _each(self.half_rise)
        darkness = _each(self.darkness) + t * _each(self.darkness_rise)
        return (np.clip(half + 0.5 - away, 0.0, np.minimum(1.0, 2 * half)) * darkness).astype(np.float32, copy=False)


def _darkest(
    cover: NDArray[np.float32], column: Index, row: Index, layer: Index, size: tuple[int, int]
) -> NDArray[np.float32]:
    """(layers, H, W): the most that any piece of a layer covers of each pixel; what lies outside is dropped."""
    height, width = size
    # a margin of one pixel all round takes what lies outside
    canvas = np.zeros((int(layer.max(initial=0)) + 1, height + 2, width + 2), np.float32)
    place = (layer[:, None] * canvas.shape[1] + row.clip(-1, height) + 1) * canvas.shape[2]
    place = place[:, :, None] + column.clip(-1, width)[:, None, :] + 1
    np.maximum.at(canvas.reshape(-1), place.reshape(-1), cover.reshape(-1))
    return canvas[:, 1:-1, 1:-1]


def _wide(values: Lengths) -> NDArray[np.float32]:
    """(n, k) to (n, 1, k)."""
    return values[:, None, :].astype(np.float32)


def _tall(values: Lengths) -> NDArray[np.float32]:
    """(n, k) to (n, k, 1)."""
    return values[:, :, None].astype(np.float32)


def _each(values: Lengths) -> NDArray[np.float32]:
    """(n,) to (n, 1, 1)."""
    return values[:, None, None].astype(np.float32)
