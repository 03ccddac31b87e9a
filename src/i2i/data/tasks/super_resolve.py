"""Reduced to whole: super-resolution whose reduction is known."""

import numpy as np

from i2i.images import Pixels, resize


def reduced(photo: Pixels, random: np.random.Generator, scale: int) -> tuple[Pixels, Pixels]:
    """The photo reduced by `scale` and enlarged again, both bicubically, and the photo.

    The reduction widens the kernel against aliasing, as Pillow's and MATLAB's imresize do, by which the field compares.
    """
    padded = padded_to(photo, scale)
    height, width = padded.shape[0] // scale, padded.shape[1] // scale
    return enlarged(resize(padded, height, width), photo, scale), photo


def enlarged(small: Pixels, photo: Pixels, scale: int) -> Pixels:
    """`small` as the network of a translator sees it, without what `padded_to` had added to the photo."""
    large = resize(small, small.shape[0] * scale, small.shape[1] * scale)
    return large[: photo.shape[0], : photo.shape[1]]


def padded_to(photo: Pixels, multiple: int) -> Pixels:
    """The photo with its last rows and columns repeated until both sides are multiples."""
    missing = [(0, -side % multiple) for side in photo.shape[:2]]
    return np.pad(photo, [*missing, (0, 0)], mode="edge")
