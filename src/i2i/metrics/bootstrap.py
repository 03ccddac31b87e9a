"""Confidence intervals by resampling the images (Efron's percentile bootstrap)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
LEVEL = 0.95
_INDICES_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Interval:
    """A mean with its confidence interval.

    Attributes:
        mean: over the images that have a value; NaN if none has.
        low, high: None where no interval was estimated.
        count: of the images with a value; None of a distance between sets, which is no mean over images.
    """

    mean: float
    low: float | None = None
    high: float | None = None
    count: int | None = None

    def text(self, decimals: int = 3) -> str:
        """The mean and its interval, "23.41 [22.90, 23.93]"; the mean alone where there is no interval."""
        bounds = self.bounds_text(decimals)
        if math.isnan(self.mean):
            return "-"
        return f"{self.mean:.{decimals}f} [{bounds}]" if bounds else f"{self.mean:.{decimals}f}"

    def bounds_text(self, decimals: int = 3) -> str:
        """The interval alone, "22.90, 23.93"; empty where there is none."""
        if self.low is None or self.high is None:
            return ""
        return f"{self.low:.{decimals}f}, {self.high:.{decimals}f}"


def mean_interval(
    values: Sequence[float] | NDArray[np.float64], level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> Interval:
    """The mean over images and its percentile bootstrap interval.

    The images are the random sample: the interval says how the mean would vary with other test images from the same
    source, not with another training run. A single image has no interval.

    A value that is not finite is none, as that of an image without any reading; the result's `count` tells how many
    were left.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.size == 0:
        raise ValueError("no values to take a mean of; expected at least one image")
    numbers = numbers[np.isfinite(numbers)]
    if numbers.size < 2:
        return Interval(float(numbers[0]) if numbers.size else math.nan, count=numbers.size)
    means = _resampled_means(numbers, resamples, seed)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(numbers.mean()), float(low), float(high), numbers.size)


def difference_interval(
    values: Sequence[float],
    others: Sequence[float],
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """The mean of `values - others`, image by image, with its interval.

    Two translators are compared on the same images: what makes an image hard for both cancels, so this interval may
    exclude 0 where the two separate ones overlap. An image counts where both have a finite value.
    """
    first, second = np.asarray(values, dtype=np.float64), np.asarray(others, dtype=np.float64)
    if first.shape != second.shape:
        raise ValueError(f"{first.size} values against {second.size}; expected the same images on both sides")
    both = np.isfinite(first) & np.isfinite(second)
    return mean_interval(np.where(both, first, np.nan) - second, level, resamples, seed)


def _resampled_means(numbers: NDArray[np.float64], resamples: int, seed: int) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    rows = max(1, _INDICES_AT_ONCE // numbers.size)
    means = []
    for start in range(0, resamples, rows):
        drawn = random.integers(0, numbers.size, size=(min(rows, resamples - start), numbers.size))
        means.append(numbers[drawn].mean(axis=1))
    return np.concatenate(means)
