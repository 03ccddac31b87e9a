"""TIFF by tifffile: strips or tiles, planar or interleaved, pages as channels, BigTIFF, GeoTIFF, any compression."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from i2i.errors import ImageError
from i2i.images.formats import orientation, pillow, tifftags
from i2i.images.formats.colour import to_srgb
from i2i.images.formats.decoding import Admit, decoding, no_image
from i2i.images.formats.samples import keep, kept_dtype
from i2i.images.raster import Header, Raster
from i2i.images.spec import DTYPES, MOST_CHANNELS, Pixels

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage, TiffPageSeries

_MINISWHITE, _RGB, _PALETTE, _SEPARATED, _YCBCR, _CIELAB = 0, 2, 3, 5, 6, 8
_JPEG = (6, 7)
_ASSOCIATED, _UNASSOCIATED = 1, 2

_FASTEST = 1
"""Deflate level: 33 MB of uint16 in about a second on one core; higher ones take longer and save 2 % or less."""

_MOST_BYTES = 2**32 - 2**25
"""Samples of a classic TIFF file, whose places are 32-bit numbers, with room for the rest; beyond it is BigTIFF."""


def read_header(path: Path) -> Header:
    """See `Format`."""
    with _opened(path) as found:
        return pillow.read_header(path) if is_for_pillow(found.page) else _header(found)


def read(path: Path, admit: Admit) -> Raster:
    """See `Format`.

    Several pages of one size with one sample each are channels; of anything else with several images (pyramids,
    sub-IFDs, pages of different kinds) the first one is read. Of 8 bits, CMYK, YCbCr and L*a*b* become sRGB.
    Where white is 0, unsigned values are inverted. Colours that were multiplied by their alpha are divided by it.
    """
    with _opened(path) as found:
        if is_for_pillow(found.page):
            return pillow.read(path, admit)
        header = _header(found)
        admit(header)
        stored = np.moveaxis(found.source.asarray().reshape(found.shape), found.order, (0, 1, 2))
        turned = tifftags.orientation_of(found.page)
        pixels = orientation.turn(meant(stored, found), turned)
        metadata = tifftags.metadata_of(found.file, found.page)
        return Raster(pixels, header.names, header.palette, nodata=header.nodata, metadata=metadata)


def holds(dtype: str, channels: int, suffix: str) -> bool:
    """See `Format`."""
    return dtype in DTYPES and channels <= MOST_CHANNELS


def write(file: IO[bytes], raster: Raster, suffix: str) -> None:
    """See `Format`: interleaved, deflated with a predictor; with names, resolution, nodata and place on the earth.

    Channels called red, green and blue, or three of uint8 without names, are colour; a last one called alpha is
    transparency; one channel of uint8 with a palette is a palette image; all others are grey levels.
    """
    import tifffile

    pixels = raster.pixels[:, :, 0] if raster.pixels.shape[2] == 1 else raster.pixels
    tifffile.imwrite(file, pixels, **write_options(raster, pixels.nbytes))


def write_options(raster: Raster, size: int) -> dict[str, Any]:
    """Arguments of `tifffile.imwrite` for samples of `size` bytes in all that are like the raster's."""
    channels = raster.pixels.shape[2]
    palette = raster.palette if channels == 1 and raster.pixels.dtype == np.uint8 else None
    colours = 3 if _is_colour(raster) else 1
    kinds = ["unspecified"] * (channels - colours)
    if raster.has_alpha and channels == colours + 1:
        kinds = ["unassalpha"]
    return {
        "bigtiff": size > _MOST_BYTES,
        "photometric": "palette" if palette is not None else "rgb" if colours == 3 else "minisblack",
        "planarconfig": None if channels == 1 else "contig",
        "extrasamples": kinds or None,
        "colormap": None if palette is None else _colour_map(palette),
        "compression": "zlib",
        "compressionargs": {"level": _FASTEST},
        "predictor": 1 if palette is not None else 3 if raster.pixels.dtype == np.float32 else 2,
        "metadata": None,
        "software": "i2i",
        **tifftags.options(raster),
    }


