"""NIfTI slices, by nibabel (extra "nifti"): (H, W), or (H, W, C) with at most 32 slices or channels.

Axis 0 of the file's array are the rows and axis 1 the columns, as nibabel gives them: in most scanners' files
a row is then one place between left and right of the patient. What is written has the same axes, affine and header.
"""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import IO, Any

import numpy as np

from i2i.errors import ImageError
from i2i.images.formats import pillow
from i2i.images.formats.decoding import Admit, decoding, no_image
from i2i.images.formats.samples import kept_dtype, rescale, rescaled_dtype
from i2i.images.raster import Header, Metadata, Raster
from i2i.images.spec import DTYPES, MOST_CHANNELS

_LEVEL = 4
"""Of gzip: half the time of its default, and a few per cent larger."""

_GZIP_LIMIT = 1032
"""Deflate makes data smaller by this factor at most, so a longer image can't be in a shorter file."""


@dataclass(frozen=True)
class NiftiTemplate:
    """Of the image that was read: where its voxels are, and all else that its header says."""

    affine: Any
    header: Any


def read_header(path: Path) -> Header:
    """See `Format`."""
    with _opened(path) as image:
        return _header(image, str(path))


def read(path: Path, admit: Admit) -> Raster:
    """See `Format`. Slope and intercept are applied: int16 where they are whole numbers, else float32."""
    with _opened(path) as image:
        header = _header(image, str(path))
        admit(header)
        _check_length(image, path)
        stored = image.dataobj.get_unscaled()
        if stored.dtype.fields:
            stored = np.stack([stored[channel] for channel in stored.dtype.names], axis=-1)
        shape = (header.height, header.width, header.channels)
        pixels = rescale(stored, *_slope_and_intercept(image), str(path)).reshape(shape)
        metadata = Metadata(template=NiftiTemplate(image.affine, image.header))
        return Raster(np.ascontiguousarray(pixels), header.names, metadata=metadata)


def holds(dtype: str, channels: int, suffix: str) -> bool:
    """See `Format`."""
    return dtype in DTYPES and channels <= MOST_CHANNELS


def write(file: IO[bytes], raster: Raster, suffix: str) -> None:
    """See `Format`: (H, W, C), with the affine and the header of the image that was read, if it was NIfTI."""
    nibabel = _nibabel("writing NIfTI")
    template = raster.metadata.template
    pixels = raster.pixels
    if isinstance(template, NiftiTemplate):
        kind = nibabel.Nifti2Image if isinstance(template.header, nibabel.Nifti2Header) else nibabel.Nifti1Image
        header = template.header.copy()
        header["cal_min"] = header["cal_max"] = 0  # how bright to show the values of the old one
        image = kind(pixels, template.affine, header)
    else:
        image = nibabel.Nifti1Image(pixels, np.eye(4))
    image.set_data_dtype(pixels.dtype)
    with decoding("NIfTI image", "nibabel"):
        data = image.to_bytes()
    file.write(gzip.compress(data, _LEVEL, mtime=0) if suffix == ".nii.gz" else data)


def _nibabel(wanted_by: str) -> ModuleType:
    try:
        import nibabel
    except ImportError as error:
        raise ImageError(f"{wanted_by}: needs nibabel; pip install 'i2i[nifti]'") from error
    return nibabel


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    nibabel = _nibabel(str(path))
    with decoding(path, "nibabel"):
        try:
            image = nibabel.load(path, mmap=False)
        except nibabel.filebasedimages.ImageFileError as error:
            raise no_image(path, "NIfTI (.nii, .nii.gz)") from error
        if not isinstance(image, nibabel.Nifti1Image):
            raise no_image(path, f"a NIfTI image, not {type(image).__name__.removesuffix('Image')}")
        yield image


def _header(image: Any, name: str) -> Header:
    dtype = image.get_data_dtype()
    long = [size for size in image.shape[2:] if size != 1]
    if dtype.names in (("R", "G", "B"), ("R", "G", "B", "A")) and not long:
        names = pillow.NAMES[len(dtype.names)]
        return Header(image.shape[0], image.shape[1], len(names), "uint8", names)
    if 0 in image.shape or len(image.shape) < 2 or len(long) > 1 or (long and long[0] > MOST_CHANNELS):
        raise ImageError(
            f"{name}: has the shape {image.shape}; expected one slice, or at most {MOST_CHANNELS} slices as channels; "
            "save each slice as a file"
        )
    dtype_name = kept_dtype(dtype, name) and rescaled_dtype(dtype, *_slope_and_intercept(image), name)
    return Header(image.shape[0], image.shape[1], long[0] if long else 1, dtype_name)


def _slope_and_intercept(image: Any) -> tuple[float, float]:
    return float(image.dataobj.slope), float(image.dataobj.inter)


def _check_length(image: Any, path: Path) -> None:
    """Before as much memory is taken as the header asks for."""
    wanted = int(np.prod(image.shape)) * image.get_data_dtype().itemsize
    most = path.stat().st_size * (_GZIP_LIMIT if path.name.lower().endswith(".gz") else 1)
    if wanted > most:
        raise ImageError(f"{path}: the image data is damaged or cut short (the header tells more); replace the file")
