"""Generators by name; to add one, write its file and its line here."""

from typing import Any

from i2i.generators.bridge import BridgeUNet
from i2i.generators.coarse_to_fine import CoarseToFine
from i2i.generators.encoder_decoder import EncoderDecoder
from i2i.generators.generator import Generator
from i2i.generators.labelled import Labelled
from i2i.generators.latent_unet import LatentUNet
from i2i.generators.resnet import ResNet
from i2i.generators.spade import Spade
from i2i.generators.unet import UNet
from i2i.layers.registry import build, find

__all__ = [
    "GENERATORS",
    "BridgeUNet",
    "CoarseToFine",
    "EncoderDecoder",
    "Generator",
    "Labelled",
    "LatentUNet",
    "ResNet",
    "Spade",
    "UNet",
    "build_generator",
    "find_generator",
]

GENERATORS: dict[str, type[Generator]] = {
    "bridge": BridgeUNet,
    "coarse-to-fine": CoarseToFine,
    "encoder-decoder": EncoderDecoder,
    "labelled": Labelled,
    "latent-unet": LatentUNet,
    "resnet": ResNet,
    "spade": Spade,
    "unet": UNet,
}


def build_generator(name: str, **arguments: Any) -> Generator:
    """The generator `name` with these arguments; raises `ConfigError` for what it does not know."""
    generator = build("generator", GENERATORS, name, arguments)
    generator.description = {"name": name, **arguments}
    return generator


def find_generator(name: str) -> type[Generator]:
    """The class of the generator `name`; raises `ConfigError` for an unknown one."""
    return find("generator", GENERATORS, name)
