"""How far the images of a set are from each other: the mean distance between two of them.

Zhu et al. 2017 (BicycleGAN), §5.2, take it between random samples of one input, as LPIPS. It says nothing of
realism: noise is diverse. Read it beside a measure of quality, and beside the same number of real images.
https://arxiv.org/abs/1711.11586
"""

import math
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

Distance = Callable[[Tensor, Tensor], Tensor]
"""Two (N, C, H, W) in [-1, 1] -> (N,), 0 for equal images."""

AT_ONCE = 16
"""Pairs that a distance is asked for in one call."""


def pixel_distance(one: Tensor, other: Tensor) -> Tensor:
    """Mean absolute difference as a share of the range: two (N, C, H, W) in [-1, 1] -> (N,), from 0 to 1.

    It needs no pretrained network, and takes an image and itself moved by a pixel for different ones.
    """
    return (one - other).abs().flatten(1).mean(dim=1) / 2


def pairwise_distances(
    images: Tensor | Sequence[Tensor], distance: Distance, *, pairs: int | None = None, seed: int = 0
) -> Tensor:
    """The distances of the pairs of images: (N, C, H, W), or N of (C, H, W) -> (N (N - 1) / 2,), float32 on the CPU.

    Args:
        images: of one size.
        distance: LPIPS, a `feature_distance`, `pixel_distance` …
        pairs: at most so many, drawn by `seed` among all, for sets of which there would be too many.
    """
    chosen = _pairs(len(images), pairs, seed)
    found = [torch.zeros(0)]
    with torch.inference_mode():
        for start in range(0, len(chosen), AT_ONCE):
            one, other = zip(*chosen[start : start + AT_ONCE], strict=True)
            sides = (torch.stack([images[index] for index in side]) for side in (one, other))
            found.append(distance(*sides).float().cpu())
    return torch.cat(found)


def diversity(
    images: Tensor | Sequence[Tensor], distance: Distance, *, pairs: int | None = None, seed: int = 0
) -> float:
    """The mean of `pairwise_distances`; NaN of fewer than two images."""
    distances = pairwise_distances(images, distance, pairs=pairs, seed=seed)
    return float(distances.mean()) if len(distances) else math.nan


def _pairs(count: int, most: int | None, seed: int) -> list[tuple[int, int]]:
    """Of different images, each pair once; all of them, or `most` drawn."""
    total = count * (count - 1) // 2
    if most is None or total <= most:
        return list(combinations(range(count), 2))
    drawn = np.sort(np.random.default_rng(seed % 2**64).choice(total, size=most, replace=False))
    return [_pair(int(number)) for number in drawn]


def _pair(number: int) -> tuple[int, int]:
    """The pair of this number where (0, 1), (0, 2), (1, 2), (0, 3), … are counted from 0."""
    second = (1 + math.isqrt(8 * number + 1)) // 2
    return number - second * (second - 1) // 2, second
