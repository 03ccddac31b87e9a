"""Methods: one paper a file, under one contract, and their published settings as recipes."""

from collections.abc import Callable

from i2i.config import Config
from i2i.errors import ConfigError, nearest
from i2i.methods.bicyclegan import BicycleGAN
from i2i.methods.bridge import BrownianBridge
from i2i.methods.contract import Method, Phase
from i2i.methods.cut import CUT
from i2i.methods.cyclegan import CycleGAN
from i2i.methods.distill import Distillation
from i2i.methods.pix2pix import Pix2Pix
from i2i.methods.pix2pixhd import Pix2PixHD
from i2i.methods.spade import Spade
from i2i.methods.stargan import StarGAN

METHODS: dict[str, Callable[[Config], Method]] = {
    "bicyclegan": BicycleGAN.from_config,
    "bridge": BrownianBridge.from_config,
    "cut": CUT.from_config,
    "cyclegan": CycleGAN.from_config,
    "distill": Distillation.from_config,
    "pix2pix": Pix2Pix.from_config,
    "pix2pixhd": Pix2PixHD.from_config,
    "spade": Spade.from_config,
    "stargan": StarGAN.from_config,
}

UNPAIRED = ("cut", "cyclegan")
"""Methods that learn from two sets of images without partners."""

MULTIMODAL = ("bicyclegan", "bridge")
"""Methods of many answers to an input, of which its target is one; what they give can only be judged as a set."""

OF_DOMAINS = ("stargan",)
"""Methods that learn from many sets of images, one a domain."""


def build_method(config: Config) -> Method:
    """The method that a resolved configuration names, with fresh networks."""
    if config.method not in METHODS:
        raise ConfigError(f"method: '{config.method}' is not known; {nearest(config.method, METHODS)}")
    return METHODS[config.method](config)


__all__ = ["METHODS", "MULTIMODAL", "OF_DOMAINS", "UNPAIRED", "Method", "Phase", "build_method"]
