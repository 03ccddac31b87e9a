"""Evaluate a translator on pairs: every measure, with intervals, beside the baselines."""

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain

from i2i.errors import ConfigError, InputError
from i2i.evaluation.baselines import Baselines, fit_baselines
from i2i.evaluation.gallery import SHOWN, Example, Gallery
from i2i.evaluation.instruments import Instruments, choose_instruments
from i2i.evaluation.protocol import Census, describe_protocol
from i2i.evaluation.reader import REAL, Reader
from i2i.evaluation.result import Evaluation
from i2i.evaluation.sample import Sample, check_output, check_sample
from i2i.evaluation.scoring import Scores
from i2i.evaluation.variety import DIVERSITY, Sampling, Variety
from i2i.images import ImageSpec, Pixels, spec_like
from i2i.metrics.bootstrap import RESAMPLES, Interval, difference_interval, mean_interval
from i2i.metrics.measure import Measure, PairedMeasure
from i2i.metrics.perceptual import LPIPS, LPIPSNetwork
from i2i.metrics.suited import default_measure, reported_measures
from i2i.translator import Translator


def evaluate_samples(
    translate: Callable[[Pixels, str], Pixels],
    samples: Iterable[Sample],
    *,
    protocol: str,
    training: Sequence[Sample] = (),
    specs: tuple[ImageSpec, ImageSpec] | None = None,
    measures: Mapping[str, PairedMeasure] | None = None,
    paired: bool = True,
    features: str | os.PathLike[str] | None = None,
    lpips: LPIPS | LPIPSNetwork | None = "alex",
    reader: Translator | None = None,
    sampling: Sampling | None = None,
    name: str = "i2i",
    rank_by: str | None = None,
    shown: int = SHOWN,
    resamples: int = RESAMPLES,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Evaluation:
    """Translate every sample, measure the outputs and those of the baselines, and put them into one table.

    Args:
        translate: (input (H, W, C), name) -> output of the target's shape and type.
        samples: the pairs to evaluate on; gone through once, so they may be read from disk as they come.
        protocol: how the samples came about, in words: split, resizing, direction, test-time policy.
        training: the pairs the model was trained on, for the baselines; gone through once, and indexed.
        specs: what input and target are; by default images of the first sample's channels and type, all of its range.
        measures: a number an image each, by default what suits the target (`reported_measures`); add your own to them
            with `PAIRED | {"mine": PairedMeasure(...)}`. Without partners only those that you give: of outputs alone.
        paired: whether each target belongs to its input; else outputs and targets are compared as sets alone.
        features: file of a feature network for the Fréchet and kernel distances, see `i2i.metrics.load_features`.
        lpips: the module, or which network to look for on this machine, or None. It is never downloaded here.
        reader: a translator of the other direction, which reads inputs off real targets: by how well it reads them off
            the outputs these are judged too, see `i2i.evaluation.reader`.
        sampling: several answers to an input, of a translator that has them: their diversity is told.
        name: of the model, its row in the table.
        rank_by: key of the measure by which images are the worst and the best; by default SSIM, of label maps IoU.
        shown: how many random samples the report shows.
        resamples: of the bootstrap.
        seed: of the bootstrap, the patches and the choice of samples to show.
        progress: called with the number of samples done.

    Raises:
        InputError: no samples, an output or a target of another shape, a damaged weight file.
        MissingWeightsError: the file in `features` does not exist.
        ConfigError: `rank_by` is not one of the measures; a reader of other images.
    """
    samples, specs = _described(samples, specs)
    target = specs[1].measured
    if paired:
        measures = reported_measures(target) if measures is None else measures
        rank_by = rank_by or ("ssim" if "ssim" in measures else default_measure(target))
        instruments = choose_instruments(measures, features, lpips, target)
        if rank_by not in instruments.paired:
            raise ConfigError(f"rank_by '{rank_by}' is not measured; expected one of {', '.join(instruments.paired)}")
    else:
        rank_by, instruments = "", choose_instruments({}, features, None, target).of_sets(measures)
    baselines = fit_baselines(training, (specs[0], target), paired)
    census = Census(specs[0], target, paired)
    reads = None if reader is None else Reader.of(reader, (specs[0], target))
    scores, gallery = Scores(instruments, seed, target, reads, paired), Gallery(shown, seed=seed)
    variety = Variety.of(instruments, target)
    diversities: list[float] = []
    names: list[str] = []
    for sample in samples:
        outputs = _outputs(translate, name, baselines, sample)
        found = scores.add(sample, outputs)[name]
        shortfall = instruments.paired[rank_by].shortfall(found.get(rank_by, float("nan"))) if rank_by else 0.0
        if math.isfinite(shortfall) or rank_by in scores.failed:  # one without a reading is neither best nor worst
            gallery.add(Example(gallery.count, sample, outputs[name], found, shortfall))
        if sampling:
            diversities.append(variety.among(sampling(sample.input)))
        census.add(sample)
        names.append(sample.name)
        if progress:
            progress(len(names))
    if not names:
        raise InputError("no samples to evaluate on; expected at least one pair; check the folder and the split")
    rows = {row: scores.table(row, resamples) for row in (name, *baselines.translate)}
    every = {**instruments.paired, **(reads.measures if reads else {}), **instruments.distribution}
    measured = {key: measure for key, measure in every.items() if key not in scores.failed}
    if sampling:
        rows[name][DIVERSITY] = mean_interval(diversities, resamples=resamples, seed=seed)
        scores.per_image[name][DIVERSITY] = diversities
        measured[DIVERSITY] = variety.measure
    real = {REAL: read} if (read := scores.real(resamples)) else {}
    return Evaluation(
        rows=rows | real | {row: {} for row in baselines.missing},
        names=names,
        per_image={
            row: {key: values[key] for key in values if key in measured} for row, values in scores.per_image.items()
        },
        measures=measured,
        protocol=describe_protocol(protocol, census, measured, len(training), resamples, seed),
        not_measured=_not_measured(every, instruments, scores, baselines),
        notes=_notes(baselines, names),
        advantages=_advantages(scores, measured, name, baselines, resamples, seed),
        ranked_by=rank_by,
        gallery=gallery,
        specs=(specs[0], target),
    )


def _described(
    samples: Iterable[Sample], specs: tuple[ImageSpec, ImageSpec] | None
) -> tuple[Iterable[Sample], tuple[ImageSpec, ImageSpec]]:
    """The samples, and what they are by the look of the first if nobody said."""
    if specs is not None:
        return samples, specs
    coming = iter(samples)
    first = next(coming, None)
    if first is None:
        raise InputError("no samples to evaluate on; expected at least one pair; check the folder and the split")
    check_sample(first)
    return chain([first], coming), (spec_like(first.input), spec_like(first.target))


def _outputs(
    translate: Callable[[Pixels, str], Pixels], name: str, baselines: Baselines, sample: Sample
) -> dict[str, Pixels]:
    check_sample(sample)
    outputs = {name: translate(sample.input, sample.name)}
    outputs |= {row: baseline(sample) for row, baseline in baselines.translate.items()}
    for row, output in outputs.items():
        check_output(output, sample, row)
    return outputs


def _not_measured(
    every: Mapping[str, Measure], instruments: Instruments, scores: Scores, baselines: Baselines
) -> dict[str, str]:
    failed = {every[key].label: reason for key, reason in scores.failed.items()}
    return {**instruments.not_measured, **failed, **baselines.missing}


def _notes(baselines: Baselines, names: list[str]) -> list[str]:
    seen = baselines.seen_in_training
    if not seen:
        return []
    return [
        f"{len(seen)} of {len(names)} inputs are also in the training set, pixel by pixel ({seen[0]} is one): "
        "the scores flatter the model and its nearest neighbour."
    ]


def _advantages(
    scores: Scores, measured: Mapping[str, object], name: str, baselines: Baselines, resamples: int, seed: int
) -> dict[str, dict[str, Interval]]:
    """Baseline -> measure -> how much the model is better, image by image; an interval above 0 is a clear lead."""
    found: dict[str, dict[str, Interval]] = {row: {} for row in baselines.translate}
    read = scores.reader.measures if scores.reader else {}
    for key, measure in {**scores.instruments.paired, **read}.items():
        if key not in measured:
            continue
        shortfalls = {row: [measure.shortfall(value) for value in scores.per_image[row][key]] for row in (name, *found)}
        for row, advantages in found.items():
            both = zip(shortfalls[row], shortfalls[name], strict=True)
            finite = [(other, ours) for other, ours in both if math.isfinite(other) and math.isfinite(ours)]
            if finite:  # an image without a reading has no score in any row
                others, ours = zip(*finite, strict=True)
                advantages[key] = difference_interval(others, ours, resamples=resamples, seed=seed)
    return found
