"""PGM and PPM: up to 8 bits by Pillow; 16 bits here, as Pillow scales them."""

import re
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from i2i.errors import ImageError
from i2i.images.formats import pillow
from i2i.images.formats.decoding import Admit
from i2i.images.raster import Header, Raster

_BREAK = rb"(?:\s|#[^\r\n]*[\r\n])+"
_HEADER = re.compile(rb"P([2356])" + _BREAK + rb"(\d+)" + _BREAK + rb"(\d+)" + _BREAK + rb"(\d+)\s")
_LONGEST_HEADER = 4096


def read_header(path: Path) -> Header:
    """See `Format`."""
    deep = _deep(path)
    return deep.header if deep else pillow.read_header(path)


def read(path: Path, admit: Admit) -> Raster:
    """See `Format`. 16-bit values stay as they are, whatever the greatest one that the header declares."""
    deep = _deep(path)
    if deep is None:
        return pillow.read(path, admit)
    admit(deep.header)
    shape = (deep.header.height, deep.header.width, deep.header.channels)
    if path.stat().st_size - deep.start < 2 * shape[0] * shape[1] * shape[2]:
        raise ImageError(f"{path}: the image data is damaged or cut short (too few samples); replace the file")
    samples = np.fromfile(path, ">u2", shape[0] * shape[1] * shape[2], offset=deep.start)
    return Raster(samples.reshape(shape).astype(np.uint16), deep.header.names)


def holds(dtype: str, channels: int, suffix: str) -> bool:
    """See `Format`."""
    return dtype in ("uint8", "uint16") and channels in (1, 3)


def write(file: IO[bytes], raster: Raster, suffix: str) -> None:
    """See `Format`."""
    if raster.pixels.dtype == "uint8":
        pillow.write(file, raster, suffix)
        return
    height, width, channels = raster.pixels.shape
    file.write(b"P%d\n%d %d\n65535\n" % (5 if channels == 1 else 6, width, height))
    file.write(raster.pixels.astype(">u2").tobytes())


class _Deep(NamedTuple):
    header: Header
    start: int


def _deep(path: Path) -> _Deep | None:
    """The header of a file with more than 8 bits, and where its samples start."""
    with path.open("rb") as file:
        found = _HEADER.match(file.read(_LONGEST_HEADER))
    if found is None or int(found[4]) <= 255:
        return None
    if found[1] in b"23":
        raise ImageError(f"{path}: is a PNM file in plain text with more than 8 bits; save it as a binary one")
    channels = 1 if found[1] == b"5" else 3
    return _Deep(Header(int(found[3]), int(found[2]), channels, "uint16", pillow.NAMES[channels]), found.end())
