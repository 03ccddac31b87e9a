"""The page: one HTML file that stands alone, with every picture inside, no script and no network."""

import base64
import io
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from i2i.data.doctor.finding import CHECKS, Finding
from i2i.data.doctor.words import number, percent
from i2i.images import Pixels, to_pil

_LOSSLESS_BYTES = 32_000
_JPEG_QUALITY = 90


def render_page(tree: dict[str, Any], findings: Sequence[Finding], title: str, scope: str) -> str:
    """The page as HTML text.

    Args:
        tree: the diagnosis as plain values.
        findings: with their pictures.
        title: its heading.
        scope: how much was looked at, in words.
    """
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page.filters |= {"image": _image_uri, "number": number, "percent": percent}
    template = page.from_string(files("i2i.data.doctor").joinpath("report.html").read_text(encoding="utf-8"))
    return template.render(diagnosis=tree, findings=findings, checks=CHECKS, title=title, scope=scope)


def _image_uri(pixels: Pixels) -> str:
    """PNG where that is small, else JPEG without subsampling."""
    image = to_pil(pixels)
    file = io.BytesIO()
    image.save(file, "PNG")
    kind = "png"
    if file.tell() > _LOSSLESS_BYTES:
        file, kind = io.BytesIO(), "jpeg"
        image.save(file, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"
