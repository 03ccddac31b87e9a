"""Many images: a folder in, a folder out; what is done is not done again, and one bad file does not stop the rest."""

import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from i2i.engines import ENGINES
from i2i.errors import ConfigError, ImageError, StorageError
from i2i.files import claim
from i2i.images import (
    PIXEL_LIMIT,
    Metadata,
    Pixels,
    Raster,
    conform,
    is_image,
    lossless_suffix,
    read_header,
    read_raster,
    stem_of,
    write_pixels,
)
from i2i.translator.ahead import ahead
from i2i.translator.tiling import translate_tiled
from i2i.translator.translator import Translator

RECORD = ".i2i.json"
"""In the folder of translations: by which bundle and settings they were made."""

Side = Literal["whole", "left", "right"]

Tile = int | Literal["auto", "off"]
"""Side of the tiles in pixels; "auto": tiles of the training size for what is larger than `TILED_FROM`."""

TILED_FROM = 2048 * 2048
"""Pixels from which an image that is translated at its own scale is translated in tiles."""

BATCH = 8
"""Images in one forward of a folder's translation, at most; the answers do not depend on it, but for rounding."""

_AT_ONCE = 2**21
"""Pixels in one forward, unless one image has more: eight of 512²."""

_OVERLAPPING = 16 / 9
"""Tiles that overlap by a quarter, over the image's own pixels."""

_STREAMED = (".tif", ".tiff", ".npy")
"""Formats that are written as they come; others only when whole."""


@dataclass
class Outcome:
    """What became of each image: written now, there already, or not readable and why."""

    written: list[Path] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)
    failed: dict[Path, str] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Of all images."""
        return len(self.written) + len(self.skipped) + len(self.failed)

    def add(self, entry: "_Entry") -> None:
        """Put an image down where it belongs."""
        if entry.failure is not None:
            self.failed[entry.path] = entry.failure
        else:
            (self.skipped if entry.way == "skipped" else self.written).append(entry.path)


@dataclass(frozen=True)
class _Loaded:
    """An image as the network is shown it, (1, C, H, W), with what its translation needs beside that."""

    shown: Tensor
    pixels: Pixels
    metadata: Metadata

    @property
    def size(self) -> int:
        """Pixels that it takes in memory."""
        return max(self.shown[0, 0].numel(), self.pixels[:, :, 0].size)


@dataclass
class _Entry:
    """An image of the folder: what becomes of it."""

    path: Path
    outputs: list[Path]
    way: Literal["skipped", "tiles", "whole"] = "whole"
    loaded: _Loaded | None = None
    failure: str | None = None


def translate_folder(
    translator: Translator,
    source: Path,
    to: Path,
    *,
    samples: int = 1,
    seed: int = 0,
    side: Side = "whole",
    tile: Tile = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> Outcome:
    """Translate every image below `source` into `to`, under the same relative name.

    The format is the input's own where that holds the target without loss, else PNG, else TIFF. Reading, computing and
    writing overlap; images that the network is shown at one size go through it together. In memory are at any time
    about three such groups.

    Args:
        translator: by which.
        source: a folder.
        to: the folder of the translations; those in it that this same call has made before are skipped.
        samples: answers an image; more than one are numbered, `name.1.png`, `name.2.png` …
        seed: of the first sample.
        side: of side-by-side files, which half is the input.
        tile: see `translate_file`.
        progress: called with (done, of how many).

    Raises:
        ImageError: there is no image below `source`.
        StorageError: `to` holds translations by another bundle or other settings, or something of the user's.
        ConfigError: several samples of a translator without noise, or an engine that can't be had.
    """
    if to.resolve() == source.resolve():
        raise StorageError(f"{to}: holds other things, the inputs, which stay as they are; give --to a new folder")
    images = sorted(path for path in source.rglob("*") if path.is_file() and is_image(path) and to not in path.parents)
    if not images:
        raise ImageError(f"{source}: holds no images; expected PNG, JPEG, WebP, BMP or TIFF files")
    translator.check_samples(samples)
    claim(to, RECORD, _identity(translator, samples, seed, side, tile), "translations")
    outcome = Outcome()

    def settle(entries: list[_Entry]) -> None:
        for entry in entries:
            outcome.add(entry)
            if progress:
                progress(outcome.count, len(images))

    entries = _entries(translator, images, source, to, samples, side, tile)
    with closing(ahead(_groups(entries))) as groups, ThreadPoolExecutor(1) as thread:
        written: Future[list[_Entry]] | None = None
        for group in groups:
            outputs = _translated(translator, group, samples, seed, side, tile)
            if written is not None:
                settle(written.result())
            written = thread.submit(_written, translator, group, outputs)
        if written is not None:
            settle(written.result())
    return outcome


def translate_file(
    translator: Translator,
    path: Path,
    outputs: list[Path],
    *,
    seed: int = 0,
    side: Side = "whole",
    tile: Tile = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Translate one image file into as many samples as there are `outputs`, each with the input's metadata.

    Args:
        translator: by which.
        path: the image.
        outputs: where to.
        seed: of the first sample.
        side: of a side-by-side file, which half is the input.
        tile: side of the tiles in which it is translated at its own scale, "off" for whole, or "auto": in tiles if the
            policy is the image's own scale and it has more than `TILED_FROM` pixels.
        progress: called with (tiles done, of how many), of each sample.

    Raises:
        ImageError: the file can't be read, is not what the bundle's input is, or is too large to be translated whole.
        ConfigError: several samples of a translator without noise, or tiles of half an image.
    """
    translator.check_samples(len(outputs))
    if in_tiles(translator, path, side, tile):
        side_of_tile = tile if isinstance(tile, int) else None
        for number, output in enumerate(outputs):
            translate_tiled(translator, path, output, tile=side_of_tile, seed=seed + number, progress=progress)
        return
    loaded = _load(translator, path, side)
    for number, output in enumerate(outputs):
        _write(translator, translator.predict(loaded.shown, seed=seed + number)[0], loaded, output)


