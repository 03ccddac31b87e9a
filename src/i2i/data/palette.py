"""The few colours of which an image is made, also where a lossy format has blurred them: those of its even areas."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from i2i.images import Pixels

Colour = tuple[int, ...]

BLURRED = 16
"""Of 255: what JPEG leaves in a window of 3 by 3 of a flat area, at most."""

_PLACES = 1024
_KEPT = 128

_POOLED = 20_000
_NEAR = 16  # of 255: what JPEG leaves of a flat colour, at most
_NEARER = 8  # and where most of it is
_MOST_COLOURS = 32
_CANDIDATES = 64
_COVERED = 0.99
_TIGHT = 0.85
_LEAST_FLAT = 0.3
_LEAST_SHARE = 0.001


def even_areas(pixels: Pixels, unlike: int, random: np.random.Generator) -> tuple[float, NDArray[np.uint8]]:
    """Where a 3×3 window of an 8-bit image has no values further apart than `unlike`.

    Args:
        pixels: (H, W, 1 or 3) uint8; of others there is nothing to tell.
        unlike: 0 for what is exact, `BLURRED` for what a lossy format may have changed.
        random: draws the places that are looked at.

    Returns:
        The share of the places looked at, NaN if there are none, and some of the colours there, (K, C).
    """
    height, width, channels = pixels.shape
    nothing = np.empty((0, channels), np.uint8)
    if pixels.dtype != np.uint8 or channels not in (1, 3) or min(height, width) < 3:
        return np.nan, nothing
    rows, columns = random.integers(1, height - 1, _PLACES), random.integers(1, width - 1, _PLACES)
    windows = np.stack([pixels[rows + down, columns + right] for down in (-1, 0, 1) for right in (-1, 0, 1)])
    flat = (windows.max(axis=0) - windows.min(axis=0) <= unlike).all(axis=1)
    return float(flat.mean()), windows[4][flat][:_KEPT]


def palette_of(shares: Sequence[float], pools: Sequence[NDArray[np.uint8]]) -> tuple[Colour, ...]:
    """The few colours that the even areas of images have, the largest first; empty if too many, or none.

    Args:
        shares: how much of each image is even, as `even_areas` gives it.
        pools: colours found there.
    """
    known = [share for share in shares if not np.isnan(share)]
    if not known or np.median(known) < _LEAST_FLAT:
        return ()
    pool = np.concatenate(pools).astype(np.int16)
    pool = pool[:: max(1, len(pool) // _POOLED)]
    if not len(pool):
        return ()
    centres, share, tight = _gather(pool)
    if share.sum() < _COVERED:
        return ()
    if len(centres) > 1 and tight[1:].sum() < _TIGHT * share[1:].sum():  # shades of one colour, as of a lit object
        return ()
    return tuple(tuple(int(value) for value in centre) for centre in centres)


def _gather(pool: NDArray[np.int16]) -> tuple[list[NDArray[np.int16]], NDArray[np.float64], NDArray[np.float64]]:
    """Colours around which most of the pool lies, one after the other; the shares near and nearer to each."""
    colours, counts = np.unique(pool, axis=0, return_counts=True)
    left = counts.astype(np.float64)
    centres: list[NDArray[np.int16]] = []
    share: list[float] = []
    tight: list[float] = []
    while len(centres) < _MOST_COLOURS and left.sum() > _LEAST_SHARE * counts.sum():
        frequent = np.argsort(left)[::-1][:_CANDIDATES]
        away = np.abs(colours[frequent, None] - colours[None]).max(axis=2)
        masses = (away <= _NEAR) @ left
        best = int(masses.argmax())
        hoped_for = sum(share) + masses[best] * (_MOST_COLOURS - len(share))  # as no later one is larger
        if masses[best] < _LEAST_SHARE * counts.sum() or hoped_for < _COVERED * counts.sum():
            break
        centres.append(colours[frequent[best]])
        share.append(float(masses[best]))
        tight.append(float(left[away[best] <= _NEARER].sum()))
        left[away[best] <= _NEAR] = 0
    return centres, np.array(share) / counts.sum(), np.array(tight) / counts.sum()
