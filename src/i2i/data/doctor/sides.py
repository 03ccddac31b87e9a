"""One pair, read as far as it can be: each side as it would be trained on, or why it can't."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from i2i.config import Data
from i2i.config import Side as Settings
from i2i.data.layouts import Pair, Side
from i2i.images import (
    DTYPES,
    Header,
    ImageSpec,
    Pixels,
    Raster,
    class_values,
    conform,
    dtype_named,
    read_header,
    read_raster,
    valid,
)
from i2i.images.spec import MOST_CHANNELS

SideName = Literal["input", "target"]


@dataclass(frozen=True)
class Image:
    """One side of a pair, decoded.

    Attributes:
        header: of the file; of a side-by-side file with the width of the half.
        pixels: (H, W, C) of the file's type: palettes in colour, but indices where the side is declared as labels.
        readings: where there is a reading, bool (H, W, C); None where all is.
    """

    header: Header
    pixels: Pixels
    readings: NDArray[np.bool_] | None


@dataclass(frozen=True)
class Failure:
    """Why a side can't be had, in one line without the file's name; `halves`: because it can't be cut in two."""

    reason: str
    halves: bool = False


def read_sides(pair: Pair, data: Data) -> tuple[Image | Failure, Image | Failure]:
    """Both sides of a pair, a side-by-side file decoded once. What a damaged file raises is told, never raised."""
    first, second = _read_both(pair, read_raster)
    return _image(first, pair.input, data.input), _image(second, pair.target, data.target)


def read_headers(pair: Pair) -> tuple[Header | Failure, Header | Failure]:
    """The headers of both sides, in which a side-by-side file has the width of its half."""
    first, second = _read_both(pair, read_header)
    return _half_header(first, pair.input), _half_header(second, pair.target)


def counted_channels(header: Header, settings: Settings) -> int:
    """Channels as training counts them: a palette is colour, and transparency counts only where it is a channel."""
    if header.palette is not None:
        return 3
    return header.channels - (header.has_alpha and settings.alpha != "channel")


def is_indexed(header: Header, settings: Settings) -> bool:
    """Whether a side that is declared as label maps holds class values, not colours."""
    one_plane = header.palette is not None or counted_channels(header, settings) == 1
    return bool(settings.classes) and (settings.coding or ("index" if one_plane else "colour")) == "index"


Content = TypeVar("Content", Header, Raster)


def _read_both(pair: Pair, read: Callable[[Path], Content]) -> tuple[Content | Failure, Content | Failure]:
    first = _attempt(read, pair.input.path)
    return first, first if pair.target.path == pair.input.path else _attempt(read, pair.target.path)


def _attempt(read: Callable[[Path], Content], path: Path) -> Content | Failure:
    try:
        return read(path)
    except Exception as error:  # whatever a decoder makes of a damaged file, the examination goes on
        return Failure(_reason(error, path))


def _reason(error: Exception, path: Path) -> str:
    """What is wrong, without the file's name and without what to do about it."""
    message = " ".join(str(error).split()).removeprefix(f"{path}: ")
    return message.partition("; ")[0] or type(error).__name__


def _half_header(header: Header | Failure, side: Side) -> Header | Failure:
    if isinstance(header, Failure) or side.half is None:
        return header
    return _odd(header.width) or replace(header, width=header.width // 2)


def _image(raster: Raster | Failure, side: Side, settings: Settings) -> Image | Failure:
    if isinstance(raster, Failure):
        return raster
    if side.half is not None:
        width = raster.pixels.shape[1]
        if odd := _odd(width):
            return odd
        half = np.s_[:, : width // 2] if side.half == "left" else np.s_[:, width // 2 :]
        raster = replace(raster, pixels=raster.pixels[half])
    try:
        return _as_trained(raster, settings, side.path)
    except Exception as error:
        return Failure(_reason(error, side.path))


def _odd(width: int) -> Failure | None:
    return Failure(f"is {width} pixels wide, an odd number", halves=True) if width % 2 else None


def _as_trained(raster: Raster, settings: Settings, path: Path) -> Image:
    """Colours and transparency as training has them; values of a type that it refuses are looked at all the same."""
    header = raster.header()
    channels = counted_channels(header, settings)
    usable = raster.pixels.dtype.name in DTYPES and channels <= MOST_CHANNELS
    if is_indexed(header, settings):
        return Image(header, class_values(raster.pixels, settings.objects), None)
    if not usable:
        return Image(header, raster.pixels, np.isfinite(raster.pixels) if raster.pixels.dtype.kind == "f" else None)
    dtype = "float32" if settings.dtype == "float32" else dtype_named(header.dtype)
    spec = ImageSpec(channels, dtype, nodata=settings.nodata or header.nodata, alpha=settings.alpha)
    pixels = conform(raster, spec, str(path))
    readings = valid(pixels, spec)
    known = None if readings is None else readings.movedim(0, -1).numpy()
    return Image(header, pixels[:, :, :channels], None if known is None or known.all() else known)
