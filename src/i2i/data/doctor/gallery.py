"""Pictures for the findings: the files themselves, read once more, as people can look at them."""

from collections.abc import Iterable

import numpy as np

from i2i.data.doctor.evidence import Evidence
from i2i.data.doctor.finding import Picture
from i2i.data.doctor.sides import Image, SideName, read_sides
from i2i.data.doctor.structure import edges
from i2i.images import DTYPES, ImageSpec, Interpolation, Pixels, dtype_named, preview, resize

MOST = 4
"""Pictures that a finding is shown with."""

SIDE = 256
"""Longest side of a picture in pixels."""

_LINE = np.array([255, 0, 96], np.uint8)
_DRAWN_EDGES = 0.93
_REVERSED: tuple[SideName, SideName] = ("target", "input")


def pictures_of(evidence: Evidence, side: SideName, numbers: Iterable[int]) -> tuple[Picture, ...]:
    """Some images of one side, a picture each."""
    return tuple(
        Picture(evidence.file(number, side), ((side, view),))
        for number in list(numbers)[:MOST]
        for view in [_views(evidence, number).get(side)]
        if view is not None
    )


def pair_picture(evidence: Evidence, number: int, caption: str = "") -> Picture:
    """Both sides of a pair."""
    return Picture(caption or evidence.file(number), tuple(_views(evidence, number).items()))


def comparison(evidence: Evidence, one: int, other: int, caption: str) -> Picture:
    """Two pairs beside each other."""
    views = {number: _views(evidence, number) for number in (one, other)}
    return Picture(
        caption,
        tuple(
            (f"{side} of {evidence.entries[number].split}/{evidence.entries[number].pair.name}", views[number][side])
            for side in evidence.sides
            for number in (one, other)
            if side in views[number]
        ),
    )


def overlay(evidence: Evidence, number: int, shift: tuple[float, float], caption: str) -> Picture:
    """The edges of one side drawn over the other: as they are, and with the target moved back by `shift`.

    The edges are the target's, unless the input is a drawing or a label map and the target a picture.

    Args:
        evidence: of the pairs.
        number: of the entry.
        shift: (down, right) in pixels of the file.
        caption: of the picture.
    """
    sides = dict(_images(evidence, number))
    if len(sides) < 2:
        return Picture(caption, ())
    reverse = evidence.kind("input").is_simple and not evidence.kind("target").is_simple
    ground_side, line_side = _REVERSED if reverse else _REVERSED[::-1]
    view = _view(evidence, ground_side, sides[ground_side])
    ground = np.repeat(view.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2) // 3 * 2 + 85
    strength = np.abs(edges(sides[line_side], (view.shape[0], view.shape[1])))
    lines = strength > max(float(np.quantile(strength, _DRAWN_EDGES)), 0.1)
    factor = view.shape[0] / sides[ground_side].pixels.shape[0] * (1 if reverse else -1)
    back = _moved(lines, round(shift[0] * factor), round(shift[1] * factor))
    drawn = [np.where(mask[:, :, None], _LINE, ground) for mask in (lines, back)]
    return Picture(
        caption, ((f"edges of the {line_side} on the {ground_side}", drawn[0]), ("moved into place", drawn[1]))
    )


def _views(evidence: Evidence, number: int) -> dict[SideName, Pixels]:
    return {side: _view(evidence, side, image) for side, image in _images(evidence, number)}


def _images(evidence: Evidence, number: int) -> list[tuple[SideName, Image]]:
    both = zip(("input", "target"), read_sides(evidence.entries[number].pair, evidence.data), strict=True)
    return [(side, image) for side, image in both if isinstance(image, Image) and side in evidence.sides]


def _view(evidence: Evidence, side: SideName, image: Image) -> Pixels:
    """(H, W, 1 or 3) uint8, at most `SIDE` long, the set's range from black to white; magenta is no reading."""
    pixels = image.pixels if image.pixels.dtype.name in DTYPES else image.pixels.astype(np.float32)
    pixels = np.ascontiguousarray(pixels[:, :, :3] if pixels.shape[2] >= 3 else pixels[:, :, :1])
    low, high = (float(end) for end in (evidence.span(side)[0].min(), evidence.span(side)[1].max()))
    scaled = pixels.dtype != np.uint8 or (evidence.kind(side).name == "labels" and pixels.shape[2] == 1)
    spec = ImageSpec(
        pixels.shape[2],
        dtype_named(pixels.dtype.name),
        ranges=((low, high),) if scaled and low < high else (),
        nodata=evidence.settings(side).nodata or image.header.nodata,
    )
    factor = min(1.0, SIDE / max(pixels.shape[:2]))
    height, width = (max(1, round(length * factor)) for length in pixels.shape[:2])
    way: Interpolation = "nearest" if evidence.kind(side).name == "labels" else "area"
    return preview(resize(pixels, height, width, way, spec), spec)


def _moved(mask: Pixels, down: int, right: int) -> Pixels:
    """The mask moved, what comes in from outside empty."""
    height, width = mask.shape
    moved = np.zeros_like(mask)
    moved[max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)] = mask[
        max(0, -down) : height + min(0, -down), max(0, -right) : width + min(0, -right)
    ]
    return moved