class Found(NamedTuple):
    """The image of a file that is read."""

    path: Path
    file: "TiffFile"
    source: "TiffPageSeries | TiffPage"
    page: "TiffPage"  # the only one, or the first, whose tags say what the samples are
    shape: tuple[int, int, int]  # of the stored samples
    order: tuple[int, int, int]  # which of its axes are rows, columns and channels

    @property
    def channels(self) -> int:
        """How many there are."""
        return self.shape[self.order[2]]

    @property
    def is_stack(self) -> bool:
        """Whether each channel is a page of its own."""
        return self.channels > 1 and self.page.samplesperpixel == 1


@contextmanager
def _opened(path: Path) -> Iterator[Found]:
    import tifffile

    with decoding(path, "tifffile"):
        try:
            file = tifffile.TiffFile(path, _multifile=False)
        except tifffile.TiffFileError as error:
            raise no_image(path, f"TIFF ({error})") from error
        with file:
            if all(file.series[0].pages):
                yield find_image(file, path)
                return
        with tifffile.TiffFile(path, is_ome=False) as file:  # some planes of its OME set lie in other files
            yield find_image(file, path)


def find_image(file: "TiffFile", path: Path) -> Found:
    """Which of a file's images is read, and how its samples lie. Raises `ImageError` where that can't be one image."""
    series = file.series[0]
    page = series.keyframe
    source: TiffPageSeries | TiffPage = series
    axes, sizes = _long_axes(series.axes, series.shape)
    if len(axes) > 3 and "S" in axes:  # pages in colour: the first one
        source = page
        axes, sizes = _long_axes(page.axes, page.shape)
    if len(axes) < 3:
        axes, sizes = f"{axes}S", (*sizes, 1)
    channel_axis = next((axis for axis in axes if axis not in "YX"), "S")
    if len(axes) > 3 or sizes[axes.index(channel_axis)] > MOST_CHANNELS:
        held = " x ".join(f"{axis} {size}" for axis, size in zip(axes, sizes, strict=True))
        raise ImageError(
            f"{path}: holds {held} samples, Y and X being its rows and columns; expected one image of at most "
            f"{MOST_CHANNELS} channels; save each image as a file (of tifffile: channels last need "
            "planarconfig='contig')"
        )
    order = (axes.index("Y"), axes.index("X"), axes.index(channel_axis))
    return Found(path, file, source, page, (sizes[0], sizes[1], sizes[2]), order)


