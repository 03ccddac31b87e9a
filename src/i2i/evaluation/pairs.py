"""Evaluate a bundle on a folder of pairs: which of them, at which size, and said so in the protocol."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Literal, overload

from i2i.bundle import BundleConfig, find_bundle, read_bundle_config
from i2i.data.folders import Split
from i2i.data.layouts import Layout, Pair, PairFolder, detect_layout, domain_of, each_once, find_pairs
from i2i.data.samples import Reading, read_apart, read_pair
from i2i.data.splits import HoldOut, hold_out_of
from i2i.data.tasks import task_by_name
from i2i.engines import EngineName
from i2i.errors import PairsError, nearest
from i2i.evaluation.domains import counted, joined, own_measures
from i2i.evaluation.evaluate import evaluate_samples
from i2i.evaluation.result import Evaluation
from i2i.evaluation.sample import Sample
from i2i.evaluation.variety import SAMPLES
from i2i.images import Pixels
from i2i.layers.modes import Statistics
from i2i.metrics.perceptual import LPIPS, LPIPSNetwork
from i2i.translator import Translator, load


def evaluate(
    bundle: str | os.PathLike[str] | Translator,
    pairs: str | os.PathLike[str],
    *,
    split: Split | Literal["auto", "held-out"] = "auto",
    layout: Layout | Literal["auto"] = "auto",
    direction: str | None = None,
    to_domain: str | None = None,
    seed: int = 0,
    device: str = "auto",
    precision: str = "fp32",
    statistics: Statistics | None = None,
    dropout: bool | None = None,
    resize: str | None = None,
    steps: int | None = None,
    engine: EngineName = "eager",
    features: Path | None = None,
    lpips: LPIPS | LPIPSNetwork | None = "alex",
    reader: str | os.PathLike[str] | Translator | None = None,
    like: str | os.PathLike[str] | None = None,
    samples: int = SAMPLES,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Score a translator on image pairs, beside baselines that learned nothing.

    Args:
        bundle: a bundle, a run folder, or a translator.
        pairs: as for training; their training split serves the baselines.
        split: on which to score; "held-out" is what training held out of its split where there is no val split;
            "auto" takes test, else val, else held-out, else all.
        layout: of the pairs' folder; two folders are sets without partners where the bundle was trained on such.
        direction: by default the one that the bundle was trained in; of one that translates both ways it also says
            which translator is scored.
        to_domain: of a bundle that translates into several domains, which is scored; by default each that the folder
            has images of, and their mean.
        seed: of the dropout, the bootstrap, the patches.
        device, precision, statistics, dropout, resize, steps, engine: as for `i2i.load`.
        features: file of a feature network, for Fréchet, kernel and feature distances.
        lpips: network of LPIPS to look for on this machine, or the module itself; None leaves it out.
        reader: a bundle, run or translator of the other direction, trained on real images: by how well it reads the
            inputs off the outputs these are judged too, in the manner of the FCN-score.
        like: as for `i2i.load`.
        samples: answers to each input of a translator that is random, whose diversity is told; below 2 it is not.
        progress: called with (done, of how many).

    Raises:
        PairsError, ImageError: the pairs can't be read.
        BundleError: the bundle can't be loaded.
    """
    if isinstance(bundle, Translator):
        translator = bundle
    else:
        folder = find_bundle(bundle)
        told = read_bundle_config(folder)
        if told.domains and to_domain is None and layout in ("auto", "domains"):
            domains = _domains_of(told, pairs, direction)
            return joined({
                name: evaluate(
                    folder, pairs, split=split, layout=layout, direction=direction, to_domain=name, seed=seed,
                    device=device, precision=precision, statistics=statistics, dropout=dropout, resize=resize,
                    steps=steps, engine=engine, features=features, lpips=lpips, reader=reader, like=like,
                    samples=samples, progress=counted(progress, number, len(domains)),
                ) for number, name in enumerate(domains)
            }, seed)  # fmt: skip
        known = next((way for way in told.directions if way == direction), None)
        translator = load(
            folder, direction=known, to_domain=to_domain, device=device, precision=precision, statistics=statistics,
            dropout=dropout, resize=resize, steps=steps, engine=engine, like=like,
        )  # fmt: skip
    config = translator.config
    chosen = choose_pairs(
        config, pairs, split=split, layout=layout, direction=direction, to_domain=translator.to_domain, seed=seed
    )
    count, draws = len(chosen.scored), translator.generator.draws
    seeds = iter(range(seed, seed + count)) if draws else repeat(seed)

    def translate(pixels: Pixels, name: str) -> Pixels:
        return translator.translate(pixels, seed=next(seeds))

    def sample(pixels: Pixels) -> list[Pixels]:
        return [translator.translate(pixels, seed=seed + number) for number in range(samples)]

    return evaluate_samples(
        translate,
        chosen.scored,
        protocol=f"{chosen.protocol}; {translator.describe().partition(': ')[2]}, "
        + (f"seeds {seed} to {seed + count - 1}, one an image." if draws and count > 1 else f"seed {seed}."),
        training=chosen.training,
        specs=(config.input, config.target),
        paired=chosen.paired,
        measures=None if chosen.paired else own_measures(translator),
        features=features,
        lpips=lpips,
        reader=load(reader, device=device) if isinstance(reader, str | os.PathLike) else reader,
        sampling=sample if translator.is_random and samples > 1 else None,
        seed=seed,
        progress=(lambda done: progress(done, count)) if progress else None,
    )


