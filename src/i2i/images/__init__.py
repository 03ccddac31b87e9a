"""Image files, pixels and tensors: the one package that knows formats, types, ranges and layouts.

file  ↔  Raster (what the file holds)  ↔  pixels of an ImageSpec (H, W, C)  ↔  float32 tensor (C, H, W) in [-1, 1]
         read_raster, write_raster        conform, restore                      encode, decode, valid
"""

from i2i.images.conform import as_plain, class_values, conform, restore
from i2i.images.encoding import decode, encode, lightness, valid, without_readings
from i2i.images.files import (
    PIXEL_LIMIT,
    SUFFIXES,
    check_holds,
    encode_pixels,
    fits_pil,
    from_pil,
    is_image,
    lossless_suffix,
    read_header,
    read_image,
    read_pixels,
    read_raster,
    stem_of,
    suffix_of,
    to_pil,
    write_image,
    write_pixels,
    write_raster,
)
from i2i.images.preview import preview
from i2i.images.raster import Header, Metadata, Raster
from i2i.images.resizing import Interpolation, resize, shrunk
from i2i.images.spec import DTYPES, NO_CLASS, DType, ImageSpec, LabelClass, Pixels, dtype_named, full_range, spec_like

__all__ = [
    "DTYPES",
    "NO_CLASS",
    "PIXEL_LIMIT",
    "SUFFIXES",
    "DType",
    "Header",
    "ImageSpec",
    "Interpolation",
    "LabelClass",
    "Metadata",
    "Pixels",
    "Raster",
    "as_plain",
    "check_holds",
    "class_values",
    "conform",
    "decode",
    "dtype_named",
    "encode",
    "encode_pixels",
    "fits_pil",
    "from_pil",
    "full_range",
    "is_image",
    "lightness",
    "lossless_suffix",
    "preview",
    "read_header",
    "read_image",
    "read_pixels",
    "read_raster",
    "resize",
    "restore",
    "shrunk",
    "spec_like",
    "stem_of",
    "suffix_of",
    "to_pil",
    "valid",
    "without_readings",
    "write_image",
    "write_pixels",
    "write_raster",
]
