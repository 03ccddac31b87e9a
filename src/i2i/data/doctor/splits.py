"""Whether the splits hold the same kind of images: another exposure, another unit, another camera in one of them."""

from dataclasses import dataclass

import numpy as np

from i2i.data.doctor.evidence import Evidence
from i2i.data.doctor.finding import Finding
from i2i.data.doctor.gallery import comparison
from i2i.data.doctor.sides import SideName
from i2i.data.doctor.words import number
from i2i.data.folders import Split

_FEWEST = 8
_LARGE = 1.0
_VERY_LARGE = 2.0
_CHANCE = 1e-4
_LEAST_SPREAD = 0.01  # of the set's span
_MEASURES = {"mean": "mean", "deviation": "contrast"}


def check_splits(evidence: Evidence) -> list[Finding]:
    """The images of val and test compared with those of train, by the mean and the contrast of every channel.

    Told is a distance of the medians of at least one robust standard deviation of the training images (1.48 times
    their median absolute deviation), from two on as a warning, if a Mann-Whitney test gives it a chance below 0.0001
    over all comparisons.
    """
    findings = []
    for side in evidence.sides:
        for split in evidence.splits:
            if "train" not in evidence.splits or split == "train" or evidence.kind(side).is_simple:
                continue
            differences = _differences(evidence, side, split)
            told = [each for each in differences if each.chance * len(differences) < _CHANCE and each.size >= _LARGE]
            if told:
                findings.append(_tell(evidence, side, split, max(told, key=lambda each: each.size)))
    return findings


@dataclass(frozen=True)
class _Difference:
    measure: str
    channel: int
    medians: tuple[float, float]
    size: float
    chance: float
    examples: tuple[int, int]  # entries next to the medians


def _differences(evidence: Evidence, side: SideName, split: Split) -> list[_Difference]:
    from scipy import stats

    low, high = evidence.span(side)
    trained, held = (
        np.array([number for number, _ in evidence.looks(side, each)], np.intp) for each in ("train", split)
    )
    if min(len(trained), len(held)) < _FEWEST:
        return []
    differences = []
    for measure in _MEASURES:
        numbers, values = evidence.figures(side, measure)
        of = dict(zip(numbers.tolist(), np.nan_to_num(values), strict=True))
        first, second = (np.array([of[entry] for entry in each]) for each in (trained, held))
        for channel in range(values.shape[1]):
            one, other = first[:, channel], second[:, channel]
            medians = float(np.median(one)), float(np.median(other))
            spread = 1.4826 * float(np.median(np.abs(one - medians[0])))
            spread = max(spread, _LEAST_SPREAD * float(high[channel] - low[channel]), 1e-12)
            examples = (
                int(trained[np.abs(one - medians[0]).argmin()]),
                int(held[np.abs(other - medians[1]).argmin()]),
            )
            chance = float(stats.mannwhitneyu(one, other).pvalue)
            size = abs(medians[1] - medians[0]) / spread
            differences.append(_Difference(measure, channel, medians, size, chance, examples))
    return differences


def _tell(evidence: Evidence, side: SideName, split: Split, worst: _Difference) -> Finding:
    channels = len(evidence.span(side)[0])
    where = f" of channel {worst.channel + 1}" if channels > 1 else ""
    return Finding(
        "splits",
        "warning" if worst.size >= _VERY_LARGE else "advice",
        f"{side}: {split} differs from train: the {_MEASURES[worst.measure]}{where} of the middle image is "
        f"{number(worst.medians[1])}, in train {number(worst.medians[0])}",
        f"scores on {split} will be those of another kind of images; check how each split was exported, or split anew",
        figures={
            "split": split,
            "measure": worst.measure,
            "channel": worst.channel,
            "median_train": worst.medians[0],
            f"median_{split}": worst.medians[1],
            "effect_in_robust_deviations": worst.size,
            "chance": worst.chance,
        },
        pictures=(comparison(evidence, *worst.examples, f"middle images of train and {split}"),),
    )
