"""Noisy to clean."""

import numpy as np

from i2i.data.tasks.noise import gaussian_noise, log_uniform, shot_noise
from i2i.images import Pixels

SIGMA = (5.0, 50.0)
"""Standard deviation of Gaussian noise, in levels."""
PHOTONS = (20.0, 500.0)
"""Photons counted where the photo is white."""


def with_gaussian_noise(photo: Pixels, random: np.random.Generator) -> tuple[Pixels, Pixels]:
    """White Gaussian noise of a strength that the translator isn't told, as for DnCNN-B (Zhang et al. 2017, §III-D)."""
    return gaussian_noise(photo, random.uniform(*SIGMA), random), photo


def with_shot_noise(photo: Pixels, random: np.random.Generator) -> tuple[Pixels, Pixels]:
    """Poisson noise, as of a microscope or a camera in little light: the counts scatter by their square root."""
    return shot_noise(photo, log_uniform(random, *PHOTONS), random), photo
