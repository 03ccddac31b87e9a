"""Squeezed to whole: JPEG at low quality, and mosaics."""

import io

import numpy as np
from PIL import Image

from i2i.images import Pixels

QUALITY = (5, 40)
"""Of the JPEG, both ends included."""
BLOCK = (4, 16)
"""Side of a mosaic's stones in pixels, both ends included."""


def with_jpeg(photo: Pixels, random: np.random.Generator) -> tuple[Pixels, Pixels]:
    """The photo as a JPEG of low quality shows it, and the photo."""
    return through_jpeg(photo, int(random.integers(QUALITY[0], QUALITY[1] + 1))), photo


def with_mosaic(photo: Pixels, random: np.random.Generator) -> tuple[Pixels, Pixels]:
    """The photo in squares of one colour, their mean, from the upper left on; and the photo."""
    return mosaic(photo, int(random.integers(BLOCK[0], BLOCK[1] + 1))), photo


def through_jpeg(pixels: Pixels, quality: int) -> Pixels:
    """(H, W, 3) written as JPEG with colour at half resolution, as is usual, and read again."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="JPEG", quality=quality)
    return np.asarray(Image.open(file))


def mosaic(photo: Pixels, block: int) -> Pixels:
    """(H, W, 3) in squares of `block` pixels; those at the right and the lower end may be cut off."""
    stones = np.asarray(Image.fromarray(photo).reduce(block))
    return stones.repeat(block, axis=0).repeat(block, axis=1)[: photo.shape[0], : photo.shape[1]]
