"""Encoders by name: networks from an image to a Gaussian over codes. To add one, write its file and its line here."""

from typing import Any

from i2i.encoders.encoder import Encoder
from i2i.encoders.residual import ResidualEncoder
from i2i.layers.registry import build

__all__ = ["ENCODERS", "Encoder", "ResidualEncoder", "build_encoder"]

ENCODERS: dict[str, type[Encoder]] = {
    "residual": ResidualEncoder,
}


def build_encoder(name: str, **arguments: Any) -> Encoder:
    """The encoder `name` with these arguments; raises `ConfigError` for what it does not know."""
    encoder = build("encoder", ENCODERS, name, arguments)
    encoder.description = {"name": name, **arguments}
    return encoder
