"""JPEG, WebP, BMP, GIF (first frame), by Pillow; and PIL images of any mode, which PNG and PNM use too."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from i2i.errors import ImageError
from i2i.images.formats import orientation
from i2i.images.formats.colour import to_srgb
from i2i.images.formats.decoding import Admit, decoding, no_image
from i2i.images.raster import Header, Metadata, Raster
from i2i.images.spec import Pixels

GREY, COLOUR = ("grey",), ("red", "green", "blue")
NAMES = {1: GREY, 2: (*GREY, "alpha"), 3: COLOUR, 4: (*COLOUR, "alpha")}
"""Of the channels of what Pillow reads, by their number."""

INCH, CENTIMETRE = 2, 3


@dataclass(frozen=True)
class _Flavour:
    kind: str
    channels: tuple[int, ...]
    options: dict[str, Any] = field(default_factory=dict)


_RUNS = 3
"""zlib's strategy that looks for runs alone: a third of the time of its default for files some 4 % larger."""

_JPEG = _Flavour("JPEG", (1, 3), {"quality": 95, "subsampling": 0})
_FLAVOURS = {
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".webp": _Flavour("WEBP", (1, 3, 4), {"lossless": True, "exact": True}),
    ".bmp": _Flavour("BMP", (1, 3)),
    ".gif": _Flavour("GIF", (1,), {"optimize": False}),
    ".png": _Flavour("PNG", (1, 2, 3, 4), {"compress_type": _RUNS}),
    ".ppm": _Flavour("PPM", (1, 3)),
    ".pgm": _Flavour("PPM", (1, 3)),
}
_WITH_PALETTE = (".png", ".gif")

# fmt: off
_CHANNELS = {
    "L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "P": 1, "I": 1, "F": 1, "I;16": 1, "I;16B": 1, "I;16L": 1, "I;16N": 1,
    "1": 1, "La": 2, "RGBa": 4, "PA": 4, "RGBX": 3, "CMYK": 3, "YCbCr": 3, "LAB": 3, "HSV": 3,
}
"""Channels that a mode gives; those of the second row are converted first."""

_CONVERTED = {
    "1": "L", "La": "LA", "RGBa": "RGBA", "PA": "RGBA", "RGBX": "RGB", "CMYK": "RGB", "YCbCr": "RGB", "LAB": "RGB",
    "HSV": "RGB",
}
# fmt: on
_WITH_ALPHA = {"1": "LA", "L": "LA", "RGB": "RGBA"}
"""What a mode becomes where one colour, or one level, is declared transparent."""


def read_header(path: Path) -> Header:
    """See `Format`."""
    with opened(path) as image:
        return header_of(image, orientation_of(image), str(path))


def read(path: Path, admit: Admit) -> Raster:
    """See `Format`."""
    with opened(path) as image:
        admit(header_of(image, orientation_of(image), str(path)))
        return from_pil(image, str(path))


def holds(dtype: str, channels: int, suffix: str) -> bool:
    """See `Format`."""
    return dtype == "uint8" and channels in _FLAVOURS[suffix].channels


def write(file: IO[bytes], raster: Raster, suffix: str) -> None:
    """See `Format`. JPEG is written at quality 95 without chroma subsampling, WebP without loss."""
    flavour = _FLAVOURS[suffix]
    pixels = raster.pixels
    options = flavour.options | _resolution_options(raster)
    if raster.palette is not None and pixels.shape[2] == 1 and suffix in _WITH_PALETTE:
        image = _indexed(raster, raster.palette)
        options |= _transparency_options(raster, suffix)
    else:
        image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    image.save(file, format=flavour.kind, **options)


def from_pil(image: Image.Image, name: str) -> Raster:
    """A PIL image, decoded, turned as its EXIF orientation says, in sRGB where it has a colour profile.

    Raises:
        ImageError: the file behind it is damaged, or the mode is one that is not read.
    """
    if image.mode not in _CHANNELS:
        raise ImageError(f"{name}: is a PIL image of mode {image.mode}; convert it to L, RGB, I;16 or F first")
    with decoding(name, "PIL"):
        image.load()
        turned = orientation_of(image)
        if turned != orientation.AS_IT_IS:
            image = ImageOps.exif_transpose(image)
        metadata = metadata_of(image, turned)
        image = to_srgb(image, image.info.get("icc_profile"), name)
        if image.mode == "P":
            return _palette_raster(image, metadata)
        if image.has_transparency_data and image.mode in _WITH_ALPHA:
            image = image.convert(_WITH_ALPHA[image.mode])
        elif image.mode in _CONVERTED:
            image = image.convert(_CONVERTED[image.mode])
        pixels = np.asarray(image)
    pixels = pixels if pixels.ndim == 3 else pixels[:, :, None]
    if pixels.dtype == np.int32:
        pixels = _in_16_bits(pixels, name)
    return Raster(pixels.astype(pixels.dtype.newbyteorder("="), copy=False), NAMES[pixels.shape[2]], metadata=metadata)


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """A file as a PIL image whose header has been read.

    Raises:
        ImageError: not a file that Pillow knows, or (then or while it is used) a damaged one.
    """
    with decoding(path, "PIL"):
        try:
            image = _open(path)
        except UnidentifiedImageError as error:
            raise no_image(path, "PNG, JPEG, WebP, BMP, GIF, PNM, TIFF, NPY, NPZ, DICOM or NIfTI") from error
        with image:
            yield image


