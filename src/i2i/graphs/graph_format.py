"""What the module of a format offers, and what several of them need."""

import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray
from torch import Tensor, nn

from i2i.errors import ConfigError

Array = NDArray[Any]
Run = Callable[[Array], Array]

INPUT, OUTPUT = "input", "output"
"""The names of the tensors in the file."""

# Builds of ONNX Runtime since 1.31 else leave an identifier on the machine and send events; heeded when first imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

_CHATTY = ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")


class Unexportable(Exception):  # noqa: N818 - what a network is, told on as an error of its bundle
    """The network is nothing that the format can hold, for a reason that lies in no layer."""


class GraphFormat(Protocol):
    """What a module of this package offers."""

    SUFFIXES: tuple[str, ...]
    """Ending of the file's name, with the dot; then those of what is written beside it."""

    VARIANT: str
    """What of the format is written, in words."""

    def engine(self) -> str:
        """Name and version of what runs the file, such as "onnxruntime 1.31.1".

        Raises:
            ConfigError: it, or what writes the file, is not installed.
        """
        ...

    def write(
        self, network: nn.Module, example: Tensor, axes: Mapping[int, str], path: Path, about: Mapping[str, str]
    ) -> None:
        """Write the network, of one tensor to one, as `path`.

        Whatever keeps it from being written is raised as it comes, or as `Unexportable`.

        Args:
            network: in test mode, on the CPU.
            example: an input, at least 2 along each of the axes that vary.
            axes: those, with their names; all others have the example's length.
            path: of a new file, with the first of `SUFFIXES`.
            about: metadata that is put into the file.
        """
        ...

    def runner(self, path: Path) -> Run:
        """The network in a file as a function of an array, run by its engine on the CPU in full precision."""
        ...


def needed(module: str, *, extra: str) -> Any:
    """A module that only some formats and engines need. Raises `ConfigError` where it is not installed."""
    try:
        with quiet():
            return import_module(module)
    except ImportError as error:
        name = module.partition(".")[0]
        raise ConfigError(f"{name}: is needed for that and is not installed; pip install 'i2i[{extra}]'") from error


@contextmanager
def quiet() -> Iterator[None]:
    """Inside, what writes and runs graphs keeps to itself what its user can do nothing about."""
    levels = {name: logging.getLogger(name).level for name in _CHATTY}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for name in levels:
                logging.getLogger(name).setLevel(logging.CRITICAL)
            yield
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
