"""Grey to colour."""

import numpy as np

from i2i.data.tasks.levels import luma
from i2i.images import Pixels


def without_colour(photo: Pixels, random: np.random.Generator) -> tuple[Pixels, Pixels]:
    """The photo's luma, and the photo."""
    return luma(photo)[:, :, None], photo
