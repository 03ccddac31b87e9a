"""What the images of each side are, found by a look at the training files: the `ImageSpec` that a bundle keeps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from i2i.config import Class, Side
from i2i.data import layouts
from i2i.data.classes import MOST_FOUND, classes_of_colours, classes_of_values, read_classes, values_in
from i2i.data.palette import BLURRED, even_areas, palette_of
from i2i.data.samples import cut
from i2i.errors import ConfigError, PairsError
from i2i.images import (
    DType,
    Header,
    ImageSpec,
    LabelClass,
    Pixels,
    Raster,
    as_plain,
    conform,
    dtype_named,
    read_header,
    read_raster,
    valid,
)

SAMPLED = 256
"""At most so many files, spread evenly over the set, are decoded to find value ranges and classes."""

TAIL = 1e-4
"""Share of the values at either end that may be outliers."""
_ENOUGH = 65536
"""Readings of a file that are enough to tell its outliers."""

_TOO_MANY = 4096
"""Colours of a label map that are enough to tell that they are no classes."""

_STRETCH = 2.0
"""Outliers that widen the range by more than this factor are clipped."""


def settle(side: Side, images: Sequence[layouts.Side], which: str) -> Side:
    """The side with nothing left open, as its files are.

    Args:
        side: what the user said.
        images: for training.
        which: "input" or "target", for messages.

    Raises:
        ImageError: a file can't be read.
        PairsError: files that differ from each other in type or channels.
        ConfigError: settings that don't fit the files.
    """
    images = sorted(set(images), key=lambda image: (image.path, image.half or ""))
    paths = [image.path for image in images]
    headers = [read_header(path) for path in paths]
    side = replace(side, nodata=side.nodata or headers[0].nodata)
    if side.classes:
        return _settle_labels(side, images, headers, which)
    side = replace(
        side,
        channels=side.channels or _channels(side, paths, headers, which),
        dtype=side.dtype or _dtype(paths, headers, which),
    )
    if not side.names and headers[0].channels == side.channels:
        side = replace(side, names=headers[0].names)
    if side.range == "full" or (side.range == "auto" and side.dtype == "uint8"):
        return replace(side, range="full")
    if isinstance(side.range, str):
        side = replace(side, range=_find_ranges(side, images, which))
    spec_of(side)  # refuses ranges that don't fit the channels
    return side


def spec_of(side: Side) -> ImageSpec:
    """The specification that a settled side describes. Raises `ConfigError` where it contradicts itself."""
    if isinstance(side.classes, str) and side.classes:
        raise ConfigError(f"classes '{side.classes}' were not read yet; expected a settled side")
    return ImageSpec(
        channels=side.channels,
        dtype=side.dtype or "uint8",
        names=side.names,
        ranges=() if isinstance(side.range, str) else side.range,
        nodata=side.nodata,
        unit=side.unit,
        alpha=side.alpha,
        classes=tuple(LabelClass(*each) for each in side.classes if not isinstance(each, str)),
        coding=side.coding or "index",
        edges=side.edges,
        objects=side.objects,
        space=side.space,
    )


def side_of(spec: ImageSpec) -> Side:
    """The settled side that describes a specification."""
    return Side(
        channels=spec.channels,
        dtype=spec.dtype,
        names=spec.names,
        range=spec.ranges or "full",
        nodata=spec.nodata,
        unit=spec.unit,
        alpha=spec.alpha,
        classes=tuple((each.value, each.name, each.colour) for each in spec.classes),
        coding=spec.coding,
        edges=spec.edges,
        objects=spec.objects,
        space=spec.space,
    )


def _channels(side: Side, paths: Sequence[Path], headers: Sequence[Header], which: str) -> int:
    """Colour as soon as one file has colour; any other number must be the same in all files."""
    counts = [_counted(header, side) for header in headers]
    if set(counts) <= {1, 3}:
        return max(counts)
    different = next((place for place, count in enumerate(counts) if count != counts[0]), None)
    if different is not None:
        raise PairsError(
            f"{paths[different]}: has {counts[different]} channels, {paths[0]} has {counts[0]}; all files of the "
            f"{which} side must have the same; mend them"
        )
    return counts[0]


def _counted(header: Header, side: Side) -> int:
    if header.palette is not None:
        return 3
    return header.channels - (header.has_alpha and side.alpha != "channel")


def _dtype(paths: Sequence[Path], headers: Sequence[Header], which: str) -> DType:
    different = next((place for place, header in enumerate(headers) if header.dtype != headers[0].dtype), None)
    if different is not None:
        raise PairsError(
            f"{paths[different]}: is {headers[different].dtype}, {paths[0]} is {headers[0].dtype}; all files of the "
            f"{which} side must have one type; convert some, or set data.{which}.dtype=float32 if their values are on "
            "one scale"
        )
    return dtype_named(headers[0].dtype)


def _find_ranges(side: Side, images: Sequence[layouts.Side], which: str) -> tuple[tuple[float, float], ...]:
    """The range of each channel's readings; of colour one for all channels, so that white stays white.

    From the least to the greatest, unless `side.range` is "auto" and a ten-thousandth of outliers at an end more than
    doubles that: then they are clipped.
    """
    spec = spec_of(replace(side, range="full"))
    files = [_readings(_read(image), spec, image.path) for image in _spread(images)]
    channels = [_Values.joined([file[channel] for file in files]) for channel in range(side.channels)]
    if set(side.names) >= {"red", "green", "blue"} and side.channels == 3:
        channels = [_Values.joined(channels)]
    return tuple(_range(channel, outliers=side.range == "auto", which=which) for channel in channels)


@dataclass(frozen=True)
class _Values:
    """Readings of a channel: the least, the greatest, and enough of all to tell outliers."""

    least: float
    greatest: float
    some: NDArray[np.float32]

    @classmethod
    def of(cls, readings: Pixels) -> "_Values":
        if not readings.size:
            return cls(math.inf, -math.inf, np.empty(0, np.float32))
        some = readings.reshape(-1)[:: max(1, readings.size // _ENOUGH)].astype(np.float32)
        return cls(float(readings.min()), float(readings.max()), some)

    @classmethod
    def joined(cls, parts: Sequence["_Values"]) -> "_Values":
        some = np.concatenate([part.some for part in parts])
        return cls(min(part.least for part in parts), max(part.greatest for part in parts), some)


def _readings(raster: Raster, spec: ImageSpec, path: Path) -> list[_Values]:
    pixels = conform(raster, spec, str(path))
    readings = valid(pixels, spec)
    planes = [pixels[:, :, channel] for channel in range(spec.channels)]
    if readings is None:
        return [_Values.of(plane) for plane in planes]
    return [_Values.of(plane[known.numpy()]) for plane, known in zip(planes, readings, strict=True)]


def _range(values: _Values, outliers: bool, which: str) -> tuple[float, float]:
    if not values.some.size:
        raise PairsError(f"the {which} side holds no reading at all, only nodata; check data.{which}.nodata")
    low, high = values.least, values.greatest
    if outliers:
        least, most = (float(end) for end in np.quantile(values.some, (TAIL, 1 - TAIL)))
        if high - low > _STRETCH * (most - least) and most > least:
            low, high = least, most
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _settle_labels(side: Side, images: Sequence[layouts.Side], headers: Sequence[Header], which: str) -> Side:
    channels = 1 if headers[0].palette is not None else _counted(headers[0], side)
    coding = side.coding or ("index" if channels == 1 else "colour")
    classes = side.classes
    if classes == "auto":
        rasters = [_read(image) for image in _spread(images)]
        if coding == "index":
            classes = classes_of_values(values_in(rasters, side.nodata, side.objects), headers[0].palette, which)
        else:
            classes = classes_of_colours(_colours(rasters), which)
    elif isinstance(classes, str):
        classes = read_classes(Path(classes))
    dtype = dtype_named(headers[0].dtype) if coding == "index" else "uint8"
    return replace(
        side,
        channels=1 if coding == "index" else 3,
        dtype=dtype,
        coding=coding,
        classes=_checked(classes),
        range="full",
    )


def _checked(classes: str | tuple[Class, ...]) -> tuple[Class, ...]:
    if isinstance(classes, str) or not classes:
        raise ConfigError("classes: found none; expected a table with a line a class")
    return classes


def _colours(rasters: Sequence[Raster]) -> set[tuple[int, int, int]]:
    """The colours of label maps: all of them, or where a lossy format has blurred these, those of the even areas."""
    maps = [as_plain(raster, 3, "label map") for raster in rasters]
    found = {_rgb(colour) for each in maps for colour in np.unique(each.reshape(-1, 3), axis=0)[:_TOO_MANY]}
    if len(found) <= MOST_FOUND:
        return found
    random = np.random.default_rng(0)
    areas = [even_areas(each, BLURRED, random) for each in maps]
    return {_rgb(colour) for colour in palette_of([share for share, _ in areas], [some for _, some in areas])} or found


def _rgb(colour: Sequence[int] | NDArray[np.uint8]) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in colour)
    return (red, green, blue)


def _read(image: layouts.Side) -> Raster:
    return cut(read_raster(image.path), image)


def _spread(images: Sequence[layouts.Side]) -> list[layouts.Side]:
    """At most `SAMPLED` of the images, evenly over the list."""
    places = np.unique(np.linspace(0, len(images) - 1, min(SAMPLED, len(images))).round().astype(int))
    return [images[place] for place in places]
