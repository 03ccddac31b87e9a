"""All that was trained, scored by one protocol: the same images, at one size, by the same measures."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from i2i.bundle import BundleConfig, load_bundle
from i2i.comparing.pictures import Pictures, Shot
from i2i.comparing.plan import Plan, Planned, Progress
from i2i.data.layouts import Layout
from i2i.errors import RunError
from i2i.evaluation.baselines import Baselines, fit_baselines
from i2i.evaluation.instruments import Instruments, choose_instruments
from i2i.evaluation.pairs import ChosenPairs, choose_pairs
from i2i.evaluation.protocol import Census, describe_protocol
from i2i.evaluation.reader import REAL, Reader
from i2i.evaluation.sample import Sample, check_output, check_sample
from i2i.evaluation.scoring import Scores
from i2i.images import ImageSpec, Pixels, preview
from i2i.methods.distill import cost
from i2i.metrics.bootstrap import RESAMPLES, Interval, mean_interval
from i2i.metrics.features import load_features
from i2i.metrics.measure import Measure
from i2i.metrics.perceptual import LPIPS, LPIPSNetwork
from i2i.metrics.suited import reported_measures
from i2i.translator import Translator, load

_SEED = 0
"""Of the noise at test time, the bootstrap, the patches."""

_LAYOUTS: dict[str, Layout] = {"side-by-side": "side-by-side", "folders": "folders", "manifest": "manifest"}
"""What the pairs' layout is to be called for an evaluation; the others follow from the bundle."""


@dataclass(frozen=True)
class Scored:
    """The scores of a row: a method, or a baseline, which has one seed.

    Attributes:
        means: measure → seed → mean.
        per_image: measure → seed → a value an image; not of measures of sets.
    """

    means: dict[str, dict[int, float]] = field(default_factory=dict)
    per_image: dict[str, dict[int, list[float]]] = field(default_factory=dict)

    def interval(self, key: str) -> Interval | None:
        """The mean over images and seeds, with how it would vary with other images; None where there is none."""
        if key not in self.means:
            return None
        if key not in self.per_image:
            return Interval(float(np.mean([*self.means[key].values()])))
        return mean_interval(np.mean([*self.per_image[key].values()], axis=0), seed=_SEED)


@dataclass(frozen=True)
class Use:
    """What a translator takes.

    Attributes:
        parameters: of its generator.
        multiply_adds: for an image of the training size.
    """

    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Scoring:
    """What was found.

    Attributes:
        names: of the images.
        measures: by key.
        methods, baselines: row → scores.
        uses: method → what it takes in use.
        missing: measure or baseline → why it is not there.
        protocol: how, a line a topic.
        pictures: to look at, of the first seed.
        paired: whether each image has a target of its own.
    """

    names: list[str]
    measures: dict[str, Measure]
    methods: dict[str, Scored]
    baselines: dict[str, Scored]
    uses: dict[str, Use]
    missing: dict[str, str]
    protocol: str
    pictures: Pictures
    paired: bool


def check_given(features: Path | None, reader: str | os.PathLike[str] | None) -> None:
    """See now that what `score` will be given can be loaded: it is used when all training is done.

    Raises:
        MissingWeightsError, InputError: the feature network is not there or can't be read.
        BundleError: the reader can't be loaded.
    """
    if features is not None:
        load_features(features)
    if reader is not None:
        load_bundle(reader)