def _long_axes(axes: str, shape: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """Without those of length 1, except rows and columns."""
    kept = [(axis, size) for axis, size in zip(axes, shape, strict=True) if size > 1 or axis in "YX"]
    return "".join(axis for axis, _ in kept), tuple(size for _, size in kept)


def is_for_pillow(page: "TiffPage") -> bool:
    """Whether it has 8-bit colours that tifffile gives as they are stored and Pillow as sRGB."""
    converted = page.photometric == _YCBCR and page.compression in _JPEG
    coded = page.photometric in (_YCBCR, _CIELAB) and page.samplesperpixel == 3 and not converted
    return coded and page.dtype == np.uint8


def _is_cmyk(page: "TiffPage") -> bool:
    return page.photometric == _SEPARATED and page.samplesperpixel == 4 and page.dtype == np.uint8


def _header(found: Found) -> Header:
    dtype = kept_dtype(np.dtype(found.page.dtype or "V"), str(found.path))
    rows, columns = (found.shape[axis] for axis in found.order[:2])
    height, width = orientation.turned_size(rows, columns, tifftags.orientation_of(found.page))
    nodata = tifftags.nodata_of(found.page, dtype)
    channels = 3 if _is_cmyk(found.page) else found.channels
    return Header(height, width, channels, dtype, _names(found), _palette(found.page), nodata)


def _names(found: Found) -> tuple[str, ...]:
    if _is_cmyk(found.page):
        return pillow.COLOUR
    named = tifftags.names_of(found.file, found.page, found.channels)
    if named or found.is_stack:
        return named
    colours = pillow.COLOUR if _is_rgb(found.page) else ()
    if _alpha(found.page):
        return (*(colours or pillow.GREY), "alpha")
    return (*colours, *(f"channel {number}" for number in range(4, found.channels + 1))) if colours else ()


def _is_rgb(page: "TiffPage") -> bool:
    return page.photometric == _RGB or (page.photometric == _YCBCR and page.compression in _JPEG)


def _alpha(page: "TiffPage") -> int:
    """The kind of transparency that the last of 2 or 4 samples is; 0 if it is none."""
    kinds = tuple(int(kind) for kind in page.extrasamples)
    colours = 3 if _is_rgb(page) else 1
    if len(kinds) != 1 or page.samplesperpixel != colours + 1 or kinds[0] not in (_ASSOCIATED, _UNASSOCIATED):
        return 0
    return kinds[0]


def _palette(page: "TiffPage") -> NDArray[np.uint8] | None:
    """(K, 3) from 16 bits; some writers store 8."""
    if page.photometric != _PALETTE or page.colormap is None:
        return None
    table = np.asarray(page.colormap).T
    return np.ascontiguousarray(table >> 8 if table.max() > 255 else table).astype(np.uint8)


def meant(stored: NDArray[Any], found: Found) -> Pixels:
    """The values that the stored samples stand for, (H, W, C) in a type that is kept."""
    page, name = found.page, str(found.path)
    if page.photometric == _MINISWHITE and stored.dtype.kind in "ub":
        highest = True if stored.dtype == bool else (1 << page.bitspersample) - 1
        stored = highest ^ stored
    pixels = keep(stored, name)
    if _is_cmyk(page):
        image = to_srgb(Image.fromarray(np.ascontiguousarray(pixels), "CMYK"), page.iccprofile, name)
        return np.asarray(image.convert("RGB"))
    if _alpha(page) == _ASSOCIATED:
        pixels = _divided_by_alpha(pixels)
    is_picture = pixels.dtype == np.uint8 and pixels.shape[2] <= 4 and page.photometric != _PALETTE
    if is_picture and not found.is_stack and page.iccprofile:
        return _in_srgb(pixels, page.iccprofile, name)
    return pixels


def _divided_by_alpha(pixels: Pixels) -> Pixels:
    highest = 1.0 if pixels.dtype == np.float32 else float(np.iinfo(pixels.dtype).max)
    colours, alpha = pixels[:, :, :-1].astype(np.float64), pixels[:, :, -1:]
    straight = np.divide(colours * highest, alpha, out=np.zeros_like(colours), where=alpha > 0)
    if pixels.dtype != np.float32:
        straight = straight.round().clip(np.iinfo(pixels.dtype).min, highest)
    return np.concatenate([straight.astype(pixels.dtype), alpha], axis=2)


def _in_srgb(pixels: Pixels, profile: bytes, name: str) -> Pixels:
    """By its colour profile, if it is grey or colour, with or without alpha."""
    mode = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}[pixels.shape[2]]
    image = Image.fromarray(np.ascontiguousarray(pixels[:, :, 0] if mode == "L" else pixels), mode)
    return np.asarray(to_srgb(image, profile, name)).reshape(pixels.shape)


def _is_colour(raster: Raster) -> bool:
    if raster.names:
        return raster.names[:3] == pillow.COLOUR
    return raster.pixels.dtype == np.uint8 and raster.pixels.shape[2] == 3


def _colour_map(palette: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """(3, 256) in 16 bits; reading them as `_palette` does gives the same 8."""
    table = np.zeros((256, 3), np.uint16)
    table[: len(palette)] = palette[:256].astype(np.uint16) * 257
    return np.ascontiguousarray(table.T)
