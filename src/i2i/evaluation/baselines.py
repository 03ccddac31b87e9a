"""What a score is worth: translators that learned nothing, in the same table as the model.

A model that does not beat the copy of its input has learned nothing; one that does not beat its nearest training
neighbour has at best learned by heart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from i2i.evaluation.sample import Sample, check_sample
from i2i.images import Pixels, from_pil, resize, to_pil

COPY = "copy the input"
MEAN = "mean of the training targets"
NEIGHBOUR = "nearest training neighbour"

THUMBNAIL = 32
"""Side in pixels at which inputs are compared to find the nearest."""
_ROWS_AT_ONCE = 4096

Translate = Callable[[Sample], Pixels]


@dataclass
class Baselines:
    """The baselines by name, those that can't be had with the reason, and how many test inputs were trained on."""

    translate: dict[str, Translate]
    missing: dict[str, str]
    memory: "Memory | None" = None

    @property
    def seen_in_training(self) -> list[str]:
        """Names of the test samples whose input is, pixel by pixel, an input of the training set."""
        return self.memory.repeated if self.memory else []


def fit_baselines(training: Sequence[Sample]) -> Baselines:
    """The three baselines; without training pairs only the copy, and the reason for the others."""
    if not len(training):
        reason = "no training pairs were given"
        return Baselines({COPY: copy_input}, {MEAN: reason, NEIGHBOUR: reason})
    memory = Memory.of(training)
    return Baselines({COPY: copy_input, MEAN: memory.mean_target, NEIGHBOUR: memory.nearest_target}, {}, memory)


def copy_input(sample: Sample) -> Pixels:
    """The input as the output, grey turned into colour or colour into grey where the target asks for it."""
    return _with_channels(sample.input, sample.target.shape[2])


@dataclass
class Memory:
    """The training set as the baselines remember it: thumbnails of all inputs and the mean of all targets."""

    training: Sequence[Sample]
    thumbnails: NDArray[np.uint8]
    mean: Pixels
    repeated: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, training: Sequence[Sample]) -> "Memory":
        """Goes once through the training pairs; targets of other sizes than the first are resized to it."""
        thumbnails = np.empty((len(training), THUMBNAIL * THUMBNAIL * 3), dtype=np.uint8)
        height, width, channels = training[0].target.shape
        total = np.zeros((height, width, channels))
        for index in range(len(training)):
            sample = training[index]
            check_sample(sample)
            thumbnails[index] = _thumbnail(sample.input)
            total += _with_channels(resize(sample.target, height, width), channels)
        return cls(training, thumbnails, (total / len(training)).round().astype(np.uint8))

    def mean_target(self, sample: Sample) -> Pixels:
        """The pixel-wise mean of the training targets, at the size of the target."""
        return _fitted(self.mean, sample.target)

    def nearest_target(self, sample: Sample) -> Pixels:
        """The target of the training pair whose input is nearest in L2 at 32x32 pixels, at the size of the target."""
        nearest = self.training[self._nearest(sample.input)]
        if np.array_equal(nearest.input, sample.input):
            self.repeated.append(sample.name)
        return _fitted(nearest.target, sample.target)

    def _nearest(self, image: Pixels) -> int:
        query = _thumbnail(image).astype(np.float32)
        distances = [
            np.square(self.thumbnails[start : start + _ROWS_AT_ONCE] - query).sum(axis=1)
            for start in range(0, len(self.thumbnails), _ROWS_AT_ONCE)
        ]
        return int(np.concatenate(distances).argmin())


def _thumbnail(pixels: Pixels) -> Pixels:
    return resize(_with_channels(pixels, 3), THUMBNAIL, THUMBNAIL, "area").reshape(-1)


def _fitted(pixels: Pixels, target: Pixels) -> Pixels:
    height, width, channels = target.shape
    return _with_channels(resize(pixels, height, width), channels)


def _with_channels(pixels: Pixels, channels: int) -> Pixels:
    return pixels if pixels.shape[2] == channels else from_pil(to_pil(pixels), channels)
