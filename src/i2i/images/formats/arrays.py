"""NumPy arrays: NPY, and NPZ with one array, or with one called "image" or "arr_0".

(H, W) and (H, W, C) with at most 32 channels. An array whose last axis is longer, but whose first is not and whose
other two are, has its channels first: (C, H, W). Where both readings fit, channels are last.
"""

import math
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.lib import format as npy

from i2i.errors import ImageError
from i2i.images.formats.decoding import Admit, decoding, no_image
from i2i.images.formats.samples import keep, kept_dtype
from i2i.images.raster import Header, Raster
from i2i.images.spec import DTYPES, MOST_CHANNELS

_ZIP = b"PK\x03\x04"
_PREFERRED = ("image", "arr_0")


def read_header(path: Path) -> Header:
    """See `Format`."""
    with opened(path) as array:
        return header_of(array)


def read(path: Path, admit: Admit) -> Raster:
    """See `Format`. Pickled objects are never loaded."""
    with opened(path) as array:
        admit(header_of(array))
        wanted = math.prod(array.shape) * array.dtype.itemsize
        data = array.file.read(wanted) if wanted <= array.size else b""
        if len(data) < wanted:
            raise ImageError(f"{array.name}: the image data is damaged or cut short; replace the file")
        values = keep(np.frombuffer(data, array.dtype), array.name)
        values = values.reshape(array.shape, order="F" if array.in_columns else "C")
        height, width, channels, first = layout_of(array)
        return Raster(
            np.ascontiguousarray(np.moveaxis(values, 0, 2) if first else values.reshape(height, width, channels))
        )


def holds(dtype: str, channels: int, suffix: str) -> bool:
    """See `Format`."""
    return dtype in DTYPES and channels <= MOST_CHANNELS


def write(file: IO[bytes], raster: Raster, suffix: str) -> None:
    """See `Format`: (H, W, C), or (H, W) of one channel; in NPZ compressed and called "image"."""
    array = raster.pixels[:, :, 0] if raster.pixels.shape[2] == 1 else raster.pixels
    if suffix == ".npz":
        np.savez_compressed(file, image=array)
    else:
        np.save(file, array, allow_pickle=False)


class Array(NamedTuple):
    """An NPY file that has been read up to its samples."""

    name: str  # that errors call it by
    file: IO[bytes]
    size: int  # in bytes, of the samples as far as they are there
    shape: tuple[int, ...]
    in_columns: bool
    dtype: np.dtype[Any]


@contextmanager
def opened(path: Path) -> Iterator[Array]:
    """The file, open for reading, with the array that it holds. Raises `ImageError`."""
    with decoding(path, "numpy"), path.open("rb") as file:
        if file.read(4) != _ZIP:
            file.seek(0)
            yield _described(file, path.stat().st_size, str(path))
            return
        with zipfile.ZipFile(file) as archive:
            member = _chosen(archive.namelist(), path)
            with archive.open(member) as inside:
                size = archive.getinfo(member).file_size
                yield _described(inside, size, f"{path} ({member.removesuffix('.npy')})")


def _chosen(members: list[str], path: Path) -> str:
    arrays = [member for member in members if member.endswith(".npy")]
    for member in (f"{name}.npy" for name in _PREFERRED):
        if member in arrays:
            return member
    if len(arrays) == 1:
        return arrays[0]
    names = ", ".join(member.removesuffix(".npy") for member in arrays[:8]) or "none"
    raise ImageError(f"{path}: holds {len(arrays)} arrays ({names}); expected one, or one called 'image'")


def _described(file: IO[bytes], size: int, name: str) -> Array:
    try:
        version = npy.read_magic(file)
    except ValueError as error:
        raise no_image(name, "a NumPy array (NPY or NPZ)") from error
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, in_columns, dtype = read(file)
    if dtype.hasobject:
        raise ImageError(f"{name}: holds Python objects, which are never loaded; save an array of numbers")
    return Array(name, file, size - file.tell(), shape, in_columns, dtype)


def header_of(array: Array) -> Header:
    """The facts that the array's shape and type tell."""
    height, width, channels, _ = layout_of(array)
    return Header(height, width, channels, kept_dtype(array.dtype, array.name))


def layout_of(array: Array) -> tuple[int, int, int, bool]:
    """Height, width, channels, and whether channels come first."""
    match array.shape:
        case (height, width) if height and width:
            return height, width, 1, False
        case (height, width, channels) if height and width and 1 <= channels <= MOST_CHANNELS:
            return height, width, channels, False
        case (channels, height, width) if 1 <= channels <= MOST_CHANNELS < min(height, width):
            return height, width, channels, True
    raise ImageError(
        f"{array.name}: has the shape {array.shape}; expected (height, width) or (height, width, channels) with at "
        f"most {MOST_CHANNELS} channels"
    )