def in_tiles(translator: Translator, path: Path, side: Side, tile: Tile) -> bool:
    """Whether `translate_file` goes tile by tile; raises as that does."""
    if isinstance(tile, int):
        if side != "whole":
            raise ConfigError(f"--side {side} and --tile {tile}: half of an image is translated whole; leave one out")
        return True
    header = read_header(path, pixel_limit=sys.maxsize)
    pixels = header.height * header.width * translator.config.scale**2
    if tile == "auto" and side == "whole" and translator.policy.resize == "native" and pixels > TILED_FROM:
        return True
    if pixels > PIXEL_LIMIT:
        raise ImageError(
            f"{path}: has {header.width}x{header.height} pixels, too many to be translated whole; expected at most "
            f"{PIXEL_LIMIT:,}; translate it in tiles (--tile {max(translator.config.size)})"
        )
    return False


def images_to_come(translator: Translator, source: Path, *, samples: int = 1, side: Side = "whole", tile: Tile) -> int:
    """About how many images of the training size the network will be shown for a file or a folder."""
    paths = [path for path in sorted(source.rglob("*")) if is_image(path)] if source.is_dir() else [source]
    height, width = translator.config.size
    try:
        header = read_header(paths[0], pixel_limit=sys.maxsize)
        tiled = in_tiles(translator, paths[0], side, tile)
    except (ImageError, IndexError):
        return len(paths) * samples
    share = 1.0
    if tiled or translator.policy.resize == "native":
        pixels = header.height * header.width * translator.config.scale**2
        share = max(pixels / (height * width), 1) * (_OVERLAPPING if tiled else 1)
    return round(len(paths) * samples * share)


def output_suffix(translator: Translator, path: Path) -> str:
    """The ending of the translation's name, where nobody says another."""
    suffix = lossless_suffix(path, translator.config.target)
    try:
        header = read_header(path, pixel_limit=sys.maxsize)
        streamed = header.height * header.width * translator.config.scale**2 > PIXEL_LIMIT
    except ImageError:
        return suffix  # it is named with the others that can't be read
    return ".tif" if streamed and suffix not in _STREAMED else suffix


def read_input(translator: Translator, path: Path, side: Side = "whole") -> Pixels:
    """An image file as the pixels that `Translator.translate` takes, (H, W, C). Raises `ImageError`."""
    return _load(translator, path, side).pixels


def looks_side_by_side(translator: Translator, path: Path) -> bool:
    """Whether an image has twice the width that the training images of a side-by-side set had."""
    height, width = translator.config.size
    header = read_header(path, pixel_limit=sys.maxsize)
    return translator.config.layout == "side-by-side" and header.width * height == 2 * header.height * width


def loses_detail(translator: Translator, path: Path) -> bool:
    """Whether the image goes through a training size that has less than a quarter of its height and of its width."""
    if translator.policy.resize != "training":
        return False
    header = read_header(path, pixel_limit=sys.maxsize)
    return header.height > 4 * translator.config.size[0] and header.width > 4 * translator.config.size[1]


