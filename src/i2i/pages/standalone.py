"""Pages that stand alone: one HTML file with every picture inside, no script, nothing fetched."""

import base64
import io
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from i2i.images import Pixels, shrunk, to_pil
from i2i.pages.places import SHARED

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""The content security policy by which such a page works, and nothing that anybody may have written into it does."""

SIDE = 320
"""Longest side in pixels of an image in such a page."""

_LOSSLESS_BYTES = 64_000
_JPEG_QUALITY = 92


def standalone_page(package: str, name: str, **values: Any) -> str:
    """The page as HTML text.

    The template finds `policy` and `look` (the style sheet of all pages) besides the values, and the filters `image`,
    of pixels, and `png`, of a PNG file's content.

    Args:
        package: that holds the template.
        name: the template's, in Jinja's language; what it prints is escaped.
        **values: what the template knows; one that it asks for and that is missing is a mistake.
    """
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page.filters |= {"image": image_uri, "png": png_uri}
    template = page.from_string(files(package).joinpath(name).read_text(encoding="utf-8"))
    look = (SHARED / "look.css").read_text(encoding="utf-8")
    return template.render(policy=POLICY, look=look, **values)


def image_uri(pixels: Pixels) -> str:
    """An image, (H, W, 1 or 3) uint8, as a data URI, at most `SIDE` long: PNG where small, else JPEG, colours whole."""
    image = to_pil(shrunk(pixels, SIDE))
    file = io.BytesIO()
    image.save(file, "PNG")
    if file.tell() <= _LOSSLESS_BYTES:
        return png_uri(file.getvalue())
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return _data_uri("image/jpeg", file.getvalue())


def png_uri(content: bytes) -> str:
    """The content of a PNG file as a data URI."""
    return _data_uri("image/png", content)


def _data_uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
