"""Outlines to photo: thin black edges, or edges as dark as they are strong."""

import math

import numpy as np

from i2i.data.tasks.levels import Floats, luma, quantised
from i2i.images import Pixels

SIGMA = 2.0
"""Pixels of smoothing before Canny's edges are sought: texture finer than this leaves none."""
SCALES = (1.0, 2.0, 4.0)
"""Pixels of smoothing at which soft edges are measured."""
FULL_INK = 99.0
"""Percentile of the edge strength that is drawn black."""
FAINTEST = 0.06
"""Contrast, 1 from black to white, below which no thin edge begins, however flat the photo."""
FAINTEST_BLACK = 0.2
"""Contrast below which no soft edge is drawn black, so that the noise of a clear sky is no drawing."""
_SLOPE = 1 / math.sqrt(2 * math.pi)
"""Gradient of a step from 0 to 1 that was smoothed, times the standard deviation of the smoothing."""
_SOBEL = 8.0
"""Sobel's response to a gradient of 1 a pixel."""


def canny_edges(photo: Pixels, random: np.random.Generator) -> tuple[Pixels, Pixels]:
    """Edges one pixel wide, 0 on 255, and the photo.

    Canny 1986. The upper threshold parts the gradients in two by Otsu's rule, the lower is half of it, so that both
    follow the photo's contrast.  https://ieeexplore.ieee.org/document/4767851
    """
    from scipy import ndimage
    from skimage.feature import canny
    from skimage.filters import threshold_otsu

    smooth = ndimage.gaussian_filter(_grey(photo), SIGMA, mode="nearest")
    response = np.hypot(ndimage.sobel(smooth, 0), ndimage.sobel(smooth, 1))
    otsu = float(threshold_otsu(response))  # type: ignore[no-untyped-call]
    high = max(otsu, FAINTEST * _SLOPE / SIGMA * _SOBEL)
    found = canny(smooth, 0, high / 2, high, mode="nearest")  # type: ignore[no-untyped-call]
    return np.where(found, 0, 255).astype(np.uint8)[:, :, None], photo


def soft_edges(photo: Pixels, random: np.random.Generator) -> tuple[Pixels, Pixels]:
    """Edge strength as ink on white, and the photo.

    The strength is the geometric mean of σ·|∇(G_σ * grey)| over three scales, normalised derivatives with γ = 1 that
    are alike for an edge at all scales (Lindeberg 1998, "Edge detection and ridge detection with automatic scale
    selection"): texture is weak at the coarse ones, and the fine ones keep the lines thin.
    """
    grey = _grey(photo)
    strength = np.prod([sigma * _gradient(grey, sigma) for sigma in SCALES], axis=0) ** (1 / len(SCALES))
    ink = strength / max(float(np.percentile(strength, FULL_INK)), FAINTEST_BLACK * _SLOPE)
    return quantised(255 * (1 - ink))[:, :, None], photo


def _grey(photo: Pixels) -> Floats:
    return luma(photo).astype(np.float32) / np.float32(255)


def _gradient(grey: Floats, sigma: float) -> Floats:
    from scipy import ndimage

    smooth = np.pad(ndimage.gaussian_filter(grey, sigma, mode="nearest"), 1, mode="edge")
    down, right = smooth[2:, 1:-1] - smooth[:-2, 1:-1], smooth[1:-1, 2:] - smooth[1:-1, :-2]
    strength: Floats = np.hypot(down, right) * np.float32(0.5)
    return strength
