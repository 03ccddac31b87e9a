"""How far a translator's answers to one input are from each other, where it has several."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from i2i.evaluation.instruments import Instruments
from i2i.images import ImageSpec, Pixels, encode
from i2i.metrics.diversity import Distance, diversity, pixel_distance
from i2i.metrics.labels import pixel_accuracy
from i2i.metrics.measure import Measure

SAMPLES = 4
"""Answers to each input."""

DIVERSITY = "diversity"
"""Its key among the measures."""

Sampling = Callable[[Pixels], Sequence[Pixels]]
"""From an input, (H, W, C), to several answers, (H, W, C') each."""


@dataclass(frozen=True)
class Variety:
    """The diversity of answers by the best distance that there is: LPIPS, a feature distance, or of pixels.

    Attributes:
        distance: between two answers.
        measure: what is told of it.
        target: what the answers are.
    """

    distance: Distance
    measure: Measure
    target: ImageSpec

    @classmethod
    def of(cls, instruments: Instruments, target: ImageSpec) -> "Variety":
        """With what an evaluation of such targets measures."""
        distance, words = _distance(instruments, target)
        definition = (
            f"mean distance of two answers to one input, {words}; it says nothing of their quality: noise is diverse"
        )
        return cls(distance, Measure("Diversity", "", "higher", definition), target)

    def among(self, answers: Sequence[Pixels]) -> float:
        """Of the answers to one input, (H, W, C') each."""
        return diversity([encode(answer, self.target) for answer in answers], self.distance)


def _distance(instruments: Instruments, target: ImageSpec) -> tuple[Distance, str]:
    if target.is_labels:
        return _other_classes, "the share of pixels of another class"
    for key in ("lpips", "feature_distance"):
        if key in instruments.paired:
            measure = instruments.paired[key]
            return measure.measure, measure.label
    return pixel_distance, "the mean absolute difference as a share of the range, for want of a feature network"


def _other_classes(one: Tensor, other: Tensor) -> Tensor:
    return 1 - torch.nan_to_num(pixel_accuracy(one, other), nan=1.0)
