"""What a score is worth: translators that learned nothing, in the same table as the model.

A model that does not beat the copy of its input has learned nothing; one that does not beat its nearest training
neighbour has at best learned by heart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import cycle

import numpy as np
import torch
from numpy.typing import NDArray

from i2i.evaluation.sample import Sample, check_sample
from i2i.images import (
    ImageSpec,
    Pixels,
    Raster,
    conform,
    decode,
    encode,
    preview,
    resize,
    restore,
    valid,
)

COPY = "copy the input"
MEAN = "mean of the training targets"
NEIGHBOUR = "nearest training neighbour"
REAL = "targets of the training set"

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


def fit_baselines(training: Sequence[Sample], specs: tuple[ImageSpec, ImageSpec], paired: bool = True) -> Baselines:
    """The baselines that can be had of training pairs of these specifications, and why the others can't.

    Where they are not `paired`, other real targets stand for what no translator can be better than.
    """
    given, target = specs
    translate: dict[str, Translate] = {}
    missing: dict[str, str] = {}
    if _comparable(given, target):
        translate[COPY] = lambda sample: conform(Raster(restore(sample.input, given)), target, sample.name)
    else:
        missing[COPY] = f"the input ({given.describe()}) is no image of the target's kind ({target.describe()})"
    if not paired:
        coming = cycle(range(len(training)))

        def real(sample: Sample) -> Pixels:
            return _fitted(training[next(coming)].target, sample.target, target)

        return Baselines(translate | ({REAL: real} if len(training) else {}), missing)
    if not len(training):
        reason = "no training pairs were given"
        return Baselines(translate, missing | {MEAN: reason, NEIGHBOUR: reason})
    memory = Memory.of(training, given, target)
    return Baselines(translate | {MEAN: memory.mean_target, NEIGHBOUR: memory.nearest_target}, missing, memory)


def _comparable(given: ImageSpec, target: ImageSpec) -> bool:
    """Whether an input, as it is, could be a target: the same type and unit, channels alike or grey and colour."""
    alike = given.channels == target.channels or {given.channels, target.channels} == {1, 3}
    kinds = (given.is_labels, target.is_labels, given.alpha == "mask", target.alpha == "mask")
    return alike and given.dtype == target.dtype and given.unit == target.unit and not any(kinds)


@dataclass
class Memory:
    """The training set as the baselines remember it: thumbnails of all inputs and the mean of all targets."""

    training: Sequence[Sample]
    specs: tuple[ImageSpec, ImageSpec]
    thumbnails: NDArray[np.uint8]
    mean: Pixels
    repeated: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, training: Sequence[Sample], given: ImageSpec, target: ImageSpec) -> "Memory":
        """Goes once through the training pairs; targets of other sizes than the first are resized to it."""
        thumbnails = np.empty((len(training), THUMBNAIL * THUMBNAIL * 3), dtype=np.uint8)
        height, width = training[0].target.shape[:2]
        total = torch.zeros(target.planes, height, width, dtype=torch.float64)
        readings = torch.zeros_like(total)
        for index in range(len(training)):
            sample = training[index]
            check_sample(sample)
            thumbnails[index] = _thumbnail(sample.input, given)
            resized = resize(sample.target, height, width, spec=target)
            known = valid(resized, target)
            total += encode(resized, target)  # 0 where there is no reading
            readings += 1.0 if known is None else known
        mean = decode((total / readings.clamp(min=1)).float(), target)
        return cls(training, (given, target), thumbnails, mean)

    def mean_target(self, sample: Sample) -> Pixels:
        """The pixel-wise mean of the training targets (of label maps the commonest class), at the target's size."""
        return _fitted(self.mean, sample.target, self.specs[1])

    def nearest_target(self, sample: Sample) -> Pixels:
        """The target of the training pair whose input is nearest in L2 at 32x32 pixels, at the size of the target."""
        nearest = self.training[self._nearest(sample.input)]
        if np.array_equal(nearest.input, sample.input):
            self.repeated.append(sample.name)
        return _fitted(nearest.target, sample.target, self.specs[1])

    def _nearest(self, image: Pixels) -> int:
        query = _thumbnail(image, self.specs[0]).astype(np.float32)
        distances = [
            np.square(self.thumbnails[start : start + _ROWS_AT_ONCE] - query).sum(axis=1)
            for start in range(0, len(self.thumbnails), _ROWS_AT_ONCE)
        ]
        return int(np.concatenate(distances).argmin())


def _fitted(pixels: Pixels, target: Pixels, spec: ImageSpec) -> Pixels:
    height, width = target.shape[:2]
    return resize(pixels, height, width, spec=spec)


def _thumbnail(pixels: Pixels, spec: ImageSpec) -> NDArray[np.uint8]:
    """(32 · 32 · 3,) of what an eye would see of it."""
    small = resize(preview(pixels, spec), THUMBNAIL, THUMBNAIL, "area")
    return np.broadcast_to(small, (THUMBNAIL, THUMBNAIL, 3)).reshape(-1)