def _entries(
    translator: Translator, images: list[Path], source: Path, to: Path, samples: int, side: Side, tile: Tile
) -> Iterator[_Entry]:
    """Each image, read if it is to be translated whole."""
    for path, name in _names(images, source):
        suffix = output_suffix(translator, path)
        entry = _Entry(path, [to / f"{name}{number}{suffix}" for number in _numbers(samples)])
        try:
            if all(output.exists() for output in entry.outputs):
                entry.way = "skipped"
            elif in_tiles(translator, path, side, tile):
                entry.way = "tiles"
            else:
                entry.loaded = _load(translator, path, side)
        except ImageError as error:
            entry.failure = str(error)
        yield entry


def _groups(entries: Iterable[_Entry]) -> Generator[list[_Entry], None, None]:
    """What can go through the network at once: consecutive images that it is shown at one size, else one by one."""
    group: list[_Entry] = []
    for entry in entries:
        if group and not _fits(entry, group):
            yield group
            group = []
        group.append(entry)
    if group:
        yield group


def _fits(entry: _Entry, group: list[_Entry]) -> bool:
    first = group[0].loaded
    if entry.loaded is None or first is None or entry.loaded.shown.shape != first.shown.shape:
        return False
    size = entry.loaded.size + sum(other.loaded.size for other in group if other.loaded)
    return len(group) < BATCH and size <= _AT_ONCE


def _translated(
    translator: Translator, group: list[_Entry], samples: int, seed: int, side: Side, tile: Tile
) -> list[Tensor]:
    """Each sample of the group, (N, C', H, W), where it is whole images; tiles are written as they come."""
    first = group[0]
    if first.way == "tiles" and first.failure is None:
        try:
            translate_file(translator, first.path, first.outputs, seed=seed, side=side, tile=tile)
        except ImageError as error:
            first.failure = str(error)
    shown = [entry.loaded.shown for entry in group if entry.loaded]
    return [translator.predict(torch.cat(shown), seed=seed + n).cpu() for n in range(samples)] if shown else []


def _written(translator: Translator, group: list[_Entry], outputs: list[Tensor]) -> list[_Entry]:
    """Write the samples of a group, image by image."""
    for number, entry in enumerate(group):
        if entry.loaded is None:
            continue
        try:
            for sample, path in zip(outputs, entry.outputs, strict=True):
                _write(translator, sample[number], entry.loaded, path)
        except ImageError as error:
            entry.failure = str(error)
    return group


def _load(translator: Translator, path: Path, side: Side) -> _Loaded:
    raster = _half(read_raster(path), side, path)
    config = translator.config
    pixels = translator.enlarge(conform(raster, config.input, str(path)))
    moved = side != "whole" or config.scale > 1  # then the place on earth and the resolution are no longer true
    return _Loaded(translator.encode(pixels), pixels, Metadata() if moved else raster.metadata)


def _write(translator: Translator, output: Tensor, loaded: _Loaded, path: Path) -> None:
    write_pixels(path, translator.finish(output, loaded.pixels), translator.config.target, loaded.metadata)


def _names(images: list[Path], source: Path) -> Iterator[tuple[Path, str]]:
    """Each image with the name of its output, without ending; the ending stays where two images differ by it alone."""
    stems = Counter(stem_of(path.relative_to(source)) for path in images)
    for path in images:
        relative = path.relative_to(source)
        stem = stem_of(relative)
        yield path, (stem if stems[stem] == 1 else relative).as_posix()


def _numbers(samples: int) -> list[str]:
    return [""] if samples == 1 else [f".{number}" for number in range(1, samples + 1)]


def _half(raster: Raster, side: Side, path: Path) -> Raster:
    if side == "whole":
        return raster
    width = raster.pixels.shape[1]
    if width % 2:
        raise ImageError(f"{path}: is {width} pixels wide; expected two halves of the same size for --side {side}")
    half = raster.pixels[:, : width // 2] if side == "left" else raster.pixels[:, width // 2 :]
    return replace(raster, pixels=half)


def _identity(translator: Translator, samples: int, seed: int, side: Side, tile: Tile) -> dict[str, object]:
    policy, held = translator.policy, translator.generator.held
    identity: dict[str, object] = {
        "weights": hashlib.blake2b(translator.weights.read_bytes(), digest_size=16).hexdigest(),
        "statistics": policy.statistics,
        "dropout": policy.dropout,
        "resize": policy.resize,
        **({"steps": translator.generator.steps} if translator.generator.steps else {}),
        "samples": samples,
        "seed": seed,
        "side": side,
        "tile": tile,
    }
    if held is not None:
        identity["condition"] = held.tolist()
    if not ENGINES[translator.chosen.name].EXACT:
        identity["engine"] = translator.chosen.name
    return identity
