"""What is kept of every image after it was decoded once: a few kilobytes from which the checks are made."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

from i2i.data.doctor.sides import Image
from i2i.data.palette import BLURRED, even_areas
from i2i.images import Header, Pixels

THUMB = 32
"""Side of a thumbnail in pixels."""
THUMB_STEP = 31
"""Steps of a thumbnail's values in a standard deviation."""

MANY_VALUES = 64
"""A side of more distinct values (or colours) than this is no label map, unless it is declared as one …"""
MANY_LABELS = 256
"""… of at most so many."""

_DRAWN = 4096

FIGURES = np.dtype(
    [
        (name, np.float64)
        for name in (
            "readings", "share", "minimum", "maximum", "mean", "deviation", "low", "median", "high", "at_minimum",
            "at_maximum",
        )
    ]
)  # fmt: skip
"""Of one channel of an image: readings and their share of the pixels; the 1st, 50th and 99th percentile (low, median,
high); the shares of the readings that are just the minimum and just the maximum."""


@dataclass(frozen=True, slots=True)
class Look:
    """One image of one side.

    Attributes:
        header: of the file, or of its half.
        type: channels and sample type, as training has them.
        digest: of the decoded pixels: equal for files that hold the same image, whatever the container.
        figures: of `FIGURES`, (C,); NaN where a channel has no reading.
        drawn: some readings drawn at random, (n, C) float32; NaN where there is none.
        thumb: (32, 32) int8, grey, mean 0, in `THUMB_STEP`ths of its own standard deviation.
        contrast: that standard deviation, in the image's values.
        values: the distinct values, or colours as 0xRRGGBB, if there are at most as many as a label map may have.
        flat: share of the places whose neighbourhood has one colour: exactly if `values` are few, else nearly; NaN
            where that is not asked (more than 8 bits).
        flat_colours: some of those colours, (n, 1 or 3) uint8.
    """

    header: Header
    type: tuple[int, str]
    digest: bytes
    figures: NDArray[np.void]
    drawn: NDArray[np.float32]
    thumb: NDArray[np.int8]
    contrast: float
    values: frozenset[int] | None
    flat: float
    flat_colours: NDArray[np.uint8]

    def in_colour(self) -> "Look":
        """Of a grey image, as if it had been stored in three channels; the header stays."""
        return replace(
            self,
            type=(3, self.type[1]),
            figures=np.repeat(self.figures, 3),
            drawn=np.repeat(self.drawn, 3, axis=1),
            values=None if self.values is None else frozenset(value * 0x010101 for value in self.values),
            flat_colours=np.repeat(self.flat_colours, 3, axis=1),
        )


def look_at(image: Image, keep: int, random: np.random.Generator, many_values: int = MANY_VALUES) -> Look:
    """What is kept of an image: `keep` readings drawn, its distinct values if there are at most `many_values`."""
    drawn = _draw(image, random)
    figures = np.array([_figures(image, channel, drawn[:, channel]) for channel in range(drawn.shape[1])], FIGURES)
    thumb, contrast = _thumb(image)
    values = _values(image, drawn, many_values)
    flat, flat_colours = even_areas(image.pixels, 0 if values is not None else BLURRED, random)
    return Look(
        header=image.header,
        type=(image.pixels.shape[2], image.pixels.dtype.name),
        digest=_digest(image.pixels),
        figures=figures,
        drawn=drawn[:keep].copy(),
        thumb=thumb,
        contrast=contrast,
        values=values,
        flat=flat,
        flat_colours=flat_colours,
    )


def grey(pixels: Pixels) -> NDArray[np.float32]:
    """The mean of the channels, (H, W) float32."""
    total = pixels[:, :, 0].astype(np.float32)
    for channel in range(1, pixels.shape[2]):
        total += pixels[:, :, channel]
    return total / np.float32(pixels.shape[2])


def shrunk(plane: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """(H, W) to (height, width) by the mean of areas."""
    return np.asarray(PillowImage.fromarray(plane).resize((width, height), PillowImage.Resampling.BOX))


def _draw(image: Image, random: np.random.Generator) -> NDArray[np.float32]:
    height, width = image.pixels.shape[:2]
    places = random.integers(0, height, _DRAWN), random.integers(0, width, _DRAWN)
    values = image.pixels[places].astype(np.float32)
    return values if image.readings is None else np.where(image.readings[places], values, np.nan)


def _figures(image: Image, channel: int, drawn: NDArray[np.float32]) -> tuple[float, ...]:
    values = image.pixels[:, :, channel]
    known = values.ravel() if image.readings is None else values[image.readings[:, :, channel]]
    if not known.size:
        return (0.0, 0.0, *[np.nan] * 9)
    share = known.size / values.size
    if known.dtype.kind in "iu" and known.dtype.itemsize <= 2:
        return (known.size, share, *_from_histogram(known))
    least, most = known.min(), known.max()
    middle = np.nanpercentile(drawn, (1, 50, 99)) if np.isfinite(drawn).any() else [np.nan] * 3
    ends = (known == least).mean(), (known == most).mean()
    return (known.size, share, least, most, known.mean(dtype=float), known.std(dtype=float), *middle, *ends)


def _from_histogram(known: Pixels) -> tuple[float, ...]:
    """Minimum to `at_maximum` of `FIGURES`, exactly."""
    limits = np.iinfo(known.dtype)
    counts = np.bincount(known if limits.min == 0 else known.astype(np.int32) - limits.min)
    levels = np.flatnonzero(counts)
    counts = counts[levels]
    levels = levels + limits.min
    mean = float(counts @ levels) / known.size
    deviation = np.sqrt(max(0.0, float(counts @ np.square(levels - mean)) / known.size))
    ranks = np.searchsorted(np.cumsum(counts), np.array([0.01, 0.5, 0.99]) * known.size)
    ends = counts[0] / known.size, counts[-1] / known.size
    return (levels[0], levels[-1], mean, deviation, *levels[ranks], *ends)


def _digest(pixels: Pixels) -> bytes:
    shape = f"{pixels.shape} {pixels.dtype}".encode()
    return hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=16, key=shape[:64]).digest()


def _thumb(image: Image) -> tuple[NDArray[np.int8], float]:
    plane = grey(image.pixels)
    if image.readings is not None:
        known = image.readings.all(axis=2)
        plane = np.where(known, plane, plane[known].mean() if known.any() else 0)
    small = shrunk(np.nan_to_num(plane), THUMB, THUMB).astype(np.float64)
    deviation = float(small.std())
    standard = (small - small.mean()) / (deviation or 1.0)
    return np.clip(np.round(standard * THUMB_STEP), -127, 127).astype(np.int8), deviation


def _values(image: Image, drawn: NDArray[np.float32], many: int) -> frozenset[int] | None:
    """Of whole numbers of one channel, or of 8-bit colours; first of those drawn, as most images have too many."""
    pixels = image.pixels
    if pixels.dtype.kind not in "iu" or pixels.shape[2] not in (1, 3) or (pixels.shape[2] == 3 and pixels.itemsize > 1):
        return None
    weights = np.array([1] if pixels.shape[2] == 1 else [1 << 16, 1 << 8, 1])
    codes = drawn[np.isfinite(drawn).all(axis=1)] @ weights
    if len(np.unique(codes)) > many:
        return None
    known = pixels.reshape(-1, pixels.shape[2])
    if image.readings is not None:
        known = known[image.readings.all(axis=2).ravel()]
    found = np.unique(known.astype(np.int64) @ weights)
    return frozenset(int(value) for value in found) if len(found) <= many else None
