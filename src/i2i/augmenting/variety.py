"""How much the made images differ: samples of one input, outputs of different inputs, beside real targets."""

import math
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from i2i.augmenting.planning import Job
from i2i.augmenting.provenance import Row, make_pair, seed_of
from i2i.augmenting.sources import Real, Source
from i2i.augmenting.variation import Variation
from i2i.data.layouts import Side as File
from i2i.data.samples import Reading, read_side
from i2i.errors import ConfigError, InputError
from i2i.evaluation.instruments import choose_instruments
from i2i.images import ImageSpec, Pixels, encode, read_pixels, resize
from i2i.metrics.diversity import Distance, diversity, pixel_distance
from i2i.metrics.paired import WINDOW, ms_ssim
from i2i.metrics.perceptual import LPIPS, LPIPSNetwork
from i2i.translator import Translator

SIDE = 256
"""Longest side at which images are compared, and never more than that of the training images."""

IMAGES, PAIRS = 64, 200
"""At most so many images and pairs of them stand for a set."""

INPUTS = 24
"""At most so many inputs stand for all, where their samples are compared."""

HARDLY = 0.1
"""Of the distance between two real targets: samples of one input that are nearer to each other hardly differ."""

ALIKE = 0.5
"""Of the same: outputs of different inputs that are nearer to each other are too much alike."""


@dataclass(frozen=True)
class Yardstick:
    """What distances are taken by.

    Attributes:
        name: such as "LPIPS (alex)".
        definition: what exactly that is.
        distance: two (N, planes, H, W) in [-1, 1] -> (N,).
        spec: of the images.
        size: (height, width) at which they are compared.
        why: why it is no perceptual distance; empty if it is one.
    """

    name: str
    definition: str
    distance: Distance
    spec: ImageSpec
    size: tuple[int, int]
    why: str = ""

    def see(self, pixels: Pixels) -> Tensor:
        """An image's pixels, (H, W, C), as the distance takes them: (planes, *size)."""
        return encode(resize(pixels, *self.size, "area", self.spec), self.spec)


@dataclass(frozen=True)
class Variety:
    """Mean distances between two images; NaN where there are no two to compare.

    Attributes:
        yardstick: by which.
        samples: of the made outputs of one input, as they are in the folder.
        noise: of what the translator gives for one input, unvaried, under two seeds; NaN of one without noise.
        made: of made outputs of different inputs.
        real: of real targets.
    """

    yardstick: Yardstick
    samples: float = math.nan
    noise: float = math.nan
    made: float = math.nan
    real: float = math.nan

    @property
    def usual(self) -> float:
        """The distance of two images that have nothing to do with each other."""
        return self.real if self.real > 0 else self.made

    def differ(self, one: File, other: File) -> bool:
        """Whether two outputs, by their files, are further apart than what hardly differs."""
        spec = self.yardstick.spec
        seen = [self.yardstick.see(read_side(file, spec, Reading(spec, spec))) for file in (one, other)]
        return diversity(seen, self.yardstick.distance) >= HARDLY * self.usual

    def sentences(self) -> list[str]:
        """What is wrong, in words; nothing if the outputs vary as they should."""
        found, usual = [], self.usual
        compared = "two real targets" if self.real > 0 else "outputs of two inputs"
        if self.noise < HARDLY * usual or self.noise == 0:
            found.append(
                f"the samples of one input hardly differ ({self.noise:.3f}; {compared} {usual:.3f}): this translator's "
                "noise changes next to nothing, so that more samples of an input add next to nothing"
            )
        if self.made < ALIKE * self.real or self.made == 0:
            beside = f"; two real targets {self.real:.3f}" if self.real > 0 else ""
            found.append(
                f"the outputs of different inputs are too much alike ({self.made:.3f}{beside}): the translator has "
                "collapsed to a few answers, or the inputs hardly differ"
            )
        return found


