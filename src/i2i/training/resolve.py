"""From what the user said to a configuration with nothing left open, by a look at the pairs."""

import math
from dataclasses import replace

from i2i.config import Config
from i2i.data.layouts import Pair, PairFolder, find_pairs
from i2i.data.samples import check_crop, find_channels
from i2i.data.splits import hold_out
from i2i.errors import ConfigError, PairsError

MOST_DEPTH = 8
"""Halvings of the paper's generator for 256 pixels; larger images keep the same."""

LEAST_DEPTH = 5
"""Fewer halvings than this are not chosen without being asked for: the network would see too little at once."""


def resolve(config: Config) -> tuple[Config, PairFolder, list[Pair], list[Pair]]:
    """Settle every open setting.

    Returns:
        The resolved configuration, what was found, the pairs to train on and those held out for validation.

    Raises:
        PairsError, ImageError: the pairs can't be used.
        ConfigError: the settings don't fit the pairs or each other.
    """
    found = find_pairs(config.data.pairs, config.data.layout, config.data.direction, config.data.unmatched)
    train, held_out = _split(config, found)
    channels = find_channels(train)
    config = _with_data(config, found, channels)
    if config.data.resize == "none":  # trained at their own scale, images are translated at it too
        check_crop(train + held_out, config.data.size)
        config = replace(config, translation=replace(config.translation, resize="native"))
    config = replace(config, generator=replace(config.generator, depth=_depth(config)))
    _check_batch(config)
    return _with_intervals(config, len(train), len(held_out)), found, train, held_out


def _split(config: Config, found: PairFolder) -> tuple[list[Pair], list[Pair]]:
    train = found.splits["train"]
    if not train:
        there = ", ".join(split for split, pairs in found.splits.items() if pairs)
        raise PairsError(f"{found.root}: has no training pairs, only {there}; expected a split called train")
    if found.splits["val"]:
        return train, found.splits["val"]
    return hold_out(train, config.data.validation, config.training.seed)


def _with_data(config: Config, found: PairFolder, channels: tuple[int, int]) -> Config:
    data = replace(
        config.data,
        layout=found.layout,
        direction=found.direction,
        input_channels=config.data.input_channels or channels[0],
        target_channels=config.data.target_channels or channels[1],
    )
    for side in ("input_channels", "target_channels"):
        if getattr(data, side) == 2:
            raise ConfigError(f"data.{side} = 2: expected 1 (grey), 3 (colour), or 0 to take what the files have")
    return replace(config, data=data)


def _depth(config: Config) -> int:
    """The halvings of a U-Net: what was asked for, or as many as leave one pixel of the shorter side, at most 8."""
    height, width = config.data.size
    if config.generator.name == "resnet":
        return config.generator.depth
    wanted = config.generator.depth or MOST_DEPTH
    possible = min(wanted, _twos(math.gcd(height, width)), int(math.log2(min(height, width))))
    if config.generator.depth > possible or possible < min(LEAST_DEPTH, int(math.log2(min(height, width)))):
        step = 2 ** (config.generator.depth or LEAST_DEPTH)
        near = tuple(max(step, round(side / step) * step) for side in (height, width))
        raise ConfigError(
            f"data.size {height}x{width}: must be multiples of {step} for the {config.generator.name}, such as "
            f"{near[0]}x{near[1]}" + (f"; or set generator.depth to at most {possible}" if possible else "")
        )
    return possible


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
    training = replace(
        training,
        images=images,
        log_every_images=_up(training.log_every_images or images / 200, batch),
        validate_every_images=validate,
        checkpoint_every_images=_up(training.checkpoint_every_images or validate, batch),
        best=training.best if held_out else "last",
    )
    return replace(config, training=training)


def _up(images: float, batch: int) -> int:
    """The next multiple of the batch, at least one batch."""
    return max(1, math.ceil(images / batch)) * batch


def _twos(number: int) -> int:
    """How often a number can be halved."""
    return (number & -number).bit_length() - 1
