"""Scores of several rows (the model and the baselines) over the same samples, gathered image by image."""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from i2i.errors import ImageError, InputError
from i2i.evaluation.instruments import Instruments
from i2i.evaluation.reader import Reader
from i2i.evaluation.sample import Sample
from i2i.images import ImageSpec, Pixels, encode, valid
from i2i.metrics.bootstrap import LEVEL, Interval, mean_interval
from i2i.metrics.distribution import frechet_distance, kernel_distance
from i2i.metrics.sliced import compare_patches, sample_patches

SLICED_IMAGES = 256
"""At most so many images, drawn at random, enter the sliced Wasserstein distance: its patches stay in memory."""

_SLICED_PLANES = 1024
"""At most so many channels of all of them together."""


def sliced_images(target: ImageSpec) -> int:
    """How many images enter the sliced Wasserstein distance: fewer of many channels."""
    return min(SLICED_IMAGES, _SLICED_PLANES // target.planes)


@dataclass
class Gathered:
    """What the measures of distributions need of a set of images: patches and features of each."""

    patches: dict[int, list[Tensor]] = field(default_factory=dict)
    features: list[Tensor] = field(default_factory=list)

    def levels(self) -> list[Tensor]:
        """All patches level by level. Smaller images have fewer levels and add to the finer ones only."""
        deepest = max(len(levels) for levels in self.patches.values())
        return [
            torch.cat([levels[depth] for levels in self.patches.values() if depth < len(levels)])
            for depth in range(deepest)
        ]


class Scores:
    """Takes outputs with their targets; gives per-image values and the table of means and distances."""

    def __init__(
        self,
        instruments: Instruments,
        seed: int,
        target: ImageSpec,
        reader: Reader | None = None,
        paired: bool = True,
    ) -> None:
        self.instruments = instruments
        self.reader = reader
        self.paired = paired
        self.seed = seed
        self.spec = target
        self.per_image: dict[str, dict[str, list[float]]] = {}
        self.failed: dict[str, str] = {}
        """Measures that at least one image was unfit for, by key, with the reason."""
        self._real: dict[str, list[float]] = {}
        self._outputs: dict[str, Gathered] = {}
        self._targets = Gathered()
        self._seen = 0
        self._draw = np.random.default_rng(seed)

    @torch.inference_mode()
    def add(self, sample: Sample, outputs: dict[str, Pixels]) -> dict[str, dict[str, float]]:
        """Measure the outputs of all rows for one sample; returns its paired scores, row by row."""
        target = encode(sample.target, self.spec, clip=False)[None]
        readings = valid(sample.target, self.spec)
        readings = None if readings is None or bool(readings.all()) else readings[None]
        most = sliced_images(self.spec)
        slot = self._seen if self._seen < most else int(self._draw.integers(0, self._seen + 1))
        counts = readings is None or bool(readings.any())
        if counts:
            self._gather(self._targets, target, sample.name, slot)
        scores = {}
        for row, pixels in outputs.items():
            output = encode(pixels, self.spec, clip=False)[None]
            if readings is not None:
                output = torch.where(readings, output, target)
            scores[row] = self._measure_pair(output, target, readings, sample.name) | self._read(pixels, sample)
            for key, value in scores[row].items():
                self.per_image.setdefault(row, {}).setdefault(key, []).append(value)
            if counts:
                self._gather(self._outputs.setdefault(row, Gathered()), output, sample.name, slot)
        if self.reader is not None and self.paired:  # else the target is of another input
            for key, value in self._read(sample.target, sample).items():
                self._real.setdefault(key, []).append(value)
        self._seen += 1
        return scores

    def table(self, row: str, resamples: int) -> dict[str, Interval]:
        """Mean with interval of each paired measure of a row, then its distances between distributions.

        The mean of what no image has a value of, as the errors of targets without any reading, is NaN.
        """
        found = {
            key: mean_interval(values, resamples=resamples, seed=self.seed)
            for key, values in self.per_image.get(row, {}).items()
            if key not in self.failed
        }
        return {**found, **(self._distances(self._outputs[row]) if row in self._outputs else {})}

    def real(self, resamples: int) -> dict[str, Interval]:
        """What is read off the real targets, which is the most that can be had; empty without a reader."""
        found = {key: mean_interval(values, resamples=resamples, seed=self.seed) for key, values in self._real.items()}
        return {key: interval for key, interval in found.items() if key not in self.failed}

    def _read(self, pixels: Pixels, sample: Sample) -> dict[str, float]:
        if self.reader is None or any(key in self.failed for key in self.reader.measures):
            return {}
        try:
            return self.reader.scores(pixels, sample.input)
        except (InputError, ImageError) as error:
            self.failed |= dict.fromkeys(self.reader.measures, f"{sample.name}: {error}")
            return {}

    def _measure_pair(self, output: Tensor, target: Tensor, readings: Tensor | None, name: str) -> dict[str, float]:
        values = {}
        for key, measure in self.instruments.paired.items():
            if key in self.failed:
                continue
            try:
                values[key] = float(measure.measure(output, target, readings))
            except InputError as error:
                self.failed[key] = f"{name}: {error}"
        return values

    @property
    def _distributions(self) -> list[str]:
        """Measures of sets that can still be had."""
        return [key for key in self.instruments.distribution if key not in self.failed]

    def _gather(self, into: Gathered, image: Tensor, name: str, slot: int) -> None:
        if slot < sliced_images(self.spec) and "sliced_wasserstein" in self._distributions:
            try:
                # One seed for an image in every row: the same places are compared, and equal rows are at distance 0.
                into.patches[slot] = sample_patches(image, seed=self.seed + self._seen)
            except InputError as error:
                self.failed["sliced_wasserstein"] = f"{name}: {error}"
        features = self._features_of(image, name)
        if features is not None:
            into.features.append(features)

    def _features_of(self, image: Tensor, name: str) -> Tensor | None:
        network = self.instruments.features
        if network is None or "frechet" in self.failed:
            return None
        try:
            features: Tensor = network(image.expand(-1, 3, -1, -1))
        except (InputError, RuntimeError) as error:
            self._fail_features(f"{name}: the feature network can't take it: {str(error).splitlines()[-1]}")
            return None
        if features.ndim != 2 or len(features) != 1:
            self._fail_features(f"the feature network gives {tuple(features.shape)} for one image; expected (1, D)")
        return features

    def _fail_features(self, reason: str) -> None:
        self.failed |= {"frechet": reason, "kernel": reason}

    def _distances(self, outputs: Gathered) -> dict[str, Interval]:
        found = {}
        if "sliced_wasserstein" in self._distributions:
            distance = compare_patches(outputs.levels(), self._targets.levels(), seed=self.seed)
            found["sliced_wasserstein"] = Interval(distance.mean)
        if "frechet" not in self.failed and self.instruments.features is not None:
            found |= self._feature_distances(torch.cat(outputs.features), torch.cat(self._targets.features))
        return found

    def _feature_distances(self, outputs: Tensor, targets: Tensor) -> dict[str, Interval]:
        try:
            kernel = kernel_distance(outputs, targets, level=LEVEL, seed=self.seed)
            frechet = Interval(frechet_distance(outputs, targets))
        except InputError as error:
            self._fail_features(str(error))
            return {}
        return {"frechet": frechet, "kernel": kernel}
