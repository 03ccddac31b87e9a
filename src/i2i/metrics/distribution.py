"""Distances between two sets of features: Fréchet and kernel.

The features come from any network (see `i2i.metrics.features`); a distance is comparable only with others over the same
network, resizing and number of images.
"""

import numpy as np
import torch
from torch import Tensor

from i2i.errors import InputError
from i2i.metrics.bootstrap import LEVEL, Interval
from i2i.metrics.measure import Measure

HALVES = 200
_BLOCK = 1024

FRECHET = Measure("Fréchet distance", "", "lower", "Gaussians fitted in float64; biased upward for few images", 2)
KERNEL = Measure("Kernel distance", "", "lower", f"unbiased, cubic kernel, interval from {HALVES} halves", 4)


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Fréchet distance between Gaussians fitted to two sets of features (N, D) and (M, D), in float64.

    |μa - μb|² + Tr Σa + Tr Σb - 2 Tr (Σa Σb)^½: Heusel et al. 2017, eq. 6.  https://arxiv.org/abs/1706.08500

    With fewer images than dimensions the covariances are singular and the distance is biased far upward.
    """
    a, b = _checked(a, b)
    mean_a, mean_b = a.mean(dim=0), b.mean(dim=0)
    # With Σ = RᵀR, Tr (Σa Σb)^½ is the sum of the singular values of Ra Rbᵀ: no square root of a matrix is needed, and
    # no rounding error is magnified by one where an eigenvalue is 0.
    root_a, root_b = _root(a - mean_a), _root(b - mean_b)
    cross = torch.linalg.svdvals(root_a @ root_b.T).sum()
    distance = (mean_a - mean_b).square().sum() + root_a.square().sum() + root_b.square().sum() - 2 * cross
    return max(0.0, float(distance))


def kernel_distance(a: Tensor, b: Tensor, halves: int = HALVES, level: float = LEVEL, seed: int = 0) -> Interval:
    """Unbiased squared MMD between two sets of features (N, D) and (M, D) with the kernel (x·y / D + 1)³.

    Bińkowski et al. 2018, §4 ("KID").  https://arxiv.org/abs/1801.01401  The estimate is taken over all images. Its
    interval comes from random halves of the sets: half a sample strays from the whole as the whole does from the truth
    (where both sets are alike it strays more, and the interval is too wide rather than too narrow).
    Being unbiased it can be slightly negative. Where both sets have the same size, image i of one belongs to image i of
    the other and they are drawn together.
    """
    a, b = _checked(a, b)
    if min(len(a), len(b)) < 2:
        raise InputError(f"kernel distance: {min(len(a), len(b))} image; expected at least 2 in each set")
    masks_a, masks_b = _halves(len(a), len(b), halves, seed)
    estimates = _within(a, masks_a) + _within(b, masks_b) - 2 * _between(a, b, masks_a, masks_b)
    whole = float(estimates[0])
    if min(len(a), len(b)) < 4:  # a half would have a single image and no pair
        return Interval(whole)
    tails = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.float64)
    low, high = torch.quantile(estimates[1:], tails).tolist()
    return Interval(whole, low, high)


def _checked(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(f"features {tuple(a.shape)} and {tuple(b.shape)}; expected (N, D) and (M, D)")
    if min(len(a), len(b)) < 2:
        raise InputError(f"a distance between distributions needs at least 2 images a set; found {min(len(a), len(b))}")
    return a.double(), b.double()


def _root(centred: Tensor) -> Tensor:
    """R (min(N, D), D) with RᵀR the sample covariance of the centred features (N, D)."""
    root: Tensor = torch.linalg.qr(centred, mode="r").R / (len(centred) - 1) ** 0.5
    return root


def _halves(a: int, b: int, halves: int, seed: int) -> tuple[Tensor, Tensor]:
    """Which images each estimate uses, (1 + halves, N) and (1 + halves, M): first all, then random halves."""
    random = np.random.default_rng(seed)

    def drawn(count: int) -> Tensor:
        ranks = random.random((halves, count)).argsort(axis=1)
        return torch.cat([torch.ones(1, count), torch.from_numpy(ranks < count // 2)]).double()

    masks = drawn(a)
    return masks, masks if a == b else drawn(b)


def _within(x: Tensor, masks: Tensor) -> Tensor:
    """Mean kernel over the pairs of different images among those of each mask: (K, N) -> (K,)."""
    count = masks.sum(dim=1)
    own = masks @ _kernel_diagonal(x)
    return (_summed(x, x, masks, masks) - own) / (count * (count - 1)).clamp(min=1)


def _between(x: Tensor, y: Tensor, masks_x: Tensor, masks_y: Tensor) -> Tensor:
    return _summed(x, y, masks_x, masks_y) / (masks_x.sum(dim=1) * masks_y.sum(dim=1))


def _summed(x: Tensor, y: Tensor, masks_x: Tensor, masks_y: Tensor) -> Tensor:
    """Σᵢⱼ mᵢ k(xᵢ, yⱼ) mⱼ for each mask, in blocks of rows so that the kernel matrix never stands whole in memory."""
    total = torch.zeros(len(masks_x), dtype=x.dtype)
    for start in range(0, len(x), _BLOCK):
        block = slice(start, start + _BLOCK)
        kernel = (x[block] @ y.T / x.shape[1] + 1) ** 3
        total += (masks_x[:, block] @ kernel * masks_y).sum(dim=1)
    return total


def _kernel_diagonal(x: Tensor) -> Tensor:
    diagonal: Tensor = (x.square().sum(dim=1) / x.shape[1] + 1) ** 3
    return diagonal
