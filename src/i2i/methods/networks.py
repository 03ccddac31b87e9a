"""The networks that a configuration describes, fresh, for the methods to train."""

import math
from dataclasses import asdict

from torch import nn

from i2i.config import Config
from i2i.data.survey import spec_of
from i2i.discriminators import Discriminator, build_discriminator, find_discriminator
from i2i.encoders import Encoder, build_encoder
from i2i.errors import ConfigError
from i2i.generators import Generator, build_generator, find_generator
from i2i.layers.initialise import initialise
from i2i.layers.registry import taken_by

ENCODED, MOST_HALVINGS = 8, 5
"""Pixels of the shorter side that an encoder leaves, and the halvings that it chooses at most: those of 256."""


def fresh_generator(config: Config) -> Generator:
    """G from the input's channels to the target's, with its first weights drawn. Raises `ConfigError`."""
    settings, data = config.generator, config.data
    if data.target.edges:
        raise ConfigError("data.target.edges: edges are drawn for an input to be told by; set data.input.edges instead")
    if data.target.objects:
        raise ConfigError("data.target.objects: a network gives classes, not objects; set data.target.objects=0")
    generator = build_generator(
        settings.name,
        in_channels=spec_of(data.input).planes,
        out_channels=spec_of(data.target).planes,
        **find_generator(settings.name).arguments(settings),
        **_domains(config, find_generator(settings.name), f"generator.name: '{settings.name}' is told"),
    )
    _check_size("generator", data.size, generator.multiple, generator.smallest, "generator.depth")
    initialise(generator, settings.init)
    return generator


def fresh_discriminator(config: Config) -> Discriminator:
    """D of the target, beside the input if it is conditional, with its first weights drawn. Raises `ConfigError`."""
    settings, data = config.discriminator, config.data
    seen = spec_of(data.target).planes + spec_of(data.input).planes * settings.conditional
    kind = find_discriminator(settings.name)
    arguments = taken_by(kind, asdict(settings) | {"size": list(data.size)})
    arguments |= _domains(config, kind, f"discriminator.name: '{settings.name}' tells")
    discriminator = build_discriminator(settings.name, in_channels=seen, **arguments)
    _check_size("discriminator", data.size, 1, discriminator.smallest, "discriminator.depth")
    initialise(discriminator, settings.init)
    return discriminator


def _domains(config: Config, network: type[nn.Module], what: str) -> dict[str, int]:
    """How many domains there are, for a network built for so many. Raises `ConfigError` where there are none."""
    taken = taken_by(network, {"domains": len(config.domains.names)})
    if taken and not config.domains.names:
        raise ConfigError(f"{what} one of several domains, and {config.method} has none; use --recipe stargan")
    return taken


def fresh_encoder(config: Config) -> Encoder:
    """E of the target's images, with its first weights drawn. Raises `ConfigError`."""
    settings, (height, width) = config.bicycle, config.data.size
    halvings = int(math.log2(max(min(height, width) // ENCODED, 2)))
    encoder = build_encoder(
        "residual",
        in_channels=spec_of(config.data.target).planes,
        code=config.generator.code,
        width=settings.encoder_width,
        depth=settings.encoder_depth or min(halvings, MOST_HALVINGS),
        norm=config.generator.norm,
    )
    _check_size("encoder", config.data.size, 1, encoder.smallest, "bicycle.encoder_depth")
    initialise(encoder, config.generator.init)
    return encoder


def _check_size(network: str, size: tuple[int, int], multiple: int, smallest: int, depth: str) -> None:
    if size[0] % multiple or size[1] % multiple or min(size) < smallest:
        raise ConfigError(
            f"data.size {size[0]}x{size[1]}: the {network} needs sides of at least {smallest}"
            + (f" in multiples of {multiple}" if multiple > 1 else "")
            + f"; choose another --size, or less {depth}"
        )
