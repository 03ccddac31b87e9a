"""The file formats: for each a module with the four functions of `Format`, by the endings of its names."""

from pathlib import Path
from typing import IO, Protocol, cast

from i2i.errors import ImageError
from i2i.images.formats import arrays, dicom, nifti, pillow, png, pnm, tiff
from i2i.images.formats.decoding import Admit
from i2i.images.raster import Header, Raster


class Format(Protocol):
    """What a module of this package offers. All raise `ImageError` naming the file."""

    def read_header(self, path: Path) -> Header:
        """The facts without decoding the pixels."""
        ...

    def read(self, path: Path, admit: Admit) -> Raster:
        """The file, decoded, nothing lost and nothing scaled, once `admit` has seen the header."""
        ...

    def holds(self, dtype: str, channels: int, suffix: str) -> bool:
        """Whether `write` can write this type and number of channels in a file of this ending."""
        ...

    def write(self, file: IO[bytes], raster: Raster, suffix: str) -> None:
        """Write to an open file, in the flavour that the ending (with dot, lower case) says."""
        ...


FORMATS: dict[str, Format] = {
    suffix: cast(Format, module)
    for module, suffixes in (
        (png, (".png",)),
        (pillow, (".jpg", ".jpeg", ".webp", ".bmp", ".gif")),
        (pnm, (".ppm", ".pgm")),
        (tiff, (".tif", ".tiff")),
        (arrays, (".npy", ".npz")),
        (dicom, (".dcm",)),
        (nifti, (".nii", ".nii.gz")),
    )
    for suffix in suffixes
}
"""Module by ending, lower case, with the dot."""

_SIGNATURES = (
    (128, b"DICM", ".dcm"),  # before TIFF: a DICOM file may have a TIFF header in its preamble
    (0, b"\x89PNG\r\n\x1a\n", ".png"),
    (0, b"\xff\xd8\xff", ".jpg"),
    (0, b"II*\0", ".tif"),
    (0, b"MM\0*", ".tif"),
    (0, b"II+\0", ".tif"),
    (0, b"MM\0+", ".tif"),
    (0, b"\x93NUMPY", ".npy"),
    (0, b"GIF8", ".gif"),
    (8, b"WEBP", ".webp"),
    (0, b"BM", ".bmp"),
    *((0, b"P%d" % kind, ".ppm") for kind in range(1, 7)),
)
"""Where in a file which bytes say what it is, whatever its name ends in."""


def recognise(path: Path, suffix: str) -> Format:
    """The format of a file, by its content, or by the ending of its name where the content does not tell.

    Raises:
        ImageError: it can't be opened.
    """
    try:
        with path.open("rb") as file:
            head = file.read(132)
    except OSError as error:
        raise ImageError(f"{path}: can't be read ({error.strerror or error}); check its permissions") from error
    for place, signature, kind in _SIGNATURES:
        if head.startswith(signature, place):
            return FORMATS[kind]
    return FORMATS.get(suffix, FORMATS[".jpg"])
