"""By how much one method is better than another on the same images, and whether that is more than chance."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from i2i.metrics.bootstrap import LEVEL, RESAMPLES, Interval, mean_interval
from i2i.metrics.measure import Measure

Standing = Literal["better", "worse", "level"]

_IN_A_TAIL = 20
_MOST_RESAMPLES = 40_000
"""So many resampled means are to lie beyond either end of an interval, as long as that takes no more than so many."""

PerSeed = Mapping[int, Sequence[float]]
"""Seed → a value an image."""


@dataclass(frozen=True)
class Lead:
    """How much better one method is than another, image by image and over their trainings.

    Attributes:
        interval: of the mean over images and seeds; above 0 is better. Widened for the number of comparisons; without
            ends where the images are too few to tell anything at that level.
        by_seed: the mean of each seed's training against the other's of that seed.
    """

    interval: Interval
    by_seed: tuple[float, ...] = ()

    @property
    def standing(self) -> Standing:
        """Better or worse where the interval excludes 0."""
        low, high = self.interval.low, self.interval.high
        if low is None or high is None or low <= 0 <= high:
            return "level"
        return "better" if low > 0 else "worse"


def lead(measure: Measure, ours: PerSeed, theirs: PerSeed, comparisons: int = 1, seed: int = 0) -> Lead | None:
    """The lead of `ours` over `theirs` by a measure; None where no seed, or no image with a value, is in both.

    Of one training each the interval is a bootstrap over images: of these two trainings it holds, not of the methods.
    Of several it takes in how far trainings of one method differ by their seeds alone, see `_over_seeds`.

    Bonferroni's correction: of `comparisons` intervals each is at the level 1 - 0.05 / comparisons, so that with 95 %
    confidence all of them hold. Where even all images agreeing would not be so rare by chance (a sign test), there is
    no interval: the spread of a handful of images is surer than it may be.
    """
    seeds = [each for each in ours if each in theirs and len(ours[each]) and len(theirs[each])]
    if not seeds:
        return None
    own, other = (-np.array([[measure.shortfall(v) for v in side[each]] for each in seeds]) for side in (ours, theirs))
    known = (np.isfinite(own) & np.isfinite(other)).all(axis=0)  # an image without a reading has no score in any row
    if not known.any():
        return None
    own, other = own[:, known], other[:, known]
    gains, beyond = own - other, (1 - LEVEL) / comparisons
    images = gains.mean(axis=0)
    interval = Interval(float(images.mean()), count=images.size)
    if 2.0 ** (1 - images.size) <= beyond:
        resamples = min(_MOST_RESAMPLES, max(RESAMPLES, math.ceil(2 * _IN_A_TAIL / beyond)))
        alone = len(seeds) == 1
        interval = mean_interval(images, 1 - beyond, resamples, seed) if alone else _over_seeds(own, other, beyond)
    return Lead(interval, tuple(gains.mean(axis=1).tolist()))


def _over_seeds(own: NDArray[np.float64], other: NDArray[np.float64], beyond: float) -> Interval:
    """The mean of own - other, (seeds, images) both, with an interval beyond whose ends it lies in so many cases.

    Its variance is the sum of three, each estimated by itself: of the images, which both share; of the trainings of
    the one, and of the other, which have nothing in common though they be of the same seeds. Student's t with the
    degrees of freedom of such a sum (Welch 1947; Satterthwaite 1946).
    """
    from scipy.stats import t

    seeds, images = own.shape
    parts = np.array(
        [
            (own - other).mean(axis=0).var(ddof=1) / images,
            own.mean(axis=1).var(ddof=1) / seeds,
            other.mean(axis=1).var(ddof=1) / seeds,
        ]
    )
    mean, variance = float((own - other).mean()), float(parts.sum())
    freedom = variance**2 / (parts**2 / [images - 1, seeds - 1, seeds - 1]).sum() if variance else 1.0
    half = float(t.ppf(1 - beyond / 2, freedom)) * math.sqrt(variance)
    return Interval(mean, mean - half, mean + half, images)


def correction(comparisons: int, seeds: int = 1) -> str:
    """What the intervals of leads are, and what is done about their number, in words."""
    kind = (
        "percentile bootstrap over images"
        if seeds < 2
        else "Student's t with the variances of images and of seeds (Welch-Satterthwaite)"
    )
    if comparisons < 2:
        return f"at {LEVEL:.0%}, {kind}; one comparison, which needs no correction"
    return (
        f"{kind}, corrected for {comparisons} comparisons, methods times measures "
        f"(Bonferroni): each at {1 - (1 - LEVEL) / comparisons:.2%}, so that all hold together at {LEVEL:.0%}"
    )
