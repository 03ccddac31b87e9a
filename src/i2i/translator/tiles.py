"""Where the tiles of a large image lie, and how much each counts where they overlap."""

from dataclasses import dataclass
from itertools import pairwise
from math import gcd

import numpy as np
from numpy.typing import NDArray

from i2i.errors import ConfigError

_FINEST = 16
"""Tiles begin at multiples of this, or of what the network needs if that is less: then the stages of the finest four
sizes, whose pattern the eye sees, fall on the same pixels in all tiles."""


@dataclass(frozen=True)
class Axis:
    """The tiles along one side of an image.

    Attributes:
        length: of the side.
        tile: of each tile; the last may reach up to 15 pixels beyond the side, and a single one any number.
        starts: where the tiles begin, ascending from 0.
        weights: (tiles, tile) float32 in [0, 1]; those of all the tiles over one pixel sum to 1.
    """

    length: int
    tile: int
    starts: tuple[int, ...]
    weights: NDArray[np.float32]

    def spans(self) -> list[tuple[int, int]]:
        """First pixel of each tile, and the one after its last within the side."""
        return [(start, min(start + self.tile, self.length)) for start in self.starts]


def lay_tiles(length: int, tile: int, overlap: int, multiple: int) -> Axis:
    """Tiles spread evenly along a side, each overlapping the next by `overlap` pixels or a little more.

    Of an overlap the outer quarters, where a convolution sees padding beyond its tile, count for nothing. In the half
    between them one tile fades into the next, by a raised cosine. So the tiled result is the untiled one wherever a
    quarter of the overlap is at least the network's reach.

    Args:
        length: of the side, in pixels.
        tile: of a tile, a multiple of `multiple`.
        overlap: 0 to half a tile.
        multiple: of which the network takes sides.

    Raises:
        ConfigError: the overlap is negative, or more than half a tile.
    """
    if not 0 <= overlap <= tile // 2:
        raise ConfigError(f"overlap {overlap}: expected 0 to {tile // 2} pixels, half of a tile of {tile}")
    if length <= tile:
        return Axis(length, tile, (0,), np.ones((1, tile), np.float32))
    grid = gcd(multiple, _FINEST)
    last = -(-(length - tile) // grid) * grid
    steps = -(-last // max((tile - overlap) // grid * grid, grid))
    starts = [last * step // steps // grid * grid for step in range(steps + 1)]
    return Axis(length, tile, tuple(starts), _weights(starts, tile, overlap))


def _weights(starts: list[int], tile: int, overlap: int) -> NDArray[np.float32]:
    """Each tile rises where the one before it falls: differences of rising ramps, which telescope to 1."""
    places = np.arange(tile, dtype=np.float64) + 0.5
    weights = np.empty((len(starts), tile), np.float32)
    middles = [(start + before + tile) / 2 for before, start in pairwise(starts)]
    for number, start in enumerate(starts):
        rise = _ramp(places + start, middles[number - 1], overlap / 2) if number > 0 else 1.0
        fall = _ramp(places + start, middles[number], overlap / 2) if number < len(middles) else 0.0
        weights[number] = rise - fall
    return weights


def _ramp(places: NDArray[np.float64], middle: float, width: float) -> NDArray[np.float64]:
    """0 up to `middle` - `width` / 2, 1 from `middle` + `width` / 2."""
    share = ((places - middle) / max(width, 1e-6) + 0.5).clip(0, 1)
    ramp: NDArray[np.float64] = (1 - np.cos(np.pi * share)) / 2
    return ramp
