"""Image files of every kind, read and written by what their names end in."""

import os
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image

from i2i.errors import ImageError
from i2i.files import replacing
from i2i.images.conform import as_plain, conform, label_palette, restore
from i2i.images.formats import FORMATS, recognise
from i2i.images.raster import Header, Metadata, Raster
from i2i.images.spec import ImageSpec, Pixels

SUFFIXES = frozenset(FORMATS)
"""File name endings (lower case) that are taken for images when a folder is read."""

PIXEL_LIMIT = 178_956_970
"""Images with more pixels are refused as decompression bombs, unless the caller allows more."""


def is_image(path: Path) -> bool:
    """Whether the name ends like an image's and does not mark a hidden file."""
    return suffix_of(path) in SUFFIXES and not path.name.startswith(".")


def suffix_of(path: Path) -> str:
    """The ending that says the format, lower case: ".png", ".nii.gz"; empty if it is none of an image."""
    name = path.name.lower()
    return max((suffix for suffix in SUFFIXES if name.endswith(suffix)), key=len, default="")


def stem_of(path: Path) -> Path:
    """The path without the ending that says the format."""
    return path.with_name(path.name[: len(path.name) - len(suffix_of(path))])


def read_header(path: str | os.PathLike[str], pixel_limit: int = PIXEL_LIMIT) -> Header:
    """Size, channels and type of an image file, from its header alone. Raises `ImageError` as `read_raster` does."""
    path = existing(Path(path))
    header = recognise(path, suffix_of(path)).read_header(path)
    _check_limit(path, header, pixel_limit)
    return header


def read_raster(path: str | os.PathLike[str], pixel_limit: int = PIXEL_LIMIT) -> Raster:
    """An image file as it stands: values, type and channels unchanged, turned as its EXIF orientation says.

    The format is what the content says, whatever the name ends in. 8-bit colours of another colour profile become sRGB;
    types beyond the four of `DType` become one of them where the values fit (`formats.samples`).

    Args:
        path: of a format in `SUFFIXES`.
        pixel_limit: refuse larger images before they are decoded.

    Raises:
        ImageError: missing, empty, truncated, not an image, of a kind that can't be read, or over the limit.
    """
    path = existing(Path(path))
    return recognise(path, suffix_of(path)).read(path, lambda header: _check_limit(path, header, pixel_limit))


def read_pixels(path: str | os.PathLike[str], spec: ImageSpec, pixel_limit: int = PIXEL_LIMIT) -> Pixels:
    """An image file as the pixels of a specification, (H, W, `spec.stored_channels`); see `conform`.

    Raises:
        ImageError: as `read_raster`, and where the file's channels, type or classes do not fit.
    """
    return conform(read_raster(path, pixel_limit), spec, str(path))


def read_image(path: str | os.PathLike[str], channels: int | None = None, pixel_limit: int = PIXEL_LIMIT) -> Pixels:
    """An 8-bit image file as it is meant to be seen, (H, W, C) uint8: palettes in colour, transparency on white.

    Args:
        path: of a format in `SUFFIXES`.
        channels: 1 for grey, 3 for sRGB; by default what the file holds.
        pixel_limit: refuse larger images before they are decoded.

    Raises:
        ImageError: as `read_raster`, and where it has more than 8 bits a channel.
    """
    return as_plain(read_raster(path, pixel_limit), channels, str(path))


def from_pil(image: Image.Image, name: str = "image") -> Raster:
    """A PIL image as `read_raster` gives a file. Raises `ImageError` for a mode that is not read."""
    from i2i.images.formats import pillow

    return pillow.from_pil(image, name)


def to_pil(pixels: Pixels) -> Image.Image:
    """A PIL image of (H, W, C): uint8 of 1, 3 or 4 channels, uint16 or float32 of one. Raises `ImageError` else."""
    channels, kind = pixels.shape[2], pixels.dtype.name
    if not fits_pil(pixels):
        raise ImageError(f"array: PIL has no image of {channels} channels of {kind}; take the array itself")
    return Image.fromarray(pixels[:, :, 0] if channels == 1 else pixels)


def fits_pil(pixels: Pixels) -> bool:
    """Whether `to_pil` can take it."""
    channels, kind = pixels.shape[2], pixels.dtype.name
    return (kind == "uint8" and channels in (1, 3, 4)) or (kind in ("uint16", "float32") and channels == 1)


