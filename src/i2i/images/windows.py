"""Images larger than memory: read window by window, written band by band.

TIFF files are read strip by strip or tile by tile, NPY files through a memory map; any other is decoded whole.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from i2i.errors import ImageError
from i2i.files import replacing
from i2i.images.files import PIXEL_LIMIT, existing, read_raster, suffix_of, write_raster
from i2i.images.formats import FORMATS, arrays, orientation, recognise, tiff, tifftags
from i2i.images.formats.decoding import decoding
from i2i.images.formats.samples import keep
from i2i.images.raster import Header, Metadata, Raster
from i2i.images.spec import Pixels

if TYPE_CHECKING:
    from tifffile import TiffPage

_TILE = 256
"""Side of the tiles in TIFF files that are written; as GDAL's."""

_IN_FLIGHT = 2**24
"""Bytes of tiles that are compressed at once."""

_JPEG = (6, 7, 34892, 33007)
"""Compressions whose strips or tiles may share tables that stand in their page."""


@dataclass(frozen=True)
class WindowReader:
    """An open image file.

    Attributes:
        header: of the whole image.
        metadata: as a `Raster` of the whole would have it.
    """

    header: Header
    metadata: Metadata
    _window: Callable[[int, int, int, int], Pixels] = field(repr=False)
    _transparent: NDArray[np.uint8] | None = None

    def read(self, top: int, left: int, height: int, width: int) -> Pixels:
        """(height, width, C), as the pixels of a `Raster` of the whole are there.

        Raises:
            ImageError: what the window touches is damaged.
            ValueError: it is not within the image.
        """
        if not (0 <= top < top + height <= self.header.height and 0 <= left < left + width <= self.header.width):
            raise ValueError(
                f"the window of {height}x{width} (HxW) at row {top}, column {left} is not within the image of "
                f"{self.header.height}x{self.header.width}"
            )
        return self._window(top, left, height, width)

    def raster(self, top: int, left: int, height: int, width: int) -> Raster:
        """The same window with what the header tells, as if it were a file of its own, but without metadata."""
        header = self.header
        return Raster(
            self.read(top, left, height, width), header.names, header.palette, self._transparent, header.nodata
        )


@contextmanager
def open_windows(path: Path, pixel_limit: int = PIXEL_LIMIT) -> Iterator[WindowReader]:
    """Open an image file to read it window by window; of one thread at a time.

    Only the strips or tiles that a window touches are decoded, and those of one row of them kept for the next window.

    Args:
        path: of any format that `read_raster` reads.
        pixel_limit: refuse files that are larger and can only be decoded whole: neither TIFF nor NPY, turned by
            their orientation tag, or compressed in one piece.

    Raises:
        ImageError: as `read_raster`.
    """
    kind = recognise(existing(path), suffix_of(path))
    with ExitStack() as files:
        reader = None
        if kind is FORMATS[".tif"]:
            reader = _tiff_reader(path, pixel_limit, files)
        elif kind is FORMATS[".npy"]:
            reader = _npy_reader(path)
        yield reader or _whole_reader(path, pixel_limit)


def write_bands(path: Path, header: Header, metadata: Metadata, bands: Iterable[Pixels]) -> None:
    """Write an image that comes in bands from top to bottom; it is there only when whole.

    TIFF files get deflated tiles of 256² with a predictor, and are BigTIFF where they may pass 4 GiB.

    Args:
        path: .tif or .npy; of other formats the bands are gathered first.
        header: of the whole image, as `Raster` has it.
        metadata: resolution and place on the earth, for TIFF.
        bands: (any height, `header.width`, `header.channels`) of `header.dtype`; `header.height` rows in all.

    Raises:
        ImageError: the format can't hold such an image, or the image is too large for one that is not tiled.
        StorageError: the disk is full or the folder can't be written.
        ValueError: the bands are not of such an image.
    """
    kind, bands = FORMATS.get(suffix_of(path)), _checked(bands, header)
    if kind is None or not kind.holds(header.dtype, header.channels, suffix_of(path)):
        raise ImageError(
            f"{path}: such a file can't hold {header.channels} channels of {header.dtype}; use .tif or .npy"
        )
    if kind is FORMATS[".tif"]:
        with replacing(path) as file:
            _write_tiff(file, _outline(header, metadata), bands)
    elif suffix_of(path) == ".npy":
        with replacing(path) as file:
            _write_npy(file, header, bands)
    elif header.height * header.width > PIXEL_LIMIT:
        raise ImageError(
            f"{path}: {header.width}x{header.height} pixels are too many to be held at once, as any file but .tif and "
            ".npy needs; use .tif"
        )
    else:
        write_raster(path, replace(_outline(header, metadata), pixels=np.concatenate(list(bands))))


