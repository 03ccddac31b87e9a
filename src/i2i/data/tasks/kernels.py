"""Kernels of blur, and the convolution with them."""

import numpy as np
from numpy.typing import NDArray

from i2i.data.tasks.levels import Floats

_MOMENTS = 256
"""Points of the way at which the shutter is open."""


def motion_kernel(random: np.random.Generator, path: float) -> Floats:
    """Where a point of the photo was while a hand shook the camera: (K, K), sum 1, its centre of mass in the middle.

    A smooth way of `path` pixels that bends at random and now and then jerks, after Kupyn et al. 2018 (DeblurGAN), §4.
    https://arxiv.org/abs/1711.07064
    """
    bends = random.normal(0, random.uniform(0, 0.15), _MOMENTS)
    bends[random.integers(_MOMENTS)] += random.normal(0, 1) * (random.random() < 0.3)
    heading = random.uniform(0, 2 * np.pi) + np.cumsum(bends)
    step = path / _MOMENTS
    way = np.cumsum(np.stack([np.sin(heading), np.cos(heading)]) * step, axis=1)
    return _splatted(way - way.mean(axis=1, keepdims=True))


def disc_kernel(radius: float) -> Floats:
    """An aperture out of focus: a disc with a soft rim of one pixel, (K, K), sum 1."""
    y, x = _grid(int(np.ceil(radius)))
    return _normalised(np.clip(radius + 0.5 - np.hypot(y, x), 0, 1))


def gaussian_kernel(along: float, across: float, angle: float) -> Floats:
    """A Gaussian with standard deviations `along` and `across` a direction, in pixels: (K, K), sum 1."""
    y, x = _grid(int(np.ceil(3 * max(along, across))))
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return _normalised(np.exp(-0.5 * ((u / along) ** 2 + (v / across) ** 2)))


def convolved(image: Floats, kernel: Floats) -> Floats:
    """(H, W, C) with an odd (K, K), mirrored at the borders."""
    from scipy.signal import fftconvolve

    reach = kernel.shape[0] // 2
    padded = np.pad(image, ((reach, reach), (reach, reach), (0, 0)), mode="symmetric")
    planes = [fftconvolve(padded[:, :, channel], kernel, mode="valid") for channel in range(image.shape[2])]
    return np.stack(planes, axis=2)


def _splatted(points: NDArray[np.float64]) -> Floats:
    """Points (2, N) about the middle, each shared out among its four pixels."""
    reach = int(np.ceil(np.abs(points).max())) + 1
    side = 2 * reach + 1
    corner = np.floor(points)
    part = points - corner
    kernel = np.zeros(side * side)
    for down in (0, 1):
        for right in (0, 1):
            share = np.abs(1 - down - part[0]) * np.abs(1 - right - part[1])
            place = (corner[0] + down + reach) * side + corner[1] + right + reach
            kernel += np.bincount(place.astype(np.intp), share, side * side)
    return _normalised(kernel.reshape(side, side))


def _normalised(kernel: NDArray[np.float64]) -> Floats:
    """With the sum 1, so that the photo keeps its brightness."""
    normalised: Floats = (kernel / kernel.sum()).astype(np.float32)
    return normalised


def _grid(reach: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    steps = np.arange(-reach, reach + 1, dtype=np.float64)
    return steps[:, None], steps[None, :]
