"""Where the pixels of a sample come from: a random window, warped or not, then turned and mirrored."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from i2i.config import Augment
from i2i.images import Pixels

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Warp:
    """A map from the pixels of the window to places in the source, about the window's centre.

    Attributes:
        linear: (2, 2), from the offset (rows, columns) of a pixel from the centre to that of its place.
        displacement: (2, h, w), rows and columns that are added to it; None for none.
    """

    linear: Floats
    displacement: Floats | None


@dataclass(frozen=True)
class Geometry:
    """One drawn geometry, for both sides of a pair.

    Attributes:
        size: height and width of the window, and of the sample.
        top, left: of the window in the source.
        mirror: whether left becomes right, before anything else of what is exact.
        flip: whether top becomes bottom, after that.
        turns: quarter turns against the clock, after that.
        warp: None where all is exact.
    """

    size: tuple[int, int]
    top: int
    left: int
    mirror: bool
    flip: bool
    turns: int
    warp: Warp | None

    def window(self, pixels: Pixels) -> Pixels:
        """The sample's pixels without the warp, (h, w, C)."""
        height, width = self.size
        return self._turned(pixels[self.top : self.top + height, self.left : self.left + width])

    def places(self, height: int, width: int) -> tuple[Floats, Floats]:
        """The row and the column, (h, w) each, at which each pixel of the sample stands in a (height, width) source.

        They lie between the first and the last row or column: what would lie beyond is reflected there.
        """
        rows = np.arange(self.size[0], dtype=np.float32) - np.float32((self.size[0] - 1) / 2)
        columns = np.arange(self.size[1], dtype=np.float32) - np.float32((self.size[1] - 1) / 2)
        warp = self.warp or Warp(np.eye(2, dtype=np.float32), None)
        places = [each[0] * rows[:, None] + each[1] * columns for each in warp.linear]
        if warp.displacement is not None:
            places = [place + shift for place, shift in zip(places, warp.displacement, strict=True)]
        down = places[0] + np.float32(self.top + (self.size[0] - 1) / 2)
        right = places[1] + np.float32(self.left + (self.size[1] - 1) / 2)
        return self._turned(_reflected(down, height)), self._turned(_reflected(right, width))

    def _turned(self, array: Pixels) -> Pixels:
        array = array[:, ::-1] if self.mirror else array
        array = array[::-1] if self.flip else array
        return np.ascontiguousarray(np.rot90(array, self.turns))


def draw_geometry(
    source: tuple[int, ...], size: tuple[int, int], mirror: bool, augment: Augment, random: np.random.Generator
) -> Geometry:
    """A window of `size` in a source of (height, width), and how it is warped and turned.

    A window that is no square is never turned by 90°, only by 180°.
    """
    top = int(random.integers(0, source[0] - size[0] + 1))
    left = int(random.integers(0, source[1] - size[1] + 1))
    mirrored, flipped, turned, angle, zoom, shear = random.random(6)
    seed = int(random.integers(2**63))
    quarters = int(4 * turned) if size[0] == size[1] else 2 * int(2 * turned)
    return Geometry(
        size,
        top,
        left,
        mirror=mirror and mirrored < 0.5,
        flip=augment.flip and flipped < 0.5,
        turns=quarters if augment.rotate90 else 0,
        warp=_warp(augment, size, 2 * angle - 1, 2 * zoom - 1, 2 * shear - 1, seed),
    )


def _warp(augment: Augment, size: tuple[int, int], angle: float, zoom: float, shear: float, seed: int) -> Warp | None:
    """The warp at these shares, each in [-1, 1], of what the settings allow at most."""
    if augment.rotate == augment.shear == augment.elastic == 0 and augment.scale == 1:
        return None
    cosine, sine = np.cos(np.radians(angle * augment.rotate)), np.sin(np.radians(angle * augment.rotate))
    slope = np.tan(np.radians(shear * augment.shear))
    linear = np.array([[cosine, -sine], [sine, cosine]]) @ np.array([[1, 0], [slope, 1]]) / augment.scale**zoom
    displacement = augment.elastic * _field(size, seed) if augment.elastic else None
    return Warp(linear.astype(np.float32), displacement)


def _field(size: tuple[int, int], seed: int) -> Floats:
    """A smooth random field (2, h, w), normal with mean 0 and variance 1 at each pixel.

    The elastic deformation of Simard et al. 2003, §2, whose smoothing (a Gaussian of σ = 4 in 29 pixels) is had by
    noise on a grid as coarse as a quarter of the shorter side, up-sampled by cubic B-splines.
    """
    spacing = max(1.0, min(size) / 4)
    rows, columns = (_spline_weights(length, spacing) for length in size)
    noise = np.random.default_rng(seed).standard_normal((2, rows.shape[1], columns.shape[1]))
    return (rows @ noise @ columns.T).astype(np.float32)


@lru_cache(maxsize=16)
def _spline_weights(length: int, spacing: float) -> Floats:
    """The weights (length, knots) of the knots at each pixel, scaled so that the sum of their squares is 1."""
    knots = np.arange(-1, np.ceil((length - 1) / spacing) + 2)
    distance = np.abs(np.arange(length)[:, None] / spacing - knots)
    near, far = (4 - 6 * distance**2 + 3 * distance**3) / 6, np.maximum(2 - distance, 0) ** 3 / 6
    weights = np.where(distance < 1, near, far)
    scaled: Floats = (weights / np.linalg.norm(weights, axis=1, keepdims=True)).astype(np.float32)
    return scaled


def _reflected(places: Floats, length: int) -> Floats:
    """Places beyond the first or the last pixel folded back about its centre; those between are left as they are."""
    if length == 1:
        return np.zeros_like(places)
    period = np.float32(2 * (length - 1))
    folded: Floats = np.abs(places - period * np.rint(places / period))
    return folded