def _checked(bands: Iterable[Pixels], header: Header) -> Iterator[Pixels]:
    """The same bands; raises `ValueError` where they don't make the image."""
    rows = 0
    for band in bands:
        rows += len(band)
        if band.shape[1:] != (header.width, header.channels) or band.dtype != header.dtype or rows > header.height:
            raise ValueError(
                f"a band up to row {rows} is {band.dtype} of shape {band.shape}; expected rows of {header}"
            )
        yield band
    if rows < header.height:
        raise ValueError(f"the bands end at row {rows}; expected all of {header}")


class _Plane:
    """The samples of one page, or of one plane of a page whose channels lie apart."""

    def __init__(self, path: Path, page: "TiffPage", plane: int) -> None:
        self._path = path
        self._page = page
        self._plane = plane
        frame = page.keyframe
        _, _, self.height, self.width, self.samples = frame.shaped
        self._length = frame.tilelength if frame.is_tiled else frame.rowsperstrip
        self._breadth = frame.tilewidth if frame.is_tiled else self.width
        self._across = -(-self.width // self._breadth)
        self._down = -(-self.height // self._length)
        self._segment = lru_cache(maxsize=self._across)(self._decode)

    @property
    def largest_piece(self) -> int:
        """Pixels that have to be decoded at once."""
        return 0 if self._page.keyframe.is_final else min(self._length, self.height) * self._breadth

    def window(self, top: int, left: int, height: int, width: int) -> NDArray[Any]:
        """(height, width, samples) as they are stored."""
        if self._page.keyframe.is_final:
            return self._mapped(top, height)[:, left : left + width].copy()
        window = np.full((height, width, self.samples), self._page.keyframe.nodata, self._page.dtype)
        for row in range(top // self._length, -(-(top + height) // self._length)):
            for column in range(left // self._breadth, -(-(left + width) // self._breadth)):
                segment = self._segment(row, column)
                if segment is not None:
                    _paste(window, segment, row * self._length - top, column * self._breadth - left)
        return window

    def _mapped(self, top: int, height: int) -> NDArray[Any]:
        """Rows of an uncompressed page; the map is as short-lived as they, for what was read counts as memory."""
        dtype = np.dtype(self._page.dtype).newbyteorder(self._page.parent.byteorder)
        row = self.width * self.samples * dtype.itemsize
        offset = self._page.dataoffsets[0] + (self._plane * self.height + top) * row
        return np.memmap(self._path, dtype, "r", offset, (height, self.width, self.samples))

    def _decode(self, row: int, column: int) -> NDArray[Any] | None:
        """A strip or tile, (rows, columns, samples); None where a sparse file has left it out."""
        page, file = self._page, self._page.parent.filehandle
        index = (self._plane * self._down + row) * self._across + column
        if not page.databytecounts[index]:
            return None
        file.seek(page.dataoffsets[index])
        data = file.read(page.databytecounts[index])
        tables = {"jpegtables": page.jpegtables, "jpegheader": page.keyframe.jpegheader}
        segment, _, _ = page.keyframe.decode(data, index, **(tables if page.keyframe.compression in _JPEG else {}))
        return None if segment is None else segment[0]


def _paste(window: NDArray[Any], segment: NDArray[Any], top: int, left: int) -> None:
    """Copy the part of a segment, which lies at (top, left) of the window's corner, that is within the window."""
    rows = slice(max(top, 0), min(top + segment.shape[0], window.shape[0]))
    columns = slice(max(left, 0), min(left + segment.shape[1], window.shape[1]))
    window[rows, columns] = segment[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]


def _planes(found: tiff.Found) -> list[_Plane]:
    """Of which the channels are made, in order; none where they lie otherwise than in strips or tiles of their page."""
    pages: list[Any] = [found.page]
    if found.is_stack:
        pages = list(getattr(found.source, "pages", ()))
    size = tuple(found.shape[axis] for axis in found.order[:2])
    if None in pages or any(page.keyframe.shaped[1:4] != (1, *size) for page in pages):
        return []
    planes = [_Plane(found.path, page, plane) for page in pages for plane in range(page.keyframe.shaped[0])]
    return planes if sum(plane.samples for plane in planes) == found.channels else []


def _tiff_reader(path: Path, pixel_limit: int, files: ExitStack) -> WindowReader | None:
    """None for a file that has to be decoded whole. What is opened is closed with `files`."""
    import tifffile

    header = tiff.read_header(path)
    with decoding(path, "tifffile"):
        file = files.enter_context(tifffile.TiffFile(path))
        found = tiff.find_image(file, path)
        planes = _planes(found)
        metadata = tifftags.metadata_of(found.file, found.page)
    turned = tifftags.orientation_of(found.page) != orientation.AS_IT_IS
    largest = max((plane.largest_piece for plane in planes), default=0)
    if not planes or turned or tiff.is_for_pillow(found.page) or largest > pixel_limit:
        return None

    def window(top: int, left: int, height: int, width: int) -> Pixels:
        with decoding(path, "tifffile"):
            stored = np.concatenate([plane.window(top, left, height, width) for plane in planes], axis=2)
            return tiff.meant(stored, found)

    return WindowReader(header, metadata, window)


def _npy_reader(path: Path) -> WindowReader | None:
    """None for an archive, which can't be mapped."""
    with arrays.opened(path) as array:
        header = arrays.header_of(array)
        _, _, channels, first = arrays.layout_of(array)
        if array.name != str(path):
            return None

    def window(top: int, left: int, height: int, width: int) -> Pixels:
        with decoding(path, "numpy"):  # mapped anew each time, for what was read of a map counts as memory
            values = np.load(path, mmap_mode="r", allow_pickle=False)
            rows, columns = slice(top, top + height), slice(left, left + width)
            part = np.moveaxis(values[:, rows, columns], 0, 2) if first else values[rows, columns]
            return keep(np.array(part).reshape(height, width, channels), str(path))

    return WindowReader(header, Metadata(), window)


def _whole_reader(path: Path, pixel_limit: int) -> WindowReader:
    raster = read_raster(path, pixel_limit)

    def window(top: int, left: int, height: int, width: int) -> Pixels:
        return raster.pixels[top : top + height, left : left + width]

    return WindowReader(raster.header(), raster.metadata, window, raster.transparent)


def _outline(header: Header, metadata: Metadata) -> Raster:
    """The image that is to be written, its samples still to come: the pixels take no memory."""
    nothing = np.broadcast_to(np.zeros((), header.dtype), (header.height, header.width, header.channels))
    return Raster(nothing, header.names, header.palette, nodata=header.nodata, metadata=metadata)


def _write_tiff(file: IO[bytes], raster: Raster, bands: Iterable[Pixels]) -> None:
    import tifffile

    height, width, channels = raster.pixels.shape
    tiles = -(-height // _TILE) * -(-width // _TILE)
    tifffile.imwrite(
        file,
        _tiles(bands, width, channels),
        shape=(height, width) if channels == 1 else (height, width, channels),
        dtype=raster.pixels.dtype,
        tile=(_TILE, _TILE),
        buffersize=_IN_FLIGHT,
        **tiff.write_options(raster, tiles * _TILE * _TILE * channels * raster.pixels.itemsize),
    )


def _tiles(bands: Iterable[Pixels], width: int, channels: int) -> Iterator[Pixels]:
    """The tiles of a TIFF file in their order, those at the border filled up with zeros."""
    for strip in _regrouped(bands, _TILE):
        for left in range(0, width, _TILE):
            part = strip[:, left : left + _TILE]
            tile = np.zeros((_TILE, _TILE, channels), part.dtype)
            tile[: part.shape[0], : part.shape[1]] = part
            yield tile


def _regrouped(bands: Iterable[Pixels], height: int) -> Iterator[Pixels]:
    """The same rows in bands of `height`, the last of what is left."""
    gathered: list[Pixels] = []
    for band in bands:
        gathered.append(band)
        while sum(len(part) for part in gathered) >= height:
            rows = np.concatenate(gathered)
            yield rows[:height]
            gathered = [rows[height:]]
    rest = np.concatenate(gathered)
    if len(rest):
        yield rest


def _write_npy(file: IO[bytes], header: Header, bands: Iterable[Pixels]) -> None:
    shape = (header.height, header.width) if header.channels == 1 else (header.height, header.width, header.channels)
    described = {"descr": npy.dtype_to_descr(np.dtype(header.dtype)), "fortran_order": False, "shape": shape}
    npy.write_array_header_1_0(file, described)
    for band in bands:
        file.write(np.ascontiguousarray(band).data)
