"""How long each entry trains and on what it is scored, settled before anything is trained."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from i2i.comparing.budget import Budget, duration
from i2i.comparing.entries import Entry
from i2i.comparing.plan import Plan, Planned, Progress, ScoredSplit, SplitChoice
from i2i.comparing.work import work_of
from i2i.config import Config, overlay
from i2i.data.layouts import Pair, PairFolder, detect_layout, find_pairs
from i2i.data.splits import hold_out
from i2i.data.survey import spec_of
from i2i.errors import ConfigError, I2IError, ImageError, MissingWeightsError, PairsError, TrainingDiverged
from i2i.files import write_text
from i2i.images import ImageSpec
from i2i.methods import UNPAIRED
from i2i.training.resolve import resolve, rule_of
from i2i.training.setup import make_method

logger = logging.getLogger(__name__)

HELD_OUT = "held-out.txt"

_ALIKE = (
    "pairs",
    "layout",
    "task",
    "direction",
    "unmatched",
    "validation",
    "validation_list",
    "group",
    "size",
    "resize",
)
"""Settings of the data that all entries must share, to be scored on the same images."""


def make_plan(
    entries: Sequence[Entry],
    budget: Budget,
    seeds: Sequence[int],
    to: Path,
    split: SplitChoice = "auto",
    progress: Progress | None = None,
) -> Plan:
    """Settle how long each entry trains, and find out now what can't work.

    An entry whose method can't learn from these pairs whatever its settings is left out, with the reason. Of a budget
    in time each is tried for a few seconds.

    Args:
        entries: what is compared.
        budget: of each training.
        seeds: with each of which each is trained.
        to: the folder of the comparison; the same call again goes on there.
        split: on which it will be scored; "auto" is the validation split, else what training holds out; never the test
            split, which is left for what is chosen.
        progress: called as each is tried.

    Raises:
        ConfigError: settings that contradict each other, those of all entries in one message; nothing to score on.
        PairsError, ImageError: the pairs can't be used at all.
        MissingWeightsError: of a pretrained network that an objective needs.
        RunError: the folder holds another comparison, or other things.
    """
    entries = _on_the_same_pairs(entries)
    plan = Plan(to, budget, tuple(seeds), [Planned(entry) for entry in entries])
    plan.take_over()
    admitted = _admit(plan.methods)
    first = next(iter(admitted.values()))
    if first.found.domains:
        raise ConfigError(
            f"{first.found.root}: holds {len(first.found.domains)} domains, and methods are compared on one way "
            "from one side to another; give a folder of two sides"
        )
    plan.split = _settle_split(first, split)
    plan.save()
    if len(plan.seeds) > 1:
        plan.held_out = _one_held_out_list(first, plan.folder)
    for number, planned in enumerate(plan.methods):
        if not planned.images and not planned.refused:
            if progress:
                progress(f"trying {planned.entry.label}", number, len(plan.methods))
            _measure(planned, admitted[planned.entry.label], plan)
            plan.save()
        _tell(planned)
    if not any(planned.images for planned in plan.methods):
        raise ConfigError(f"{to}: none can be trained: {_reasons(plan.methods)}")
    return plan


@dataclass(frozen=True)
class Admitted:
    """An entry that can be trained: its resolved configuration, and its pairs."""

    config: Config
    found: PairFolder
    train: list[Pair]
    held_out: list[Pair]

    @property
    def target(self) -> ImageSpec:
        """What outputs are compared as."""
        return spec_of(self.config.data.target).measured


def _on_the_same_pairs(entries: Sequence[Entry]) -> list[Entry]:
    """The layout settled once: a folder a side are pairs for all, or sets without partners for all."""
    data = entries[0].config.data
    if data.layout != "auto" or data.task:
        return list(entries)
    try:
        layout = find_pairs(data.pairs, "auto", data.direction, data.unmatched).layout
    except PairsError:
        if (
            not any(entry.config.method in UNPAIRED for entry in entries)
            or detect_layout(Path(data.pairs)) != "folders"
        ):
            raise
        layout = "unpaired"
    settled = {"data": {"layout": layout}}
    return [
        replace(entry, config=overlay(entry.config, settled), plain=overlay(entry.plain, settled)) for entry in entries
    ]


def _admit(methods: Sequence[Planned]) -> dict[str, Admitted]:
    """By label, those that can be trained; the others are marked. Raises where settings are to blame."""
    admitted: dict[str, Admitted] = {}
    wrong: list[I2IError] = []
    for planned in methods:
        entry = planned.entry
        try:
            admitted[entry.label] = _admitted(entry.config)
        except MissingWeightsError as error:
            wrong.append(MissingWeightsError(f"{entry.label}: {error}"))
        except (ConfigError, PairsError, ImageError) as error:
            if _suits(entry.plain):
                wrong.append(type(error)(f"{entry.label}: {error}"))
            else:
                planned.refused, planned.images = str(error), 0
    if wrong:
        raise type(wrong[0])("; ".join(dict.fromkeys(map(str, wrong))))
    if not admitted:
        alike = {planned.refused for planned in methods}
        raise ConfigError(
            alike.pop() if len(alike) == 1 else f"no method can learn from these pairs: {_reasons(methods)}"
        )
    _check_alike(admitted)
    return admitted


def _admitted(config: Config) -> Admitted:
    if config.training.devices > 1:
        raise ConfigError(f"training.devices: a comparison is for one device, not {config.training.devices}")
    admitted = Admitted(*resolve(config))
    make_method(admitted.config)
    return admitted


def _suits(plain: Config) -> bool:
    """Whether the recipe as it is published could be trained on these data."""
    try:
        _admitted(plain)
    except MissingWeightsError:
        return True  # which it asks for once all else is in order
    except I2IError:
        return False
    return True


def _check_alike(admitted: Mapping[str, Admitted]) -> None:
    """Refuse entries that could not be scored on the same images. Raises `ConfigError`."""
    (label, first), *others = admitted.items()
    for name, other in others:
        data, its = first.config.data, other.config.data
        for key in _ALIKE:
            one, two = getattr(data, key), getattr(its, key)
            if one != two:
                raise ConfigError(
                    f"data.{key} is {two} for {name} and {one} for {label}; all are scored on the same pairs at one "
                    "size; set it for all with --set, or leave it out"
                )
        if first.target != other.target:
            raise ConfigError(
                f"data.target: is {other.target.describe()} for {name} and {first.target.describe()} for {label}; "
                "all are scored against the same targets; set it for all with --set"
            )


def _settle_split(admitted: Admitted, split: SplitChoice) -> ScoredSplit:
    """The split to score on; raises `ConfigError` where there is none of it."""
    found, held_out = admitted.found, admitted.held_out
    there = [name for name, pairs in found.splits.items() if pairs]
    if split == "auto":
        if not held_out:
            raise ConfigError(
                f"{found.root}: nothing is held out to compare on; set data.validation=0.1, or name a split: "
                "--split test"
            )
        return "val" if found.splits["val"] else "held-out"
    if split == "held-out" and (found.splits["val"] or not held_out):
        raise ConfigError(f"{found.root}: training holds nothing out of it, only {', '.join(there)}; choose --split")
    if split != "held-out" and split not in there:
        raise ConfigError(f"{found.root}: has no {split} split, only {', '.join(there)}; leave --split out")
    return split


def _one_held_out_list(admitted: Admitted, folder: Path) -> str:
    """A list of what the first seed holds out, for all seeds; empty where that does not follow from the seed."""
    data, found = admitted.config.data, admitted.found
    if found.splits["val"] or data.validation_list or not admitted.held_out:
        return ""
    rule = rule_of(admitted.config)
    if found.paired:
        names = [pair.name for pair in admitted.held_out]
    else:
        names = [image.name for images in found.sets["train"] for image in hold_out(images, rule)[1]]
    file = (folder / HELD_OUT).absolute()
    write_text(file, "\n".join(names) + "\n")
    return str(file)


def _measure(planned: Planned, admitted: Admitted, plan: Plan) -> None:
    """What its training takes, and so how many images the budget is good for."""
    seconds = plan.budget.amount if plan.budget.unit == "seconds" else None
    try:
        planned.work = work_of(admitted.config, admitted.train, plan.folder, seconds)
    except (TrainingDiverged, torch.OutOfMemoryError) as error:
        planned.refused = f"failed at the first steps: {str(error).splitlines()[0]}"
        return
    work, batch = planned.work, admitted.config.training.batch
    try:
        planned.images = plan.budget.images(batch, work.multiply_adds, work.images_per_second)
    except ConfigError as error:
        raise ConfigError(f"{planned.entry.label}: {error}") from error


def _tell(planned: Planned) -> None:
    label, work = planned.entry.label, planned.work
    if planned.refused:
        logger.info(f"{label}: is not trained: {planned.refused}")
        return
    pace = work.images_per_second
    told = f", about {duration(planned.images / pace)} at {pace:.3g} a second" if pace else ""
    logger.info(f"{label}: {planned.images:,} images of {work.multiply_adds:.3g} multiply-adds each{told}")


def _reasons(methods: Sequence[Planned]) -> str:
    return "; ".join(f"{planned.entry.label}: {planned.refused}" for planned in methods if planned.refused)