def write_raster(path: str | os.PathLike[str], raster: Raster) -> None:
    """Write in the format that the name's ending says; an existing file is replaced only when whole.

    Raises:
        ImageError: no such format, or one that can't hold this type and number of channels.
        StorageError: the disk is full or the folder can't be written.
    """
    path = Path(path)
    check_holds(path, raster.pixels.dtype.name, raster.pixels.shape[2])
    with replacing(path) as file:
        _write(file, raster, suffix_of(path))


def check_holds(path: Path, dtype: str, channels: int) -> None:
    """Refuse a name whose ending is of no format, or of one without such images. Raises `ImageError`."""
    kind = FORMATS.get(suffix_of(path))
    if kind is None:
        raise ImageError(f"{path}: no image format is known by the ending '{path.suffix}'; use .png or .tif")
    if not kind.holds(dtype, channels, suffix_of(path)):
        others = ".png or .tif" if FORMATS[".png"].holds(dtype, channels, ".png") else ".tif or .npy"
        raise ImageError(f"{path}: {suffix_of(path)} can't hold {channels} channels of {dtype}; use {others}")


def write_pixels(
    path: str | os.PathLike[str], pixels: Pixels, spec: ImageSpec, metadata: Metadata | None = None
) -> None:
    """Write the pixels of a specification as its files have them, with the metadata of the input they came from.

    Raises:
        ImageError, StorageError: as `write_raster`.
    """
    write_raster(path, _as_raster(pixels, spec, metadata))


def encode_pixels(name: Path, pixels: Pixels, spec: ImageSpec, metadata: Metadata | None = None) -> bytes:
    """What `write_pixels` would write into a file of this name. Raises `ImageError` as that does."""
    raster, file = _as_raster(pixels, spec, metadata), BytesIO()
    check_holds(name, raster.pixels.dtype.name, raster.pixels.shape[2])
    _write(file, raster, suffix_of(name))
    return file.getvalue()


def write_image(path: str | os.PathLike[str], pixels: Pixels) -> None:
    """Write (H, W, C) as it is, in the format that the name's ending says. Raises as `write_raster` does."""
    write_raster(path, Raster(pixels))


def lossless_suffix(source: Path, spec: ImageSpec) -> str:
    """The ending for the translation of `source`: its own if that holds the target without loss, else PNG or TIFF."""
    channels = 3 if spec.is_labels and spec.coding == "colour" else spec.channels
    for suffix in (suffix_of(source), ".png"):
        if suffix in SUFFIXES - LOSSY and FORMATS[suffix].holds(spec.dtype, channels, suffix):
            if suffix == ".png" and channels in (2, 4) and spec.alpha != "channel":
                continue  # their last channel would be taken for transparency
            return suffix
    return ".tif"


LOSSY = frozenset({".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".ppm", ".pgm"})
"""Endings that a translation never takes from its input: they lose, or few programs expect them."""


def existing(path: Path) -> Path:
    """The path, of a file that may be an image. Raises `ImageError` if there is none, or nothing in it."""
    if not path.exists():
        raise ImageError(f"{path}: no such file; check the path")
    if path.is_dir():
        raise ImageError(f"{path}: is a folder; expected an image file")
    if path.stat().st_size == 0:
        raise ImageError(f"{path}: is empty (0 bytes); expected an image; delete or replace it")
    return path


def _as_raster(pixels: Pixels, spec: ImageSpec, metadata: Metadata | None) -> Raster:
    palette = label_palette(spec.classes) if spec.coding == "index" else None
    values = restore(pixels, spec)
    return Raster(values, spec.names, palette, nodata=spec.nodata[:1], metadata=metadata or Metadata())


def _write(file: IO[bytes], raster: Raster, suffix: str) -> None:
    pixels = np.ascontiguousarray(raster.pixels, raster.pixels.dtype.newbyteorder("="))
    FORMATS[suffix].write(file, replace(raster, pixels=pixels), suffix)


def _check_limit(path: Path, header: Header, pixel_limit: int) -> None:
    if header.height * header.width > pixel_limit:
        raise ImageError(
            f"{path}: has {header.width}x{header.height} pixels; at most {pixel_limit:,} are decoded at once, as a "
            "guard against image bombs; cut or scale the image first"
        )