@dataclass(frozen=True)
class ChosenPairs:
    """Pairs of a folder for a bundle, read when they are asked for, at the size at which it translates.

    Attributes:
        scored: those to score on.
        training: those that it was trained on and that are not scored on.
        protocol: which the former are, in words.
        paired: whether each target belongs to its input.
    """

    scored: Sequence[Sample]
    training: Sequence[Sample]
    protocol: str
    paired: bool = True


def choose_pairs(
    config: BundleConfig,
    pairs: str | os.PathLike[str],
    *,
    split: Split | Literal["auto", "held-out"] = "auto",
    layout: Layout | Literal["auto"] = "auto",
    direction: str | None = None,
    to_domain: str = "",
    seed: int = 0,
) -> ChosenPairs:
    """The pairs on which a bundle is evaluated; see `evaluate`. Raises `PairsError` where there are none."""
    found = _find(pairs, layout, direction, config)
    chosen, training, which = _choose(found, split, config)
    reading = _reading(config, found, seed)
    if found.domains:
        return _into(to_domain, found, chosen, training, which, reading)
    name, directed, sized = found.root.name or found.root, _directed(found, config), _sized(reading)
    if found.paired:
        protocol = f"Pairs: {which} of {name}, {directed}, {sized}"
        return ChosenPairs(_PairSamples(chosen, reading), _PairSamples(training, reading), protocol)
    protocol = f"Two sets without partners: {which} of {name}, {directed}, {sized} (--layout folders: pairs by name)"
    chosen, training = each_once(chosen, "input"), each_once(training, "target")
    scored, trained = (_PairSamples(some, reading, read_apart) for some in (chosen, training))
    return ChosenPairs(scored, trained, protocol, paired=False)


def _into(
    domain: str, found: PairFolder, chosen: list[Pair], training: list[Pair], which: str, reading: Reading
) -> ChosenPairs:
    """The images of all other domains, each beside a real one of this: of the smaller set again and again."""
    inputs, real = ([image for image in chosen if (domain_of(image) == domain) is own] for own in (False, True))
    if not (inputs and real):
        raise PairsError(
            f"{found.root}: {which} has no image {'of' if inputs else 'but of'} the domain '{domain}'; expected some "
            "of it, and of others to translate into it"
        )
    scored = [replace(image, target=real[place % len(real)].target) for place, image in enumerate(inputs)]
    given, known = ([image for image in training if (domain_of(image) == domain) is own] for own in (False, True))
    if given:  # what is to be translated; calibration sees it
        known = [replace(image, input=given[place % len(given)].input) for place, image in enumerate(known)]
    protocol = f"Domains without partners: {which} of {found.root.name or found.root}, to {domain}, {_sized(reading)}"
    samples, trained = (_PairSamples(some, reading, read_apart) for some in (scored, known))
    return ChosenPairs(samples, trained, protocol, paired=False)


def _domains_of(config: BundleConfig, pairs: str | os.PathLike[str], direction: str | None) -> tuple[str, ...]:
    """The domains that the folder has images of, in the order of the bundle. Raises `PairsError`."""
    found = find_pairs(pairs, "domains", direction or "").domains
    unknown = [name for name in found if name not in config.domains]
    if unknown:
        raise PairsError(
            f"{pairs}: has the domain '{unknown[0]}', which the bundle does not know; "
            f"{nearest(unknown[0], config.domains)}"
        )
    return tuple(name for name in config.domains if name in found)


