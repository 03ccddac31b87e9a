"""A photo with holes to the whole photo. The hole is transparent in the input, and mid-grey below that."""

import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from i2i.images import Pixels

SHARE = (0.05, 0.3)
"""Between these a share of the photo is drawn that holes must reach; the last hole may go beyond it."""
GREY = 128
STROKE_POINTS = (3, 10)
"""Corners of a stroke."""
STROKE_WIDTH = (0.02, 0.1)
STROKE_STEP = (0.05, 0.25)
"""Width of the brush, and way from corner to corner, as shares of the shorter side."""
BOX_SIDE = (0.125, 0.5)
"""Sides of a box, as shares of the photo's."""

Hole = Callable[[ImageDraw.ImageDraw, tuple[int, int], np.random.Generator], None]
"""Draws one hole on a mask of (height, width)."""


def with_strokes(photo: Pixels, random: np.random.Generator) -> tuple[Pixels, Pixels]:
    """Holes as of a brush or a scratch, and the whole photo."""
    return _holed(photo, _stroke, random), photo


def with_boxes(photo: Pixels, random: np.random.Generator) -> tuple[Pixels, Pixels]:
    """Rectangular holes, and the whole photo."""
    return _holed(photo, _box, random), photo


def with_holes(photo: Pixels, random: np.random.Generator) -> tuple[Pixels, Pixels]:
    """Strokes or boxes, each half of the time, and the whole photo."""
    return (with_strokes if random.random() < 0.5 else with_boxes)(photo, random)


def _holed(photo: Pixels, hole: Hole, random: np.random.Generator) -> Pixels:
    """(H, W, 4): alpha 0 and mid-grey in the holes, 255 and the photo elsewhere."""
    gone = _mask(photo.shape[:2], hole, random)[:, :, None]
    return np.concatenate([np.where(gone, np.uint8(GREY), photo), np.where(gone, np.uint8(0), np.uint8(255))], axis=2)


def _mask(size: tuple[int, ...], hole: Hole, random: np.random.Generator) -> Pixels:
    """(H, W) bool: holes until they reach a share drawn from `SHARE`."""
    height, width = size
    mask = Image.new("L", (width, height))
    draw = ImageDraw.Draw(mask)
    wanted = random.uniform(*SHARE) * height * width
    while mask.histogram()[255] < wanted:
        hole(draw, (height, width), random)
    return np.asarray(mask) > 0


def _stroke(draw: ImageDraw.ImageDraw, size: tuple[int, int], random: np.random.Generator) -> None:
    """A bent line that turns back and forth, of one width: Yu et al. 2019, §3.4.  https://arxiv.org/abs/1806.03589"""
    shorter = min(size)
    width = max(1.0, random.uniform(*STROKE_WIDTH) * shorter)
    y, x = (random.uniform(0, side) for side in size)
    points = [(x, y)]
    heading, turn = random.uniform(0, 2 * math.pi), random.uniform(0.2, 0.5) * math.pi
    for corner in range(random.integers(*STROKE_POINTS)):
        heading += (-1) ** corner * (turn + random.normal(0, 0.15) * math.pi)
        step = random.uniform(*STROKE_STEP) * shorter
        x = min(max(x + step * math.cos(heading), 0), size[1] - 1)
        y = min(max(y + step * math.sin(heading), 0), size[0] - 1)
        points.append((x, y))
    draw.line(points, fill=255, width=round(width))
    for x, y in points:
        draw.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)


def _box(draw: ImageDraw.ImageDraw, size: tuple[int, int], random: np.random.Generator) -> None:
    height, width = (max(1, round(random.uniform(*BOX_SIDE) * side)) for side in size)
    top, left = int(random.integers(size[0] - height + 1)), int(random.integers(size[1] - width + 1))
    draw.rectangle((left, top, left + width - 1, top + height - 1), fill=255)
