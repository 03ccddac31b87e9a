"""Blurred to sharp: a camera that moved, or that was out of focus."""

import numpy as np

from i2i.data.tasks.kernels import convolved, disc_kernel, motion_kernel
from i2i.data.tasks.levels import from_linear, to_linear
from i2i.data.tasks.noise import gaussian_noise
from i2i.images import Pixels

PATH = (4.0, 24.0)
"""Length of the camera's way over the photo, in pixels."""
RADIUS = (1.0, 5.0)
"""Of the disc that a point out of focus becomes, in pixels."""
NOISE = (0.0, 2.0)
"""Standard deviation of the sensor's noise, in levels: without it the blur could simply be inverted."""


def blurred(photo: Pixels, random: np.random.Generator) -> tuple[Pixels, Pixels]:
    """Motion or defocus, each half of the time, in linear light where blur happens, with a little noise; the photo."""
    kernel = (
        motion_kernel(random, random.uniform(*PATH)) if random.random() < 0.5 else disc_kernel(random.uniform(*RADIUS))
    )
    image = from_linear(convolved(to_linear(photo), kernel))
    return gaussian_noise(image, random.uniform(*NOISE), random), photo
