"""What a file holds, as it stands there: pixels of its own type, and what it says beside them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2i.images.spec import Pixels


@dataclass(frozen=True)
class Tag:
    """A TIFF tag as it is written: code, type number, count, value."""

    code: int
    dtype: int
    count: int
    value: Any


@dataclass(frozen=True)
class Metadata:
    """What a file says beside its pixels, carried from an input to its output where the format has a place for it.

    Attributes:
        resolution: (horizontal, vertical, unit) with the unit of TIFF: 1 none, 2 inch, 3 centimetre.
        tags: TIFF tags that place the image on the earth (GeoTIFF: reference system, transform) and GDAL's own.
        template: what a format needs to write a like file: a DICOM data set, a NIfTI affine and header.
    """

    resolution: tuple[float, float, int] | None = None
    tags: tuple[Tag, ...] = ()
    template: Any = None


@dataclass(frozen=True)
class Header:
    """What is known of a file before its pixels are decoded.

    Attributes:
        height, width: as the image is meant to be seen, turned as its EXIF orientation says.
        channels: as the pixels of a `Raster` have; 1 for a palette image.
        dtype: numpy's name of the sample type that `Raster` has.
        names: of the channels, empty where the file doesn't tell: ("grey",), ("red", "green", "blue", "alpha"), …
        palette: (K, 3) uint8 colours of a palette image.
        nodata: values that the file says are no reading.
    """

    height: int
    width: int
    channels: int
    dtype: str
    names: tuple[str, ...] = ()
    palette: NDArray[np.uint8] | None = field(default=None, compare=False)
    nodata: tuple[float, ...] = ()

    @property
    def has_alpha(self) -> bool:
        """Whether the last channel is transparency."""
        return bool(self.names) and self.names[-1] == "alpha"


@dataclass(frozen=True)
class Raster:
    """A decoded file: (H, W, C) in its own type, with the header's facts and the rest of the metadata.

    The pixels of a palette image are its indices. `transparent` is (K,) uint8 alpha of the palette's entries, if any.
    """

    pixels: Pixels
    names: tuple[str, ...] = ()
    palette: NDArray[np.uint8] | None = None
    transparent: NDArray[np.uint8] | None = None
    nodata: tuple[float, ...] = ()
    metadata: Metadata = field(default_factory=Metadata)

    @property
    def has_alpha(self) -> bool:
        """Whether the last channel is transparency."""
        return bool(self.names) and self.names[-1] == "alpha"

    def header(self) -> Header:
        """The facts that a header alone would tell."""
        height, width, channels = self.pixels.shape
        return Header(height, width, channels, self.pixels.dtype.name, self.names, self.palette, self.nodata)