def choose_yardstick(
    spec: ImageSpec,
    size: tuple[int, int],
    lpips: LPIPS | LPIPSNetwork | None = "alex",
    features: str | os.PathLike[str] | None = None,
) -> Yardstick:
    """The best distance that can be had of such images without fetching anything.

    In this order: the feature network that is given, LPIPS if its weights are on this machine, 1 - MS-SSIM; of label
    maps the share of pixels of another class.

    Raises:
        MissingWeightsError: the file in `features` does not exist.
        ConfigError: it is of a network that compares sets of images only.
        InputError: a weight file is damaged or of another network.
    """
    spec = spec.measured
    factor = min(1.0, SIDE / max(size))
    size = (max(1, round(size[0] * factor)), max(1, round(size[1] * factor)))
    at = f"of images at {size[0]}x{size[1]} (HxW)"
    if spec.is_labels:
        return Yardstick("other labels", f"share of the pixels of another class, {at}", _other_labels, spec, size)
    instruments = choose_instruments({}, features, lpips, spec)
    if features is not None and instruments.features is not None and "feature_distance" not in instruments.paired:
        raise ConfigError(
            f"{features}: gives no feature maps, by which two images could be compared; expected SqueezeNet 1.0's "
            "weights as .npz; without --features LPIPS is taken, if it is there"
        )
    why = next(iter(instruments.not_measured.values()), "")
    for key in ("feature_distance", "lpips"):
        measure = instruments.paired.get(key)
        if measure is not None:
            try:
                measure.function(*torch.zeros(2, 1, spec.planes, *size))
            except InputError as error:
                why = str(error)
            else:
                return Yardstick(measure.label, f"{measure.definition}, {at}", measure.function, spec, size)
    if min(size) < WINDOW:
        return Yardstick(
            "L1", f"mean absolute difference as a share of the range, {at}", pixel_distance, spec, size, why
        )
    return Yardstick("1 - MS-SSIM", f"a stand-in for a perceptual distance that needs no network, {at}", _unlike, spec,
                     size, why)  # fmt: skip


def measure_variety(
    yardstick: Yardstick,
    translator: Translator,
    folder: Path,
    rows: Sequence[Row],
    jobs: Sequence[Job],
    real: Sequence[Real],
    seed: int = 0,
) -> Variety:
    """How much the pairs in a folder vary.

    Args:
        yardstick: by which.
        translator: that made them; asked again where inputs were varied, to tell its own noise from that.
        folder: of the pairs.
        rows: the pairs.
        jobs: by which the pairs were made, for their inputs.
        real: real targets; those of the training split are taken.
        seed: of what is drawn.
    """
    spec = translator.config.target
    sources = {job.source.where + (job.source.file.half or ""): job.source for job in jobs}
    of_input: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        of_input[row.source + row.half].append(row)

    def see(row: Row) -> Tensor:
        return yardstick.see(read_pixels(folder / row.target, spec))

    several = _some([some for some in of_input.values() if len(some) > 1], INPUTS)
    samples = [diversity([see(row) for row in some[:6]], yardstick.distance, seed=seed) for some in several]
    varied = any(not row.variation.is_none for row in rows)
    noise = _mean(samples)
    if varied or not samples:
        asked = _some([sources[key] for key in of_input], INPUTS // 2) if translator.is_random else []
        noise = _noise(yardstick, translator, asked, seed)
    first = [see(some[0]) for some in _some(list(of_input.values()), IMAGES)]
    training = _some([each for each in real if each.split == "train"], IMAGES)
    targets = list(_readable(training, spec, yardstick.see))
    return Variety(
        yardstick,
        _mean(samples),
        noise if translator.is_random else math.nan,
        diversity(first, yardstick.distance, pairs=PAIRS, seed=seed),
        diversity(targets, yardstick.distance, pairs=PAIRS, seed=seed),
    )


def _noise(yardstick: Yardstick, translator: Translator, sources: Sequence[Source], seed: int) -> float:
    """The distance between two answers to each input as it is."""
    found = []
    for source in sources:
        pixels = source.read(translator.config.input)
        answers = [
            yardstick.see(make_pair(translator, pixels, Variation(), seed_of(seed, Job(source, number)))[1])
            for number in (1, 2)
        ]
        found.append(diversity(answers, yardstick.distance))
    return _mean(found)


def _readable(real: Iterable[Real], spec: ImageSpec, see: Callable[[Pixels], Tensor]) -> Iterable[Tensor]:
    for each in real:
        try:
            yield see(read_side(each.file, spec, Reading(spec, spec)))
        except InputError:
            continue  # it is named where duplicates are looked for


def _some(things: Sequence, most: int) -> list:  # type: ignore[type-arg]
    """At most so many, evenly over all."""
    places = np.unique(np.linspace(0, len(things) - 1, min(most, len(things))).round().astype(int))
    return [things[place] for place in places]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else math.nan


def _unlike(one: Tensor, other: Tensor) -> Tensor:
    return 1 - ms_ssim(one, other)


def _other_labels(one: Tensor, other: Tensor) -> Tensor:
    return (one.argmax(dim=1) != other.argmax(dim=1)).flatten(1).float().mean(dim=1)
