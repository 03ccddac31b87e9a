"""The networks that a configuration describes, fresh, for the methods to train."""

from dataclasses import asdict

from i2i.config import Config
from i2i.data.survey import spec_of
from i2i.discriminators import Discriminator, build_discriminator, find_discriminator
from i2i.errors import ConfigError
from i2i.generators import Generator, build_generator, find_generator
from i2i.layers.initialise import initialise
from i2i.layers.registry import taken_by


def fresh_generator(config: Config) -> Generator:
    """G from the input's channels to the target's, with its first weights drawn. Raises `ConfigError`."""
    settings, data = config.generator, config.data
    if data.target.edges:
        raise ConfigError("data.target.edges: edges are drawn for an input to be told by; set data.input.edges instead")
    generator = build_generator(
        settings.name,
        in_channels=spec_of(data.input).planes,
        out_channels=spec_of(data.target).planes,
        **find_generator(settings.name).arguments(settings),
    )
    _check_size("generator", data.size, generator.multiple, generator.smallest)
    if data.target.objects:
        raise ConfigError("data.target.objects: a network gives classes, not objects; set data.target.objects=0")
    initialise(generator, settings.init)
    return generator


def fresh_discriminator(config: Config) -> Discriminator:
    """D of the target, beside the input if it is conditional, with its first weights drawn. Raises `ConfigError`."""
    settings, data = config.discriminator, config.data
    seen = spec_of(data.target).planes + spec_of(data.input).planes * settings.conditional
    arguments = taken_by(find_discriminator(settings.name), asdict(settings))
    discriminator = build_discriminator(settings.name, in_channels=seen, **arguments)
    _check_size("discriminator", data.size, 1, discriminator.smallest)
    initialise(discriminator, settings.init)
    return discriminator


def _check_size(network: str, size: tuple[int, int], multiple: int, smallest: int) -> None:
    if size[0] % multiple or size[1] % multiple or min(size) < smallest:
        raise ConfigError(
            f"data.size {size[0]}x{size[1]}: the {network} needs sides of at least {smallest}"
            + (f" in multiples of {multiple}" if multiple > 1 else "")
            + f"; choose another --size, or less {network}.depth"
        )
