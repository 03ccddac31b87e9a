"""What TIFF files say beside their samples: names, nodata, resolution, place on the earth."""

import html
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from i2i.images.formats import orientation, pillow
from i2i.images.formats.samples import kept_nodata
from i2i.images.raster import Metadata, Raster, Tag

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 282, 283, 296
_GDAL_METADATA, _GDAL_NODATA = 42112, 42113
_CARRIED = (33550, 33922, 34264, 34735, 34736, 34737, _GDAL_METADATA, _GDAL_NODATA)
"""GeoTIFF's pixel scale, tie points, transformation, keys and their values; GDAL's own."""

_ASCII = 2
_NO_UNIT, _INCH, _CENTIMETRE = 1, 2, 3
_PER_CENTIMETRE = {"micron": 1e4, "um": 1e4, "µm": 1e4, "\\u00B5m": 1e4, "nm": 1e7, "mm": 10.0, "cm": 1.0}
"""Units of ImageJ, whose resolution is written without one that TIFF knows."""

_ITEM = re.compile(r"<Item\b([^>]*)>(.*?)</Item>", re.DOTALL)
_OME_NAME = re.compile(r"<(?:\w+:)?Channel\b[^>]*?\bName=\"([^\"]*)\"")


def orientation_of(page: "TiffPage") -> int:
    """How the image is to be turned; see `orientation.turn`."""
    return int(page.tags.valueof(orientation.TAG, default=orientation.AS_IT_IS))


def nodata_of(page: "TiffPage", dtype: str) -> tuple[float, ...]:
    """The value that GDAL_NODATA says is no reading, as samples of `dtype`; empty without one."""
    try:
        return kept_nodata(float(str(page.tags.valueof(_GDAL_NODATA)).strip("\0 ")), dtype)
    except ValueError:
        return ()


def names_of(file: "TiffFile", page: "TiffPage", channels: int) -> tuple[str, ...]:
    """Of the channels, as GDAL, OME or ImageJ names them; empty where they don't name each of them."""
    names: list[str] = []
    if file.is_imagej:
        names = list((file.imagej_metadata or {}).get("Labels", ()))
    elif file.is_ome:
        names = [html.unescape(name) for name in _OME_NAME.findall(file.ome_metadata or "")]
    else:
        described = _descriptions(str(page.tags.valueof(_GDAL_METADATA, default="")))
        names = [described.get(band, "") for band in range(channels)]
    return tuple(names) if len(names) == channels and all(names) else ()


def metadata_of(file: "TiffFile", page: "TiffPage") -> Metadata:
    """Resolution and carried tags; an image that is turned loses its place on the earth, which it had unturned."""
    turned = orientation_of(page)
    resolution = _resolution(file, page)
    if resolution and turned >= orientation.FIRST_ON_ITS_SIDE:
        resolution = (resolution[1], resolution[0], resolution[2])
    if turned != orientation.AS_IT_IS:
        return Metadata(resolution)
    found = [tag for code in _CARRIED if (tag := page.tags.get(code)) is not None]
    return Metadata(resolution, tuple(Tag(tag.code, int(tag.dtype), tag.count, tag.value) for tag in found))


def options(raster: Raster) -> dict[str, Any]:
    """Arguments of `tifffile.imwrite` that write all of this."""
    kept = [tag for tag in raster.metadata.tags if tag.code not in (_GDAL_METADATA, _GDAL_NODATA)]
    tags = [(tag.code, tag.dtype, tag.count, _as_bytes(tag.value)) for tag in kept]
    described = _gdal_metadata(raster)
    if described:
        tags.append((_GDAL_METADATA, _ASCII, 0, described.encode()))
    if raster.nodata:
        tags.append((_GDAL_NODATA, _ASCII, 0, _number(raster.nodata[0]).encode()))
    chosen: dict[str, Any] = {"extratags": tags}
    if raster.metadata.resolution:
        chosen["resolution"] = raster.metadata.resolution[:2]
        chosen["resolutionunit"] = raster.metadata.resolution[2]
    return chosen


def _resolution(file: "TiffFile", page: "TiffPage") -> tuple[float, float, int] | None:
    if _X_RESOLUTION not in page.tags or _Y_RESOLUTION not in page.tags:
        return None
    horizontal, vertical = page.resolution
    unit = int(page.tags.valueof(_RESOLUTION_UNIT, default=_INCH))
    factor = _PER_CENTIMETRE.get(str((file.imagej_metadata or {}).get("unit")))
    if unit == _NO_UNIT and factor:
        horizontal, vertical, unit = horizontal * factor, vertical * factor, _CENTIMETRE
    if (horizontal, vertical, unit) == (1, 1, _NO_UNIT) or not (horizontal > 0 and vertical > 0):
        return None  # what writers say that know of none
    return horizontal, vertical, unit


def _descriptions(xml: str) -> dict[int, str]:
    """Names of bands, from 0, in GDAL_METADATA, where they are escaped twice."""
    names = {}
    for attributes, value in _ITEM.findall(xml):
        band = re.search(r'\bsample="(\d+)"', attributes)
        if band and re.search(r'\brole="description"', attributes):
            names[int(band[1])] = html.unescape(html.unescape(value))
    return names


def _gdal_metadata(raster: Raster) -> str:
    """What was said of the whole image, but no statistics; and this one's names, where they tell more than colours."""
    xml = next((str(tag.value) for tag in raster.metadata.tags if tag.code == _GDAL_METADATA), "")
    items = [
        item.group()
        for item in _ITEM.finditer(xml)
        if "sample=" not in item.group(1) and "STATISTICS_" not in item.group(1)
    ]
    if raster.names not in ((), *pillow.NAMES.values()):
        items += [
            f'<Item name="DESCRIPTION" sample="{band}" role="description">{html.escape(html.escape(name))}</Item>'
            for band, name in enumerate(raster.names)
        ]
    return "<GDALMetadata>\n" + "".join(f"  {item}\n" for item in items) + "</GDALMetadata>\n" if items else ""


def _number(value: float) -> str:
    """As GDAL writes it: whole numbers without a point, others so that they are read back to the bit."""
    return f"{value:.0f}" if value == np.round(value) and abs(value) < 1e15 else repr(float(value))


def _as_bytes(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value
