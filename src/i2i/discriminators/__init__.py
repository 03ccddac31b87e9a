"""Discriminators by name; to add one, write its file and its line here."""

from typing import Any

from i2i.discriminators.classifying import Classifying, ClassifyingDiscriminator, ClassifyingPatch
from i2i.discriminators.discriminator import Discriminator, Features, logits
from i2i.discriminators.image import ImageDiscriminator
from i2i.discriminators.multiscale import MultiScaleDiscriminator
from i2i.discriminators.patch import PatchDiscriminator
from i2i.discriminators.pixel import PixelDiscriminator
from i2i.layers.registry import build, find

__all__ = [
    "DISCRIMINATORS",
    "Classifying",
    "ClassifyingDiscriminator",
    "ClassifyingPatch",
    "Discriminator",
    "Features",
    "ImageDiscriminator",
    "MultiScaleDiscriminator",
    "PatchDiscriminator",
    "PixelDiscriminator",
    "build_discriminator",
    "find_discriminator",
    "logits",
]

DISCRIMINATORS: dict[str, type[Discriminator]] = {
    "classifying": ClassifyingDiscriminator,
    "classifying-patch": ClassifyingPatch,
    "image": ImageDiscriminator,
    "multiscale": MultiScaleDiscriminator,
    "patch": PatchDiscriminator,
    "pixel": PixelDiscriminator,
}


def build_discriminator(name: str, **arguments: Any) -> Discriminator:
    """The discriminator `name` with these arguments; raises `ConfigError` for what it does not know."""
    discriminator = build("discriminator", DISCRIMINATORS, name, arguments)
    discriminator.description = {"name": name, **arguments}
    return discriminator


def find_discriminator(name: str) -> type[Discriminator]:
    """The class of the discriminator `name`; raises `ConfigError` for an unknown one."""
    return find("discriminator", DISCRIMINATORS, name)