def _find(
    pairs: str | os.PathLike[str], layout: Layout | Literal["auto"], direction: str | None, config: BundleConfig
) -> PairFolder:
    if config.task and layout == "auto" and direction is None:
        return _find_for_task(Path(pairs))
    skipped = config.training.get("data", {}).get("unmatched") == "skip"
    unmatched: Literal["error", "skip"] = "skip" if skipped else "error"  # as in training
    if layout == "auto" and config.layout == "unpaired" and detect_layout(Path(pairs)) == "folders":
        layout = "unpaired"
    if layout == "auto" and config.domains:
        layout = "domains"
    try:
        return find_pairs(pairs, layout, config.direction if direction is None else direction, unmatched)
    except PairsError as error:
        if direction is not None or f"direction '{config.direction}'" not in str(error):
            raise
        raise PairsError(f"{error} (--direction; the bundle was trained {config.direction})") from error


def _find_for_task(pairs: Path) -> PairFolder:
    """Pairs that were made by `i2i data make`, where they are such; else photos, of which the task makes pairs."""
    try:
        found = find_pairs(pairs)
        if found.layout in ("folders", "manifest"):
            return found
    except PairsError:
        pass
    return find_pairs(pairs, "photos")


def _directed(found: PairFolder, config: BundleConfig) -> str:
    """The direction of the pairs, and the bundle's where that is another."""
    if found.direction == config.direction or not config.direction or config.task:
        return f"{config.task}, {found.direction}" if config.task else found.direction
    return f"{found.direction} (the bundle was trained {config.direction}!)"


ReadPair = Callable[[Pair, Reading], tuple[Pixels, Pixels]]


class _PairSamples(Sequence[Sample]):
    """Pairs as samples, read when they are asked for."""

    def __init__(self, pairs: Sequence[Pair], reading: Reading, read: ReadPair = read_pair) -> None:
        self._pairs, self._reading, self._read = pairs, reading, read

    def __len__(self) -> int:
        return len(self._pairs)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> "_PairSamples": ...
    def __getitem__(self, index: int | slice) -> "Sample | _PairSamples":
        if isinstance(index, slice):
            return _PairSamples(self._pairs[index], self._reading, self._read)
        pair = self._pairs[index]
        return Sample(pair.name, *self._read(pair, self._reading))


def _choose(
    found: PairFolder, split: Split | Literal["auto", "held-out"], config: BundleConfig
) -> tuple[list[Pair], list[Pair], str]:
    """The pairs to score on, those that were trained on, and in words which the former are."""
    train = found.splits["train"]
    kept, held_out = (
        (train, [])
        if found.splits["val"]
        else hold_out_of(found, HoldOut(config.validation, config.seed, config.group, config.held_out))
    )
    there: list[Split] = [name for name, pairs in found.splits.items() if pairs]
    if split == "held-out" and not held_out:
        raise PairsError(f"{found.root}: training held nothing out of it, only {', '.join(there)}; choose with --split")
    if split == "held-out" or (split == "auto" and there == ["train"] and held_out):
        what = "pairs" if found.paired else "images"
        return held_out, kept, f"the {what} of the training split that were held out and chose the weights"
    chosen = next(name for name in ("test", "val", "train") if name in there) if split == "auto" else split
    if chosen not in there:
        raise PairsError(f"{found.root}: has no {chosen} split, only {', '.join(there)}; choose one with --split")
    trained_on = chosen == "train" and (config.validation or config.held_out)
    which = f"split {chosen}" + (" (trained on!)" if trained_on else "")
    return found.splits[chosen], [] if chosen == "train" else kept, which


def _reading(config: BundleConfig, found: PairFolder, seed: int) -> Reading:
    """Pairs at the size at which the translator works, so that no score is of the resizing."""
    size = config.size if config.translation.resize == "training" else None
    task = task_by_name(config.task) if found.layout == "photos" and config.task else None
    crop = None if found.paired else config.size  # sets without partners may differ in size
    return Reading(config.input, config.target, size, config.interpolation, crop, task, seed)


def _sized(reading: Reading) -> str:
    if reading.size is None:
        return "at their own size" if reading.crop is None else f"the middle {reading.crop[0]}x{reading.crop[1]} (HxW)"
    return f"both sides resized to {reading.size[0]}x{reading.size[1]} (HxW, {reading.interpolation})"
