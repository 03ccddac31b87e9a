"""One served bundle in a worker: from a file to what its network is shown, and from what that gives to a file."""

import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from i2i.bundle import examples, load_bundle
from i2i.engines import EngineName
from i2i.engines.engine import not_installed
from i2i.errors import BundleError, ConfigError
from i2i.generators import build_generator
from i2i.images import (
    ImageSpec,
    Metadata,
    Pixels,
    check_holds,
    conform,
    encode_pixels,
    lossless_suffix,
    preview,
    read_header,
    read_image,
    read_pixels,
    read_raster,
    restore,
    spec_like,
    stem_of,
)
from i2i.images.drawing import from_drawing, is_drawable
from i2i.layers.modes import follows_image
from i2i.server.problems import Problem
from i2i.translator import Translator
from i2i.translator.explaining import Explainer, Map
from i2i.translator.folder import TILED_FROM, in_tiles, output_suffix, translate_file

_SHARED = ("eager", "packed")
"""Engines that several threads may use at once."""


@dataclass(frozen=True)
class Wish:
    """What somebody wants of an image, as the fields of a request say it.

    Attributes:
        source: the file; `name` as its sender calls it, for messages and for the ending of the answer.
        drawn: it is an 8-bit picture of an input, as the page shows inputs.
        samples, seed: how many answers, the first under this seed.
        tile: side of the tiles, or "auto", or "off".
        dropout: on or off; None as the bundle has it.
        preview: the answer is a picture for eyes.
        suffix: ending of the answer's name, with its dot; None for what `i2i translate` would choose.
    """

    source: Path
    name: str
    drawn: bool = False
    samples: int = 1
    seed: int = 0
    tile: int | str = "auto"
    dropout: bool | None = None
    preview: bool = False
    suffix: str | None = None


@dataclass(frozen=True)
class Shown:
    """An input as its network is shown it, (1, C, H, W), with what its translation needs beside that."""

    tensor: Tensor
    pixels: Pixels
    metadata: Metadata
    suffix: str


