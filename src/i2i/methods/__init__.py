"""Methods: one paper a file, under one contract, and their published settings as recipes."""

from collections.abc import Callable

from i2i.config import Config
from i2i.errors import ConfigError, nearest
from i2i.methods.contract import Method, Phase
from i2i.methods.distill import Distillation
from i2i.methods.pix2pix import Pix2Pix

METHODS: dict[str, Callable[[Config], Method]] = {
    "distill": Distillation.from_config,
    "pix2pix": Pix2Pix.from_config,
}


def build_method(config: Config) -> Method:
    """The method that a resolved configuration names, with fresh networks."""
    if config.method not in METHODS:
        raise ConfigError(f"method: '{config.method}' is not known; {nearest(config.method, METHODS)}")
    return METHODS[config.method](config)


__all__ = ["METHODS", "Method", "Phase", "build_method"]
