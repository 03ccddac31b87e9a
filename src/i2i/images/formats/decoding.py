"""What every decoder needs around it: a guard before it, silence, and errors in one line."""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from i2i.errors import I2IError, ImageError
from i2i.images.raster import Header

Admit = Callable[[Header], None]
"""Called with what the header tells, before anything is decoded; raises `ImageError` to refuse the file."""


@contextmanager
def decoding(name: str | Path, library: str) -> Iterator[None]:
    """Run `library` on the file `name`: whatever it raises there is the file's fault, and nothing it says gets out.

    Decoders raise errors of many kinds on damaged files (KeyError, struct.error, codecs' own), hence the wide net.

    Raises:
        ImageError: the library failed; it is quoted.
    """
    try:
        with silence(library):
            yield
    except (I2IError, MemoryError):
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200].rstrip(". ") or type(error).__name__
        raise ImageError(
            f"{name}: the image data is damaged or cut short, or of a kind that is not read ({reason}); replace or "
            "convert the file"
        ) from error


def no_image(name: str | Path, expected: str) -> ImageError:
    """The error for a file that is none of the kind at all."""
    return ImageError(f"{name}: is not an image that can be read; expected {expected}")


@contextmanager
def silence(library: str) -> Iterator[None]:
    """No warning from within `library` and no line of its logger; the filters of threads at once don't disturb."""
    logger = logging.getLogger(library)

    def drop(_: logging.LogRecord) -> bool:
        return False

    logger.addFilter(drop)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=library)
            yield
    finally:
        logger.removeFilter(drop)
