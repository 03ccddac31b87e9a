"""Reduced to whole, where nobody knows how it was reduced: blur, size, noise and JPEG at random."""

import numpy as np

from i2i.data.tasks.compression import through_jpeg
from i2i.data.tasks.kernels import convolved, gaussian_kernel
from i2i.data.tasks.levels import Floats, quantised
from i2i.data.tasks.noise import gaussian_noise, log_uniform, shot_noise
from i2i.data.tasks.super_resolve import enlarged, padded_to
from i2i.images import Interpolation, Pixels, resize

BLUR = (0.05, 0.6)
"""Standard deviation of the blur in pixels of the reduced photo."""
RESAMPLING: tuple[Interpolation, ...] = ("area", "bilinear", "bicubic")
SIGMA = (1.0, 12.0)
"""Gaussian noise, in levels."""
PHOTONS = (150.0, 2000.0)
"""Poisson noise: photons at white."""
QUALITY = (40, 95)
"""Of the JPEG."""


def degraded(photo: Pixels, random: np.random.Generator, scale: int) -> tuple[Pixels, Pixels]:
    """The photo blurred, reduced, noisy, compressed and enlarged again bicubically, and the photo.

    [(y ⊗ k)↓ + n]_JPEG, the classical model, once: Wang et al. 2021 (Real-ESRGAN), §3.1, with Gaussian kernels that are
    round or oblong, any way of reducing but the nearest pixel, for that shifts, and milder noise and JPEG than there.
    https://arxiv.org/abs/2107.10833
    """
    padded = padded_to(photo, scale)
    blurred = quantised(convolved(padded.astype(np.float32), _kernel(random, scale)))
    how = RESAMPLING[random.integers(len(RESAMPLING))]
    small = resize(blurred, padded.shape[0] // scale, padded.shape[1] // scale, how)
    small = through_jpeg(_noisy(small, random), int(random.integers(QUALITY[0], QUALITY[1] + 1)))
    return enlarged(small, photo, scale), photo


def _kernel(random: np.random.Generator, scale: int) -> Floats:
    """Round or oblong, each half of the time."""
    along, across = random.uniform(*BLUR, 2) * scale
    round_one = random.random() < 0.5
    return gaussian_kernel(along, along if round_one else across, random.uniform(0, np.pi))


def _noisy(small: Pixels, random: np.random.Generator) -> Pixels:
    """Gaussian or Poisson noise, each half of the time."""
    if random.random() < 0.5:
        return gaussian_noise(small, random.uniform(*SIGMA), random)
    return shot_noise(small, log_uniform(random, *PHOTONS), random)
