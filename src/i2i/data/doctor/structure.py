"""A closer look at a pair: where edges run on both sides, and so how far the sides stand apart and what they share.

The orientation of an edge is the same in a photo, its label map, its depth and its drawing, whichever side of the edge
is the brighter one. So each side becomes a field of doubled gradient angles, as in the structure tensor (Bigün &
Granlund 1987): at each pixel (gx + i·gy)², its length saturated at what is a strong edge in that image. Two such fields
are compared by their complex correlation, as in orientation correlation (Fitch et al. 2002, BMVC) but blind to the
gradient's sign. For the shift the cross-spectrum is whitened by half, between plain and phase correlation (generalised
cross-correlation, Knapp & Carter 1976).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from i2i.data.doctor.look import grey, shrunk
from i2i.data.doctor.sides import Image

WORKING = 256
"""Longest side in pixels of the copies on which edges are compared."""
REACH = 32
"""Shifts are looked for up to so many pixels of the working copy each way, but no further than a quarter of it."""

_WHITENING = 0.5
_TAPER = 0.125  # of the side, at each end
_STRONG = 0.8  # quantile of the gradient from which on an edge is nearly at its full weight
_BLUR_REACH = 4  # pixels over which smoothing and gradient mix
_COARSE = 48
_BLOCKS = 16
_LEVELS = 4
CODES = _LEVELS**2
"""How many codes there are for a place of an image."""

Field = NDArray[np.complex64]


@dataclass(frozen=True, slots=True)
class Structure:
    """What is kept of both sides of a pair.

    Attributes:
        shift: by how much the target stands (below, right of) the input, in pixels of the input file.
        sharpness: of the peak in the correlation that says so, in standard deviations.
        pixel: what a pixel of the working copy is in pixels of the file.
        fields: both sides' edges, coarse: (48, 48) each, of length 1; all zero where a side has no edge.
        codes: of both sides, (256,) uint8: for each of 16×16 places a code of its brightness and its detail, each
            by its rank within the image.
    """

    shift: tuple[float, float]
    sharpness: float
    pixel: float
    fields: tuple[Field, Field]
    codes: tuple[NDArray[np.uint8], NDArray[np.uint8]]


def compare(given: Image, wanted: Image) -> Structure:
    """The structure of a pair whose sides have one size."""
    height, width = given.pixels.shape[:2]
    pixel = max(1.0, max(height, width) / WORKING)
    size = max(1, round(height / pixel)), max(1, round(width / pixel))
    one, other = edges(given, size), edges(wanted, size)
    down, right, sharpness = find_shift(one, other)
    return Structure(
        shift=(down * pixel, right * pixel),
        sharpness=sharpness,
        pixel=pixel,
        fields=(_coarse(one), _coarse(other)),
        codes=(_codes(given, one), _codes(wanted, other)),
    )


def edges(image: Image, size: tuple[int, int]) -> Field:
    """Doubled gradient angles with the edges' strengths, 0 to 1, at `size` (height, width); 0 near what is no reading.

    Of at most three channels, whose gradients add up as in a structure tensor.
    """
    from scipy import ndimage

    field: Field = np.zeros(size, np.complex64)
    for channel in range(min(3, image.pixels.shape[2])):
        plane = _working_copy(image, channel, size)
        smooth = ndimage.gaussian_filter(plane, 1.0, truncate=3.0, mode="nearest")
        down, right = (np.gradient(smooth, axis=axis) if size[axis] > 1 else 0 * smooth for axis in (0, 1))
        field += (right + 1j * down) ** 2
    if image.readings is not None:
        known = shrunk(np.asarray(image.readings.all(axis=2), np.float32), *size) > 0.99
        field[ndimage.binary_dilation(~known, np.ones((3, 3)), iterations=_BLUR_REACH)] = 0
    strength = np.sqrt(np.abs(field))
    strong = max(float(np.quantile(strength, _STRONG)), 1e-3 * float(strength.max()), 1e-12)
    field *= strength / (strength + strong) / np.maximum(strength, 1e-12) ** 2
    return field


def find_shift(one: Field, other: Field) -> tuple[float, float, float]:
    """By how many pixels `other` stands below and right of `one`, and how sharp the peak is that says so."""
    from scipy import fft

    height, width = one.shape
    reach = min(REACH, height // 4, width // 4)
    if reach < 1 or not (one.any() and other.any()):
        return 0.0, 0.0, 0.0
    taper = _taper(height)[:, None] * _taper(width)[None]
    padded = fft.next_fast_len(height + reach), fft.next_fast_len(width + reach)
    cross = fft.fft2(one * taper, padded).conj() * fft.fft2(other * taper, padded)
    cross /= np.maximum(np.abs(cross) ** _WHITENING, 1e-12)
    surface = np.fft.fftshift(fft.ifft2(cross).real)
    middle = padded[0] // 2, padded[1] // 2
    surface = surface[middle[0] - reach : middle[0] + reach + 1, middle[1] - reach : middle[1] + reach + 1]
    return _peak(surface, reach)


def _peak(surface: NDArray[np.float32], reach: int) -> tuple[float, float, float]:
    top, left = (int(place) for place in np.unravel_index(surface.argmax(), surface.shape))
    sharpness = float((surface[top, left] - surface.mean()) / (surface.std() + 1e-12))
    down = top - reach + _vertex(surface[top - 1 : top + 2, left])
    right = left - reach + _vertex(surface[top, left - 1 : left + 2])
    return down, right, sharpness


def _vertex(three: NDArray[np.float32]) -> float:
    """Where between -½ and ½ the parabola through three samples has its top."""
    if len(three) < 3:
        return 0.0
    before, at, after = (float(value) for value in three)
    bend = before - 2 * at + after
    return 0.5 * (before - after) / bend if bend < 0 else 0.0


def _taper(length: int) -> NDArray[np.float32]:
    """A cosine at both ends, so that the image's border is no edge."""
    ramp = np.minimum(1, (0.5 + np.arange(length)) / max(1.0, _TAPER * length))
    rise = 0.5 - 0.5 * np.cos(np.pi * ramp)
    return np.asarray(rise * rise[::-1], np.float32)


def _working_copy(image: Image, channel: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """A channel at `size`, what is no reading filled with the mean."""
    plane = image.pixels[:, :, channel].astype(np.float32)
    if image.readings is None:
        return shrunk(plane, *size)
    known = image.readings[:, :, channel]
    plane = np.where(known, plane, plane[known].mean() if known.any() else 0)
    return shrunk(plane, *size)


def _coarse(field: Field) -> Field:
    small = shrunk(np.ascontiguousarray(field.real), _COARSE, _COARSE) + 1j * shrunk(
        np.ascontiguousarray(field.imag), _COARSE, _COARSE
    )
    length = float(np.linalg.norm(small))
    return (small / (length or 1.0)).astype(np.complex64)


def _codes(image: Image, field: Field) -> NDArray[np.uint8]:
    code = np.zeros(_BLOCKS**2, np.uint8)
    planes: tuple[NDArray[np.float32], ...] = (grey(image.pixels), np.abs(field))
    for plane in planes:
        code = code * _LEVELS + _levels(shrunk(np.nan_to_num(plane), _BLOCKS, _BLOCKS).ravel())
    return code


def _levels(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Each value's quarter by its rank, ties in the middle of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - counts / 2
    return (middle[inverse] * _LEVELS / len(values)).astype(np.uint8).clip(max=_LEVELS - 1)
