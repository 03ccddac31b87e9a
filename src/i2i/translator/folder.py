"""Many images: a folder in, a folder out; what is done is not done again, and one bad file does not stop the rest."""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from i2i.bundle import WEIGHTS
from i2i.errors import ConfigError, ImageError, StorageError
from i2i.files import write_text
from i2i.images import (
    PIXEL_LIMIT,
    Metadata,
    Raster,
    conform,
    is_image,
    lossless_suffix,
    read_header,
    read_raster,
    stem_of,
    write_pixels,
)
from i2i.translator.tiling import translate_tiled
from i2i.translator.translator import Translator

RECORD = ".i2i.json"
"""In the folder of translations: by which bundle and settings they were made."""

Side = Literal["whole", "left", "right"]

Tile = int | Literal["auto", "off"]
"""Side of the tiles in pixels; "auto": tiles of the training size for what is larger than `TILED_FROM`."""

TILED_FROM = 2048 * 2048
"""Pixels from which an image that is translated at its own scale is translated in tiles."""

_STREAMED = (".tif", ".tiff", ".npy")
"""Formats that are written as they come; others only when whole."""


@dataclass
class Outcome:
    """What became of each image: written now, there already, or not readable and why."""

    written: list[Path] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)
    failed: dict[Path, str] = field(default_factory=dict)


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

    The format is the input's own where that holds the target without loss, else PNG, else TIFF.

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
    """
    if to.resolve() == source.resolve():
        raise StorageError(f"{to}: holds other things, the inputs, which stay as they are; give --to a new folder")
    images = sorted(path for path in source.rglob("*") if path.is_file() and is_image(path) and to not in path.parents)
    if not images:
        raise ImageError(f"{source}: holds no images; expected PNG, JPEG, WebP, BMP or TIFF files")
    _claim(to, _identity(translator, samples, seed, side, tile))
    outcome = Outcome()
    for done, (path, name) in enumerate(_names(images, source), start=1):
        suffix = output_suffix(translator, path)
        outputs = [to / f"{name}{number}{suffix}" for number in _numbers(samples)]
        if all(output.exists() for output in outputs):
            outcome.skipped.append(path)
        else:
            try:
                translate_file(translator, path, outputs, seed=seed, side=side, tile=tile)
                outcome.written.append(path)
            except ImageError as error:
                outcome.failed[path] = str(error)
        if progress:
            progress(done, len(images))
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
    raster = _half(read_raster(path), side, path)
    config = translator.config
    pixels = translator.enlarge(conform(raster, config.input, str(path)))
    moved = side != "whole" or config.scale > 1  # then the place on earth and the resolution are no longer true
    for number, output in enumerate(outputs):
        translated = translator.translate(pixels, seed=seed + number)
        write_pixels(output, translated, config.target, Metadata() if moved else raster.metadata)


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


def output_suffix(translator: Translator, path: Path) -> str:
    """The ending of the translation's name, where nobody says another."""
    suffix = lossless_suffix(path, translator.config.target)
    try:
        header = read_header(path, pixel_limit=sys.maxsize)
        streamed = header.height * header.width * translator.config.scale**2 > PIXEL_LIMIT
    except ImageError:
        return suffix  # it is named with the others that can't be read
    return ".tif" if streamed and suffix not in _STREAMED else suffix


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


def _claim(to: Path, identity: dict[str, object]) -> None:
    record, text = to / RECORD, json.dumps(identity, indent=1) + "\n"
    if record.is_file():
        if record.read_text(encoding="utf-8") != text:
            raise StorageError(f"{to}: holds translations by another bundle or other settings; give --to a new folder")
        return
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise StorageError(f"{to}: is there and holds other things, which stay as they are; give --to a new folder")
    write_text(record, text)


def _identity(translator: Translator, samples: int, seed: int, side: Side, tile: Tile) -> dict[str, object]:
    policy = translator.policy
    return {
        "weights": hashlib.blake2b((translator.path / WEIGHTS).read_bytes(), digest_size=16).hexdigest(),
        "statistics": policy.statistics,
        "dropout": policy.dropout,
        "resize": policy.resize,
        "samples": samples,
        "seed": seed,
        "side": side,
        "tile": tile,
    }
