"""Readers of other projects' generators, by the name of what they read."""

from collections.abc import Callable

from i2i.export.importers.imported import ImportedGenerator
from i2i.export.importers.pytorch_port import read_pytorch_port

__all__ = ["IMPORTERS", "ImportedGenerator", "read_pytorch_port"]

IMPORTERS: dict[str, Callable[..., ImportedGenerator]] = {
    "pytorch-port": read_pytorch_port,
}