def header_of(image: Image.Image, turned: int, name: str) -> Header:
    """The facts of an opened image that is not decoded yet, with the EXIF orientation `turned`."""
    if image.mode not in _CHANNELS:
        raise ImageError(f"{name}: has the pixel layout {image.mode}, which is not read; convert it to grey or RGB")
    height, width = orientation.turned_size(image.height, image.width, turned)
    if image.mode == "P":
        return Header(height, width, 1, "uint8", palette=_palette(image))
    channels = _CHANNELS[image.mode] + (image.has_transparency_data and image.mode in _WITH_ALPHA)
    dtype = "float32" if image.mode == "F" else "uint16" if image.mode.startswith("I") else "uint8"
    return Header(height, width, channels, dtype, NAMES[channels])


def orientation_of(image: Image.Image) -> int:
    """From EXIF or XMP, as far as they have been read: without decoding what lies before them."""
    if image.format == "TIFF":  # Pillow turns these itself
        return orientation.AS_IT_IS
    return int(Image.Image.getexif(image).get(orientation.TAG, orientation.AS_IT_IS))


def metadata_of(image: Image.Image, turned: int) -> Metadata:
    """The resolution, of the image turned upright."""
    horizontal, vertical = image.info.get("dpi") or (0, 0)
    if not (horizontal > 0 and vertical > 0):
        return Metadata()
    upright = (horizontal, vertical) if turned < orientation.FIRST_ON_ITS_SIDE else (vertical, horizontal)
    return Metadata((float(upright[0]), float(upright[1]), INCH))


def dots_per_inch(raster: Raster) -> tuple[float, float] | None:
    """(horizontal, vertical), where the metadata have a resolution in a unit of length."""
    if raster.metadata.resolution is None or raster.metadata.resolution[2] not in (INCH, CENTIMETRE):
        return None
    horizontal, vertical, unit = raster.metadata.resolution
    factor = 1.0 if unit == INCH else 2.54
    return horizontal * factor, vertical * factor


_unlimited = threading.Lock()


def _open(path: Path) -> Image.Image:
    """Without Pillow's own limit of pixels: `admit` has the caller's."""
    try:
        return Image.open(path)
    except Image.DecompressionBombError:
        with _unlimited:
            limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
            try:
                return Image.open(path)
            finally:
                Image.MAX_IMAGE_PIXELS = limit


def _palette_raster(image: Image.Image, metadata: Metadata) -> Raster:
    entries = np.array(image.getpalette("RGBA"), np.uint8).reshape(-1, 4)
    palette, transparent = np.ascontiguousarray(entries[:, :3]), np.ascontiguousarray(entries[:, 3])
    declared = image.info.get("transparency")
    if isinstance(declared, bytes):
        transparent[: len(declared)] = np.frombuffer(declared, np.uint8)[: len(transparent)]
    elif isinstance(declared, int):
        transparent[declared : declared + 1] = 0
    shown = transparent if image.has_transparency_data else None
    return Raster(np.asarray(image)[:, :, None], palette=palette, transparent=shown, metadata=metadata)


def _palette(image: Image.Image) -> NDArray[np.uint8]:
    """(K, 3), without decoding the pixels."""
    probe = Image.new("P", (1, 1))
    if image.palette is not None:
        probe.putpalette(image.palette.palette, image.palette.rawmode or image.palette.mode)
    return np.array(probe.getpalette("RGB"), np.uint8).reshape(-1, 3)


def _indexed(raster: Raster, palette: NDArray[np.uint8]) -> Image.Image:
    """A palette image; with as many entries as the indices need, as Pillow packs the indices by their number."""
    indices = raster.pixels[:, :, 0]
    missing = int(indices.max()) + 1 - len(palette)
    image = Image.fromarray(indices, "L")
    image.putpalette(np.pad(palette, ((0, max(missing, 0)), (0, 0))).tobytes())
    return image


def _transparency_options(raster: Raster, suffix: str) -> dict[str, Any]:
    """GIF can have one entry transparent, and wholly."""
    if raster.transparent is None:
        return {}
    if suffix == ".png":
        return {"transparency": raster.transparent.tobytes()}
    return {"transparency": int(raster.transparent.argmin())} if raster.transparent.min() == 0 else {}


def _in_16_bits(pixels: Pixels, name: str) -> Pixels:
    low, high = int(pixels.min()), int(pixels.max())
    for kept in (np.uint16, np.int16):
        if np.iinfo(kept).min <= low and high <= np.iinfo(kept).max:
            return pixels.astype(kept)
    raise ImageError(f"{name}: holds values from {low} to {high}; whole numbers are kept in 16 bits; scale it")


def _resolution_options(raster: Raster) -> dict[str, Any]:
    dpi = dots_per_inch(raster)
    return {} if dpi is None else {"dpi": dpi}
