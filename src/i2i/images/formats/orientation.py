"""Turning pixels as the EXIF (and TIFF) orientation tag says."""

import numpy as np

from i2i.images.spec import Pixels

TAG = 274
AS_IT_IS = 1
FIRST_ON_ITS_SIDE = 5
"""Orientations from this one on exchange width and height."""


def turn(pixels: Pixels, orientation: int) -> Pixels:
    """(H, W, C) as it is meant to be seen; an unknown orientation changes nothing."""
    upright = {
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.swapaxes(0, 1),
        6: pixels[::-1].swapaxes(0, 1),
        7: pixels[::-1, ::-1].swapaxes(0, 1),
        8: pixels[:, ::-1].swapaxes(0, 1),
    }
    return np.ascontiguousarray(upright.get(orientation, pixels))


def turned_size(height: int, width: int, orientation: int) -> tuple[int, int]:
    """(height, width) of what `turn` gives."""
    return (width, height) if FIRST_ON_ITS_SIDE <= orientation <= 8 else (height, width)
