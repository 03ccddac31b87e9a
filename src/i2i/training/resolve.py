"""From what the user said to a configuration with nothing left open, by a look at the pairs."""

import logging
import math
from dataclasses import replace
from pathlib import Path
from typing import Literal

from i2i.config import Config, Data, Domains, Side, overlay
from i2i.data.doctor import quick_check
from i2i.data.layouts import UNPAIRED_LAYOUTS, Layout, Pair, PairFolder, detect_layout, find_pairs, swapped
from i2i.data.samples import check_crop
from i2i.data.splits import HoldOut, hold_out_of, read_names
from i2i.data.survey import settle, side_of, spec_of
from i2i.data.tasks import task_by_name
from i2i.devices import multiplies_bf16, pick_device
from i2i.errors import ConfigError, PairsError
from i2i.generators import find_generator
from i2i.losses.pixels import settled
from i2i.methods import MULTIMODAL, OF_DOMAINS, UNPAIRED
from i2i.metrics.suited import default_measure
from i2i.training.schedule import settled_rate
from i2i.training.validation import instruments

logger = logging.getLogger(__name__)


def resolve(config: Config) -> tuple[Config, PairFolder, list[Pair], list[Pair]]:
    """Settle every open setting.

    Returns:
        The resolved configuration, what was found, the pairs to train on and those held out for validation.

    Raises:
        PairsError, ImageError: the pairs can't be used.
        ConfigError: the settings don't fit the pairs or each other.
    """
    found = find_pairs(config.data.pairs, _layout(config), config.data.direction, config.data.unmatched)
    train, held_out = split(config, found)
    _look_over(found, train, held_out, config.data)
    if config.method in UNPAIRED and found.paired:
        logger.info(f"{found.root}: {config.method} takes any target beside an input; only what is held out is paired")
    config = replace(config, data=_with_sides(_with_pairs(config.data, found), train), domains=_domains(config, found))
    config = _with_precision(_with_objective(config))
    if config.data.resize == "none":  # trained at their own scale, images are translated at it too
        if not config.data.task:  # a small photo is continued by its mirror image
            check_crop(train + held_out, config.data.size)
        if found.layout == "unpaired":
            check_crop(swapped(train + held_out), config.data.size)
        config = replace(config, translation=replace(config.translation, resize="native"))
    settle_network = find_generator(config.generator.name).settle
    config = _with_steps(replace(config, generator=settle_network(config.generator, config.data.size)))
    _check_batch(config)
    config = _with_best(config, bool(held_out))
    translated = len(held_out) * max(1, len(config.domains.names) - 1) * max(1, config.translation.steps // 2)
    return _with_intervals(config, len(train), translated), found, train, held_out


def _with_objective(config: Config) -> Config:
    """The losses that suit the target, and the learning rate that suits the batch."""
    loss = config.loss
    settled_loss = {
        "reconstruction": settled(loss.reconstruction, spec_of(config.data.target)),
        "feature_matching_weight": 0.0 if loss.adversarial == "none" else loss.feature_matching_weight,
    }
    rate = settled_rate(config.optimizer.learning_rate, config.training.batch)
    return overlay(config, {"loss": settled_loss, "optimizer": {"learning_rate": rate}})


def _with_precision(config: Config) -> Config:
    """bfloat16 where "auto" may take it: where it was seen to cost no quality, and pays."""
    training = config.training
    if training.precision != "auto":
        return config
    bf16 = pick_device(training.device).type == "cpu" and multiplies_bf16()
    return replace(config, training=replace(training, precision="bf16" if bf16 else "fp32"))


def _layout(config: Config) -> Layout | Literal["auto"]:
    """How the pairs are to be read; raises `ConfigError` where the method can't learn from what the user says."""
    data, unpaired = config.data, config.method in UNPAIRED
    if config.method in OF_DOMAINS:
        return _layout_of_domains(config)
    if data.layout == "domains":
        raise ConfigError(
            f"data.layout is 'domains', and {config.method} learns from pairs or two sets; use --recipe stargan"
        )
    if data.task and unpaired:
        raise ConfigError(
            f"data.task={data.task}: makes pairs, and {config.method} learns without partners; use --recipe pix2pix"
        )
    if data.layout == "unpaired" and not unpaired:
        raise ConfigError(
            f"data.layout is 'unpaired', and {config.method} learns from pairs; use --recipe cyclegan or --recipe cut"
        )
    if data.task and task_by_name(data.task):
        return "photos"
    if data.layout == "auto" and unpaired:
        found = detect_layout(Path(data.pairs))
        return "unpaired" if found == "folders" else found
    return data.layout


def _layout_of_domains(config: Config) -> Layout:
    data, method = config.data, config.method
    if data.task:
        raise ConfigError(
            f"data.task={data.task}: makes pairs, and {method} learns from a folder a domain; use --recipe pix2pix"
        )
    if data.layout not in ("auto", "domains"):
        raise ConfigError(
            f"data.layout is '{data.layout}', and {method} learns from a folder a domain; leave it out, or use "
            "--recipe pix2pix"
        )
    return "domains"


def _domains(config: Config, found: PairFolder) -> Domains:
    """The domains by name, in the order of their labels."""
    names = config.domains.names
    if names and set(names) != set(found.domains):
        raise ConfigError(
            f"domains.names: {', '.join(names)}; the folders are {', '.join(found.domains) or 'none of domains'}; "
            "name the same, or leave it out"
        )
    return replace(config.domains, names=names or found.domains)


def _look_over(found: PairFolder, train: list[Pair], held_out: list[Pair], data: Data) -> None:
    """The cheap part of `i2i check`: refuse what can't work, tell what may be wrong."""
    used = replace(found, splits={"train": train, "val": held_out, "test": []}, unmatched=[])
    for finding in quick_check(used, data=data):
        if finding.severity == "error":
            more = f" and {len(finding.files) - 1} more" if len(finding.files) > 1 else ""
            first = f": {finding.files[0]}{more}" if finding.files else ""
            raise PairsError(f"{found.root}: {finding.summary}{first}; {finding.advice}")
        logger.info(f"{found.root}: {finding.severity}: {finding.summary}; {finding.advice}")


def split(config: Config, found: PairFolder) -> tuple[list[Pair], list[Pair]]:
    """The pairs to train on and those held out: the val split, or what the rule takes out of the training split."""
    train = found.splits["train"]
    if not train:
        there = ", ".join(split for split, pairs in found.splits.items() if pairs)
        raise PairsError(f"{found.root}: has no training pairs, only {there}; expected a split called train")
    if found.splits["val"]:
        return train, found.splits["val"]
    return hold_out_of(found, rule_of(config))


def rule_of(config: Config) -> HoldOut:
    """What is held out of the training split, where there is no validation split."""
    data = config.data
    names = read_names(Path(data.validation_list)) if data.validation_list else ()
    return HoldOut(data.validation, config.training.seed, data.group, names)


def _with_pairs(data: Data, found: PairFolder) -> Data:
    if found.layout == "photos" and not data.task:
        raise ConfigError(
            "data.layout is 'photos' and no task says what to make of them; set data.task=colourise, or …"
        )
    return replace(data, layout=found.layout, direction=found.direction)


def _with_sides(data: Data, train: list[Pair]) -> Data:
    """Both sides settled: as the task makes them, or as a look at the training files tells."""
    if data.task:
        task = task_by_name(data.task)
        return replace(data, input=side_of(task.input), target=side_of(task.target))
    if data.layout == "domains":
        return _with_one_side(data, train)
    sides = (
        settle(data.input, [pair.input for pair in train], "input"),
        settle(data.target, [pair.target for pair in train], "target"),
    )
    given = spec_of(sides[0])
    if sides[1].space == "ab" and not (given.dtype == "uint8" and given.channels in (1, 3) and not given.is_labels):
        raise ConfigError(
            f"data.target.space is 'ab', colour laid on the input's lightness, and the input has {given.describe()}; "
            "expected 8-bit grey or colour; use lab"
        )
    if sides[0].space == "ab":
        raise ConfigError("data.input.space is 'ab', which leaves lightness out; expected rgb or lab")
    return replace(data, input=sides[0], target=sides[1])


def _with_one_side(data: Data, train: list[Pair]) -> Data:
    """Both sides alike: an image of a domain is an input, and a target too."""
    if data.target not in (Side(), data.input):
        raise ConfigError("data.target: an image of a domain is an input and a target too; set data.input alone")
    side = settle(data.input, [image.input for image in train], "input")
    if side.classes or side.space != "rgb":
        raise ConfigError(
            f"data.input: {'label maps' if side.classes else f'the space {side.space}'} can't be translated between "
            "domains; expected pictures, as their files have them"
        )
    return replace(data, input=side, target=side)


def _with_best(config: Config, held_out: bool) -> Config:
    """By what the best weights are chosen: what was asked for, what suits the task or the target."""
    data, target = config.data, spec_of(config.data.target)
    suits = task_by_name(data.task).measure if data.task else default_measure(target)
    if data.layout in UNPAIRED_LAYOUTS or config.method in MULTIMODAL:
        suits = next(iter(instruments(target.measured, paired=False).measures), "last")
    best = (config.training.best or suits) if held_out else "last"
    return replace(config, training=replace(config.training, best=best))


def _with_steps(config: Config) -> Config:
    """In how many steps it translates, where the generator works step by step."""
    name, steps, usual = config.generator.name, config.translation.steps, find_generator(config.generator.name).steps
    if steps and not usual:
        raise ConfigError(f"translation.steps={steps}: the {name} answers at once; set translation.steps=0")
    if usual and config.method != "bridge":
        raise ConfigError(
            f"generator.name: the {name} works step by step, which method {config.method} can't teach it; "
            "use --recipe bridge"
        )
    return replace(config, translation=replace(config.translation, steps=steps or usual))


def _check_batch(config: Config) -> None:
    training = config.training
    parts = training.devices * training.accumulate
    if training.batch % parts:
        raise ConfigError(
            f"training.batch {training.batch}: can't be cut evenly among {training.devices} devices, each in "
            f"{training.accumulate} parts (training.accumulate); use a multiple of {parts}"
        )


def _with_intervals(config: Config, pairs: int, held_out: int) -> Config:
    """How long and how often; a validation is at least ten times its own images apart, so that it stays cheap."""
    training, batch = config.training, config.training.batch
    images = _up(training.images or training.epochs * pairs, batch)
    validate = _up(training.validate_every_images or max(images / 20, 10 * held_out), batch)
    rows = max(images / 200, batch * training.discriminator_steps)  # the first one with the generator's columns
    training = replace(
        training,
        images=images,
        log_every_images=_up(training.log_every_images or rows, batch),
        validate_every_images=validate,
        checkpoint_every_images=_up(training.checkpoint_every_images or validate, batch),
    )
    return replace(config, training=training)


def _up(images: float, batch: int) -> int:
    """The next multiple of the batch, at least one batch."""
    return max(1, math.ceil(images / batch)) * batch
