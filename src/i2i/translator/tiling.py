"""Images of any size, tile by tile, without a seam and in little memory.

Three things make seams, and each is dealt with where it arises. Convolutions see padding at a tile's border: tiles
overlap, and their borders count for nothing (`i2i.translator.tiles`). Layers that normalise by the image at hand see
another image in each tile: their statistics are measured once, on tiles spread over the whole image, and fixed
(`i2i.layers.modes.fixed_statistics`). What a deep network makes of a whole tile differs from what it makes of the
next: neighbours fade into each other.
"""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import isqrt
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from i2i.errors import ConfigError, StorageError
from i2i.images import (
    Header,
    ImageSpec,
    Metadata,
    Pixels,
    conform,
    encode,
    resize,
    restore,
    valid,
)
from i2i.images.conform import label_palette
from i2i.images.windows import open_windows, write_bands
from i2i.layers.modes import follows_image
from i2i.translator.ahead import ahead
from i2i.translator.finishing import to_pixels, with_gaps
from i2i.translator.padding import pad
from i2i.translator.tiles import Axis, lay_tiles
from i2i.translator.translator import Translator

Progress = Callable[[int, int], None]
"""Called with (tiles done, of how many)."""

_MEASURED = 2**20
"""Pixels on which statistics are measured, in one forward: sixteen tiles of 256²; but at least four tiles."""

_REACH = 3
"""Pixels around a part that its enlargement depends on: bicubic needs two on each side."""


def translate_tiled(
    translator: Translator,
    source: Path,
    to: Path,
    *,
    tile: int | None = None,
    overlap: int | None = None,
    batch: int = 8,
    seed: int = 0,
    progress: Progress | None = None,
) -> None:
    """Translate one image file of any size at its own scale, with no more than a few rows of tiles in memory.

    Reading, translating and writing overlap. A network that normalises by the image at hand is shown some tiles first,
    about a million pixels at once. Dropout has noise of its own in each tile, drawn from `seed` and the tile's place,
    which fades into the next tile's; a latent code is one for the whole image, that of `seed`; what a network working
    in steps draws is the same where tiles overlap. Where the target can say "no reading", tiles without any are not
    translated.

    Args:
        translator: by which; its resizing to the training size does not apply.
        source: of a format that `open_windows` reads.
        to: of a format that `write_bands` writes. Resolution and place on earth are carried over from the input.
        tile: side of the tiles, rounded up to what the network takes. By default that of the training images: the
            bottleneck of a deep network sees a whole tile, and knows what it sees only at that size. Networks that
            reach less far lose nothing in larger tiles.
        overlap: of neighbouring tiles, in pixels, at most half a tile. By default a quarter: from an eighth on no seam
            was measurable (benchmarks/large_image.py), and half takes more than twice as long.
        batch: tiles in one forward; the result does not depend on it, but for rounding.
        seed: of dropout, and of which tiles are shown first.
        progress: see `Progress`.

    Raises:
        ImageError: the input can't be read, or is not what the bundle's input is; or `to` can't hold the target.
        ConfigError: a tile, overlap or batch that can't be.
        StorageError: `to` can't be written, or is the input.
    """
    if to.exists() and to.samefile(source):
        raise StorageError(f"{to}: is the input, which stays as it is; give --to another name")
    config = translator.config
    with open_windows(source) as windows:

        def read(top: int, left: int, height: int, width: int) -> Pixels:
            return conform(windows.raster(top, left, height, width), config.input, str(source))

        image = _Image(read, windows.header.height, windows.header.width, config.input, config.scale)
        metadata = windows.metadata if config.scale == 1 else Metadata()
        plan = _plan(translator, image, tile, overlap, batch, seed, progress)
        with closing(ahead(_translated(translator, image, plan))) as bands:
            write_bands(to, _header(image, config.target), metadata, (restore(band, config.target) for band in bands))