class Model:
    """A bundle with its translators: one for each way of asking, which share the weights.

    Args:
        name: under which it is served.
        path: the bundle or run.
        device, precision, engine: as `i2i.load` takes them.
        pixels: of an image or of its translation, at most.
        direction: one of those in which the bundle translates; by default its first.
        to_domain: that of those of the bundle into which it translates, if it has several.

    Raises:
        BundleError, ConfigError: as `i2i.load`.
    """

    def __init__(
        self,
        name: str,
        path: str,
        *,
        device: str,
        precision: str,
        engine: str,
        pixels: int,
        direction: str | None = None,
        to_domain: str | None = None,
    ) -> None:
        self.name, self._device, self._precision = name, device, precision
        self._engine = cast(EngineName, engine)
        self._pixels = pixels
        self._bundle, self._direction = load_bundle(path, direction).told(to_domain), direction
        self._translators: dict[bool, Translator] = {}
        self._lock = threading.Lock()
        self.path, self.config = self._bundle.path, self._bundle.config

    def warm_up(self) -> None:
        """Build the engine and let it lay out its weights, so that the first request is as fast as the others."""
        translator = self.translator(None)
        translator.predict(torch.zeros(1, self.config.input.planes, *self.config.size))

    def translator(self, dropout: bool | None) -> Translator:
        """The translator with dropout on, or off, or as the bundle has it."""
        wanted = self.config.translation.dropout if dropout is None else dropout
        with self._lock:
            if wanted not in self._translators:
                self._translators[wanted] = self._another(wanted)
            return self._translators[wanted]

    @cached_property
    def turn(self) -> AbstractContextManager[object]:
        """Held while the network runs, if its engine runs one batch at a time."""
        return nullcontext() if self.translator(None).chosen.name in _SHARED else threading.Lock()

    def random(self, wish: Wish) -> bool:
        """Whether the seed changes the answer; raises `ConfigError` where several samples would be the same."""
        translator = self.translator(wish.dropout)
        translator.check_samples(wish.samples)
        return translator.is_random

    def admit(self, wish: Wish) -> int:
        """Pixels that the image takes in memory, known before it is decoded.

        Raises:
            Problem: they are too many.
            ImageError: it can't be read.
        """
        header, scale = read_header(wish.source, pixel_limit=sys.maxsize), self.config.scale
        size = header.height * header.width * scale**2
        if size > self._pixels:
            raise Problem(
                413, "too_many_pixels", f"{wish.name}: {header.width}x{header.height} pixels"
                + (f", enlarged {scale} times" if scale > 1 else "")
                + f" are more than the {self._pixels:,} that this service takes; cut or scale the image first",
            )  # fmt: skip
        return max(size, self.config.size[0] * self.config.size[1])

    def in_tiles(self, wish: Wish, size: int) -> bool:
        """Whether an image that was admitted is translated tile by tile.

        Raises:
            Problem: it is too large to be shown to the network at once.
            ConfigError: it is wanted in ways that don't go together.
        """
        translator = self.translator(wish.dropout)
        if wish.drawn and isinstance(wish.tile, int):
            raise ConfigError(f"tile {wish.tile}: a drawing is translated whole; leave tile out")
        if translator.policy.resize == "training" and not isinstance(wish.tile, int):
            return False
        if not wish.drawn and in_tiles(translator, wish.source, "whole", cast(Any, wish.tile)):
            return True
        if size > TILED_FROM:
            raise Problem(
                413, "too_many_pixels", f"{wish.name}: has more than the {TILED_FROM:,} pixels that are shown to a "
                "network at once; leave tile at auto",
            )  # fmt: skip
        return False

    def read(self, wish: Wish) -> tuple[Pixels, Metadata]:
        """The pixels of the input's specification, at the size of the output, and what else the file says."""
        spec, scale = self.config.input, self.config.scale
        if wish.drawn:
            return self.translator(None).enlarge(from_drawing(read_image(wish.source, 3), spec, wish.name)), Metadata()
        raster = read_raster(wish.source, pixel_limit=self._pixels)
        pixels = self.translator(None).enlarge(conform(raster, spec, wish.name))
        return pixels, raster.metadata if scale == 1 else Metadata()

    def show(self, wish: Wish) -> Shown:
        """Read an input. Raises `ImageError`."""
        translator = self.translator(wish.dropout)
        pixels, metadata = self.read(wish)
        return Shown(translator.encode(pixels), pixels, metadata, self.suffix(wish))

    def suffix(self, wish: Wish) -> str:
        """The ending of the answer's name. Raises `ImageError` where the one that is wanted can't hold the target."""
        if wish.preview:
            return ".png"
        if wish.suffix:
            target = self.config.target
            sample = restore(np.zeros((1, 1, target.stored_channels), target.stored_dtype), target)
            check_holds(Path(f"format {wish.suffix}"), sample.dtype.name, sample.shape[2])
            return wish.suffix
        if wish.drawn:
            return lossless_suffix(Path("drawing.png"), self.config.target)
        return output_suffix(self.translator(wish.dropout), wish.source)

    def write(self, output: Tensor, shown: Shown, wish: Wish, path: Path) -> None:
        """The network's output for an input, (C', H, W), as a file."""
        pixels = self.translator(wish.dropout).finish(output, shown.pixels)
        target = self.config.target
        if wish.preview:
            pixels, target = preview(pixels, target), spec_like(preview(pixels, target))
            path.write_bytes(encode_pixels(path, pixels, target))
        else:
            path.write_bytes(encode_pixels(path, pixels, target, shown.metadata))

    def write_tiled(self, wish: Wish, paths: list[Path], progress: Callable[[int, int], None]) -> None:
        """Translate tile by tile into as many samples as there are paths; progress is of all of them.

        Whatever `progress` raises ends it.
        """
        translator = self._tiler(wish.dropout)
        for number, path in enumerate(paths):

            def report(done: int, of: int, before: int = number) -> None:
                progress(before * of + done, len(paths) * of)

            made = path.with_name(f"tiled-{stem_of(path).name}{self._tiled_suffix(wish)}") if wish.preview else path
            translate_file(
                translator, wish.source, [made], seed=wish.seed + number, tile=cast(Any, wish.tile), progress=report
            )
            if wish.preview:
                pixels = preview(read_pixels(made, self.config.target, sys.maxsize), self.config.target)
                path.write_bytes(encode_pixels(path, pixels, spec_like(pixels)))
                made.unlink()

    def explain(self, pixels: Pixels, what: str, samples: int, seed: int) -> Map:
        """A number at each pixel; see `i2i.translator.explaining`. Raises `ConfigError` where it can't be had."""
        if what == "patches":
            return self._explainer.patches(pixels, seed=seed)
        return self._explainer.uncertainty(pixels, samples=samples, seed=seed)

    def describe(self) -> dict[str, Any]:
        """As `GET /v1/models` tells it, and where the files are that the front process sends itself."""
        config, translator = self.config, self.translator(None)
        native = translator.policy.resize == "native"
        reason = self._why_no_graph()
        return {
            "name": self.name,
            "title": self._title(),
            "to_domain": self._bundle.to_domain,
            "recipe": config.recipe,
            "device": str(translator.device),
            "engine": translator.chosen.describe(),
            "input": describe_side(config.input),
            "target": describe_side(config.target),
            "size": list(config.size),
            "scale": config.scale,
            "resize": translator.policy.resize,
            "random": self._may_be_random(),
            "dropout": translator.is_random,
            "examples": [] if self._direction else [path.name for path in examples(self.path)],
            "discriminator": self._explainer.discriminator is not None,
            "graph": {"url": f"/v1/models/{self.name}/graph.onnx" if reason is None else None, "reason": reason},
            "graph_input": {
                "name": "input",
                "output": "output",
                "dtype": config.input.stored_dtype.name,
                "channels": 3 if config.input.coding == "colour" else config.input.channels,
                "resize_to": None if native else list(config.size),
                "interpolation": config.interpolation,
                "scale": config.scale,
            },
            "path": str(self.path),
            "direction": self._direction,
        }

    def _title(self) -> str:
        domain, config = self._bundle.to_domain, self.config
        return f"to {domain}" if domain else config.direction.replace("-to-", " to ") or config.task or self.name

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer(self._another(self.config.translation.dropout, "eager"))

    def _another(self, dropout: bool, engine: EngineName | None = None) -> Translator:
        """A translator of its own network, whose weights are the bundle's: no second copy of them is made."""
        try:
            with torch.device("meta"):
                generator = build_generator(**self.config.generator)
            generator.load_state_dict(self._bundle.generator.state_dict(), assign=True)
            generator.hold(self._bundle.generator.held)
        except (RuntimeError, TypeError) as error:
            raise BundleError(f"{self.path}: its network can't be built twice ({error})") from error
        config = replace(self.config, translation=replace(self.config.translation, dropout=dropout))
        bundle = replace(self._bundle, generator=generator, config=config)
        default = dropout == self.config.translation.dropout
        wanted = engine or (self._engine if default else "auto")
        translator = Translator(bundle, device=self._device, precision=self._precision)
        translator.use(wanted)
        self._bundle.generator.load_state_dict(generator.state_dict(), assign=True)  # on the device from now on
        return translator

    def _tiler(self, dropout: bool | None) -> Translator:
        """One whose statistics or code may be held for a large image while others go on; else the usual one."""
        translator = self.translator(dropout)
        if not (follows_image(translator.generator) or translator.generator.draws):
            return translator
        return self._another(translator.policy.dropout)

    def _tiled_suffix(self, wish: Wish) -> str:
        return output_suffix(self.translator(wish.dropout), wish.source)

    def _may_be_random(self) -> bool:
        return self.translator(True).is_random

    def _why_no_graph(self) -> str | None:
        if self.translator(None).is_random:
            return "it draws noise, which no graph can draw by a seed"
        return not_installed("onnx", "onnxscript", "onnxruntime", extra="export")


def describe_side(spec: ImageSpec) -> dict[str, Any]:
    """What one side's images are, for programs and people."""
    return {
        "describe": spec.describe(),
        "channels": spec.channels,
        "dtype": spec.dtype,
        "unit": spec.unit,
        "labels": spec.is_labels,
        "plain": spec.is_plain,
        "classes": [
            {"value": each.value, "name": each.name, "colour": "#{:02x}{:02x}{:02x}".format(*each.colour)}
            for each in spec.classes
        ],
        "drawable": is_drawable(spec),
    }
