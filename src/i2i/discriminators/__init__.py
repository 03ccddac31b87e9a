"""Discriminators by name; to add one, write its file and its line here."""

from typing import Any

from i2i.discriminators.discriminator import Discriminator
from i2i.discriminators.image import ImageDiscriminator
from i2i.discriminators.patch import PatchDiscriminator
from i2i.discriminators.pixel import PixelDiscriminator
from i2i.layers.registry import build, find

__all__ = [
    "DISCRIMINATORS",
    "Discriminator",
    "ImageDiscriminator",
    "PatchDiscriminator",
    "PixelDiscriminator",
    "build_discriminator",
    "find_discriminator",
]

DISCRIMINATORS: dict[str, type[Discriminator]] = {
    "image": ImageDiscriminator,
    "patch": PatchDiscriminator,
    "pixel": PixelDiscriminator,
}


def build_discriminator(name: str, **arguments: Any) -> Discriminator:
    """The discriminator `name` with these arguments; raises `ConfigError` for what it does not know."""
    return build("discriminator", DISCRIMINATORS, name, arguments)


def find_discriminator(name: str) -> type[Discriminator]:
    """The class of the discriminator `name`; raises `ConfigError` for an unknown one."""
    return find("discriminator", DISCRIMINATORS, name)