def translate_pixels_tiled(
    translator: Translator,
    pixels: Pixels,
    *,
    tile: int | None = None,
    overlap: int | None = None,
    batch: int = 8,
    seed: int = 0,
    progress: Progress | None = None,
) -> Pixels:
    """As `translate_tiled`, from pixels of the input's specification, (H, W, C), to the target's, (H, W, C')."""

    def read(top: int, left: int, height: int, width: int) -> Pixels:
        return pixels[top : top + height, left : left + width]

    config = translator.config
    image = _Image(read, pixels.shape[0], pixels.shape[1], config.input, config.scale)
    plan = _plan(translator, image, tile, overlap, batch, seed, progress)
    return np.concatenate(list(_translated(translator, image, plan)))


@dataclass(frozen=True)
class _Image:
    """An input that is read part by part, at the size of the output, which is larger for super-resolution."""

    read: Callable[[int, int, int, int], Pixels]
    rows: int
    columns: int
    spec: ImageSpec
    scale: int

    @property
    def height(self) -> int:
        return self.rows * self.scale

    @property
    def width(self) -> int:
        return self.columns * self.scale

    def part(self, rows: tuple[int, int], columns: tuple[int, int]) -> Pixels:
        """From the first to before the second of each, at the size of the output."""
        (top, bottom), (left, right) = (self._around(*rows, self.rows), self._around(*columns, self.columns))
        pixels = self.read(top, left, bottom - top, right - left)
        height, width = pixels.shape[0] * self.scale, pixels.shape[1] * self.scale
        pixels = resize(pixels, height, width, "bicubic", self.spec)
        top, left = top * self.scale, left * self.scale
        return pixels[rows[0] - top : rows[1] - top, columns[0] - left : columns[1] - left]

    def _around(self, first: int, end: int, length: int) -> tuple[int, int]:
        """The pixels of the input on which those of the output depend."""
        reach = _REACH if self.scale > 1 else 0
        return max(first // self.scale - reach, 0), min(-(-end // self.scale) + reach, length)


@dataclass(frozen=True)
class _Plan:
    """The rows and columns of tiles, and how they are translated."""

    rows: Axis
    columns: Axis
    batch: int
    seed: int
    progress: Progress | None

    @property
    def across(self) -> int:
        return len(self.columns.starts)

    def report(self, row: int, column: int) -> None:
        if self.progress:
            self.progress(row * self.across + column, len(self.rows.starts) * self.across)


def _plan(
    translator: Translator,
    image: _Image,
    tile: int | None,
    overlap: int | None,
    batch: int,
    seed: int,
    progress: Progress | None,
) -> _Plan:
    network, (height, width) = translator.generator, translator.config.size
    if batch < 1:
        raise ConfigError(f"batch {batch}: expected at least one tile")
    if tile is not None and tile < 1:
        raise ConfigError(f"tile {tile}: expected at least one pixel")

    def lay(length: int, side: int) -> Axis:
        side = max(-(-side // network.multiple) * network.multiple, network.smallest)
        return lay_tiles(length, side, side // 4 if overlap is None else overlap, network.multiple)

    return _Plan(lay(image.height, tile or height), lay(image.width, tile or width), batch, seed, progress)


def _translated(translator: Translator, image: _Image, plan: _Plan) -> Generator[Pixels, None, None]:
    """Bands of the output from top to bottom, as pixels of the target's specification."""
    rows, columns = plan.rows, plan.columns
    blend = torch.zeros(translator.config.target.planes, rows.tile, image.width)
    with translator.one_code(plan.seed), _steady(translator, image, plan), closing(ahead(_bands(image, rows))) as bands:
        for row, band in enumerate(bands):
            top, bottom = rows.spans()[row]
            for column, output in _outputs(translator, band, row, plan):
                left, right = columns.spans()[column]
                weights = np.outer(rows.weights[row], columns.weights[column])[: bottom - top, : right - left]
                blend[:, : bottom - top, left:right] += output * torch.from_numpy(weights)
                plan.report(row, column)
            plan.report(row + 1, 0)
            ready = (*rows.starts[1:], bottom)[row] - top
            yield _finished(translator, blend[:, :ready], band[:ready])
            blend = torch.cat([blend[:, ready:], torch.zeros_like(blend[:, :ready])], dim=1)


def _bands(image: _Image, rows: Axis) -> Generator[Pixels, None, None]:
    """The input under each row of tiles, every row of it read once."""
    whole = (0, image.width)
    band = image.part(rows.spans()[0], whole)
    yield band
    for (before, end), (top, bottom) in pairwise(rows.spans()):
        band = np.concatenate([band[top - before :], image.part((end, bottom), whole)])
        yield band


@contextmanager
def _steady(translator: Translator, image: _Image, plan: _Plan) -> Iterator[None]:
    """Inside, the network normalises all tiles by the same statistics."""
    if not follows_image(translator.generator):
        yield
        return
    rows, columns = plan.rows.spans(), plan.columns.spans()
    most = max(_MEASURED // (plan.rows.tile * plan.columns.tile), 4)
    places = _spread(len(rows), len(columns), most, plan.seed)
    parts = [image.part(rows[row], columns[column]) for row, column in places]
    parts = [part for part in parts if _has_readings(part, image.spec)] or parts[:1]
    sample = torch.cat([_shown(translator, part) for part in parts])
    with translator.steady(sample, seed=plan.seed):
        yield


def _spread(rows: int, columns: int, most: int, seed: int) -> list[tuple[int, int]]:
    """At most `most` places of a grid, one drawn in each of as many cells of about the same size; all if they fit."""
    down = min(rows, max(isqrt(most), most // columns))
    across = min(columns, most // down)
    random = np.random.default_rng(seed % 2**64)
    return [
        (
            int(random.integers(rows * row // down, rows * (row + 1) // down)),
            int(random.integers(columns * column // across, columns * (column + 1) // across)),
        )
        for row in range(down)
        for column in range(across)
    ]


def _outputs(translator: Translator, band: Pixels, row: int, plan: _Plan) -> Iterator[tuple[int, Tensor]]:
    """What the network makes of each tile of a row, by its column; tiles that need not be translated are left out."""
    config = translator.config
    parts = [(column, band[:, left:right]) for column, (left, right) in enumerate(plan.columns.spans())]
    if config.target.may_lack_readings:
        parts = [(column, part) for column, part in parts if _has_readings(part, config.input)]
    size = 1 if translator.is_random else plan.batch
    for start in range(0, len(parts), size):
        group = parts[start : start + size]
        shown = torch.cat([_shown(translator, part) for _, part in group])
        outputs = _predicted(translator, shown, (row, group[0][0]), plan).cpu()
        for (column, part), output in zip(group, outputs, strict=True):
            yield column, output[:, : part.shape[0], : part.shape[1]]


def _predicted(translator: Translator, shown: Tensor, tile: tuple[int, int], plan: _Plan) -> Tensor:
    """What the network makes of tiles, the first of them in this row and column; by noise of their place if by any."""
    network, (row, column) = translator.generator, tile
    if not network.steps:
        noise = np.random.SeedSequence((plan.seed % 2**64, row, column)).generate_state(1)
        return translator.predict(shown, seed=int(noise[0]))
    network.place = (plan.rows.starts[row], plan.columns.starts[column])
    try:
        return translator.predict(shown, seed=plan.seed)
    finally:
        network.place = None


def _shown(translator: Translator, part: Pixels) -> Tensor:
    """A tile as the network takes it, (1, C, H, W)."""
    network = translator.generator
    return pad(encode(part, translator.config.input)[None], network.multiple, network.smallest)


def _has_readings(part: Pixels, spec: ImageSpec) -> bool:
    readings = valid(part, spec)
    return readings is None or bool(readings.any())


def _finished(translator: Translator, blend: Tensor, band: Pixels) -> Pixels:
    return with_gaps(to_pixels(blend, band, translator.config), band, translator.config)


def _header(image: _Image, target: ImageSpec) -> Header:
    """What the file of the output is to hold."""
    in_colour = target.is_labels and target.coding == "colour"
    return Header(
        image.height,
        image.width,
        3 if in_colour else target.channels,
        "uint8" if in_colour else target.dtype,
        target.names,
        None if in_colour else label_palette(target.classes),
        target.nodata[:1],
    )
