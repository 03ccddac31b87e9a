"""Noise of cameras and sensors on 8-bit levels."""

import numpy as np

from i2i.data.tasks.levels import quantised
from i2i.images import Pixels


def gaussian_noise(pixels: Pixels, sigma: float, random: np.random.Generator) -> Pixels:
    """White noise of `sigma` levels added, rounded and clipped."""
    noise = random.standard_normal(pixels.shape, dtype=np.float32)
    return quantised(pixels + np.float32(sigma) * noise)


def shot_noise(pixels: Pixels, photons: float, random: np.random.Generator) -> Pixels:
    """Each value as it is counted when white is `photons` photons, rounded and clipped."""
    return quantised(random.poisson(pixels * (photons / 255)) * (255 / photons))


def log_uniform(random: np.random.Generator, low: float, high: float) -> float:
    """A number between the two, in each octave as often as in any other."""
    return float(np.exp(random.uniform(np.log(low), np.log(high))))