def score(
    plan: Plan,
    *,
    features: Path | None = None,
    lpips: LPIPS | LPIPSNetwork | None = "alex",
    reader: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Scoring:
    """Score every bundle of a plan, and the baselines, on the images of its split.

    Args:
        plan: whose trainings are done.
        features: file of a feature network, for Fréchet, kernel and feature distances.
        lpips: network of LPIPS to look for on this machine, or the module itself; None leaves it out.
        reader: a bundle of the other direction, by which inputs are read off the outputs, see `i2i.evaluation.reader`.
        progress: called as images are done.

    Raises:
        RunError: there is nothing to score.
        PairsError, ImageError: the pairs can't be read any more.
    """
    ready = [planned for planned in plan.methods if planned.trained]
    if not ready:
        reasons = "; ".join(f"{planned.entry.label}: {planned.reason}" for planned in plan.methods)
        raise RunError(f"{plan.folder}: there is nothing to compare: {reasons}")
    return _Scorer(plan, ready, features, lpips, reader, progress).run()


class _Scorer:
    """Goes through the images once a seed, all methods beside each other."""

    def __init__(
        self,
        plan: Plan,
        ready: Sequence[Planned],
        features: Path | None,
        lpips: LPIPS | LPIPSNetwork | None,
        reader: str | os.PathLike[str] | None,
        progress: Progress | None,
    ) -> None:
        self.plan, self.ready, self.progress = plan, ready, progress
        self.first = self._load(ready[0], ready[0].trained[0]).config
        self.given, self.target = self.first.input, self.first.target.measured
        self.chosen = self._pairs(self.first)
        self.instruments = _instruments(self.target, self.chosen.paired, features, lpips)
        read = None if reader is None else load(reader, device=ready[0].entry.config.training.device)
        self.reader = None if read is None else Reader.of(read, (self.given, self.target))
        of_reader = self.reader.measures if self.reader else {}
        self.measures = {**self.instruments.paired, **of_reader, **self.instruments.distribution}
        self.pictures = Pictures(len(self.chosen.scored))
        self.census = Census(self.given, self.target, self.chosen.paired)
        self.names: list[str] = []
        self.failed: dict[str, str] = {}
        self.methods: dict[str, Scored] = {planned.entry.label: Scored() for planned in ready}
        self.baselines: dict[str, Scored] = {}
        self.uses: dict[str, Use] = {}

    def run(self) -> Scoring:
        baselines = fit_baselines(self.chosen.training, (self.given, self.target), self.chosen.paired)
        for seed in self.plan.seeds:
            translators = {p.entry.label: self._load(p, seed) for p in self.ready if seed in p.trained}
            if translators:
                self._score(seed, translators, None if self.names else baselines)
        measured = {key: measure for key, measure in self.measures.items() if key not in self.failed}
        failed = {self.measures[key].label: why for key, why in self.failed.items()}
        given = f"{self.chosen.protocol}; each method by its own test-time policy, its noise seeded."
        trained = len(self.chosen.training)
        return Scoring(
            names=self.names,
            measures=measured,
            methods=self.methods,
            baselines=self.baselines,
            uses=self.uses,
            missing={**self.instruments.not_measured, **failed, **baselines.missing},
            protocol=describe_protocol(given, self.census, measured, trained, RESAMPLES, _SEED),
            pictures=self.pictures,
            paired=self.chosen.paired,
        )

    def _score(self, seed: int, translators: Mapping[str, Translator], baselines: Baselines | None) -> None:
        """One pass over the images; the first takes the baselines and the pictures too."""
        scores = Scores(self.instruments, _SEED, self.target, self.reader, self.chosen.paired)
        own = {label: self._own_inputs(translator.config) for label, translator in translators.items()}
        once = baselines.translate if baselines else {}
        count = len(self.chosen.scored)
        for index in range(count):
            sample = self.chosen.scored[index]
            check_sample(sample)
            outputs = {}
            for label, translator in translators.items():
                inputs = own[label]
                given = sample.input if inputs is None else inputs[index].input
                noise = _SEED + index if translator.generator.draws else _SEED  # so that a set varies as targets do
                outputs[label] = translator.translate(given, seed=noise)
                check_output(outputs[label], sample, label)
            scores.add(sample, outputs | {name: make(sample) for name, make in once.items()})
            if baselines:
                self._note(sample, outputs)
            if self.progress:
                self.progress(f"scoring, seed {seed}", index + 1, count)
        self.failed |= scores.failed
        if baselines:
            self.baselines = {name: Scored() for name in once}
            if real := {key: {seed: interval.mean} for key, interval in scores.real(resamples=1).items()}:
                self.baselines[REAL] = Scored(real)
        for label, translator in translators.items():
            self.uses.setdefault(label, _use(translator))
        gathered = {label: self.methods[label] for label in translators} | {name: self.baselines[name] for name in once}
        for row, scored in gathered.items():
            for key, interval in scores.table(row, resamples=1).items():
                scored.means.setdefault(key, {})[seed] = interval.mean
            for key, values in scores.per_image.get(row, {}).items():
                if key not in scores.failed:
                    scored.per_image.setdefault(key, {})[seed] = values

    def _note(self, sample: Sample, outputs: Mapping[str, Pixels]) -> None:
        """The names, sizes and pictures of the images, of which one pass is enough."""
        self.names.append(sample.name)
        self.census.add(sample)
        made = {label: preview(output, self.target) for label, output in outputs.items()}
        wanted = preview(sample.target, self.target) if self.chosen.paired else None
        self.pictures.add(Shot(sample.name, preview(sample.input, self.given), made, wanted))

    def _load(self, planned: Planned, seed: int) -> Translator:
        return load(self.plan.run(planned, seed), device=planned.entry.config.training.device)

    def _own_inputs(self, config: BundleConfig) -> Sequence[Sample] | None:
        """The samples as a method reads their inputs; None where it does as the first method does."""
        alike = (config.input, config.interpolation) == (self.first.input, self.first.interpolation)
        return None if alike else self._pairs(config).scored

    def _pairs(self, config: BundleConfig) -> ChosenPairs:
        data = self.ready[0].entry.config.data
        return choose_pairs(config, data.pairs, split=self.plan.split, layout=_LAYOUTS.get(data.layout, "auto"))


def _instruments(
    target: ImageSpec, paired: bool, features: Path | None, lpips: LPIPS | LPIPSNetwork | None
) -> Instruments:
    if not paired:
        return choose_instruments({}, features, None, target).of_sets()
    return choose_instruments(reported_measures(target), features, lpips, target)


def _use(translator: Translator) -> Use:
    generator = translator.generator
    parameters = sum(weights.numel() for weights in generator.parameters())
    return Use(parameters, cost(generator, translator.config.size))
