"""Contact sheets: images side by side under their titles."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from i2i.images import Pixels, to_pil

BACKGROUND = (250, 250, 249)
INK = (38, 38, 36)
_LARGEST_TITLE = 28
_SMALLEST_TITLE = 9


def contact_sheet(rows: Sequence[Sequence[Pixels]], titles: Sequence[str]) -> Pixels:
    """Rows of images under one title a column: (H, W, 1 or 3) uint8 each -> one (H', W', 3) uint8.

    Images are shown pixel by pixel, never scaled: a column is as wide as its widest image, a row as high as its
    highest.
    """
    if not rows or any(len(row) != len(titles) for row in rows):
        found = sorted({len(row) for row in rows})
        raise ValueError(f"rows of {found} images under {len(titles)} titles; expected rows of {len(titles)} images")
    widths = [max(row[column].shape[1] for row in rows) for column in range(len(titles))]
    heights = [max(image.shape[0] for image in row) for row in rows]
    gap = max(4, min(widths) // 32)
    font = _title_font(titles, widths)
    lefts, tops = _edges(widths, gap, gap), _edges(heights, gap, gap + _title_height(font, gap))
    sheet = Image.new("RGB", (lefts[-1], tops[-1]), BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    for title, left, width in zip(titles, lefts, widths, strict=False):
        draw.text((left + width / 2, tops[0] - gap), title, fill=INK, font=font, anchor="ms")
    for row, top in zip(rows, tops, strict=False):
        for image, left in zip(row, lefts, strict=False):
            sheet.paste(to_pil(image).convert("RGB"), (left, top))
    return np.asarray(sheet)


def _edges(lengths: Sequence[int], gap: int, start: int) -> list[int]:
    """Where each of the lengths begins, with gaps between, and where the sheet ends."""
    return [start, *(start + np.cumsum(np.asarray(lengths) + gap)).tolist()]


def _title_font(titles: Sequence[str], widths: Sequence[int]) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """As large as the narrowest column allows for every title, within what is legible."""
    size = min(_LARGEST_TITLE, max(_SMALLEST_TITLE, min(widths) // 10))
    while size > _SMALLEST_TITLE:
        font = ImageFont.load_default(size)
        if all(font.getlength(title) <= width for title, width in zip(titles, widths, strict=True)):
            return font
        size -= 1
    return ImageFont.load_default(size)


def _title_height(font: ImageFont.FreeTypeFont | ImageFont.ImageFont, gap: int) -> int:
    _, top, _, bottom = font.getbbox("input | output")
    return round(bottom - top) + gap
