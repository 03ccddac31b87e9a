"""Parts seen from the side, most of them symmetric about a dashed centre line, and free outlines."""

import cmath
import math
from itertools import pairwise

from numpy.random import Generator

from i2i.data.sketches.constructions import rectangle
from i2i.data.sketches.drawing import Sheet, level
from i2i.data.sketches.geometry import Arc, Line, Polyline


def shaft(sheet: Sheet, rng: Generator) -> None:
    """A turned shaft: cylinders of different radius side by side, symmetric about the axis."""
    count = int(rng.integers(3, 6))
    lengths = rng.uniform(0.6, 1.4, count)
    stations = [0.0, *(float(x) for x in (lengths / lengths.sum()).cumsum())]
    radii = [float(r) for r in _steps(rng, count)]
    axis = sheet.centre_line(-0.07, 1.07)
    for radius, (start, end) in zip(radii, pairwise(stations), strict=True):
        sides = [sheet.add(Line(complex(start, side * radius), complex(end, side * radius))) for side in (-1, 1)]
        sheet.state("symmetric", *sides, axis)
        sheet.state("parallel", sides[0], axis)
    for x, before, after in zip(stations, [0.0, *radii], [*radii, 0.0], strict=True):
        reach = max(before, after)
        face = sheet.add(Line(complex(x, -reach), complex(x, reach)))
        sheet.state("perpendicular", face, axis)
        sheet.state("symmetric", face, face, axis)


def bolt(sheet: Sheet, rng: Generator) -> None:
    """A bolt from the side: head, shank, and equal parallel strokes for the thread."""
    head, reach, shank = rng.uniform(0.2, 0.28), rng.uniform(0.2, 0.26), rng.uniform(0.1, 0.14)
    axis = sheet.centre_line(-0.06, 1.06)
    box = sheet.outline(rectangle(complex(head / 2, reach), head / 2 + 0j))
    edges = [sheet.add(Line(complex(0, side * reach / 2), complex(head, side * reach / 2))) for side in (-1, 1)]
    sheet.state("symmetric", box[0], box[2], axis)
    sheet.state("symmetric", *edges, axis)
    tip = 1 - shank * 0.4
    corners = [head - shank * 1j, tip - shank * 1j, 1 - shank * 0.6j, 1 + shank * 0.6j, tip + shank * 1j]
    stem = sheet.add(Polyline((*corners, head + shank * 1j)))
    sheet.state("symmetric", stem, stem, axis)
    count = int(rng.integers(4, 7))
    pitch = (tip - head) * rng.uniform(0.5, 0.75) / count
    thread = [
        sheet.add(Line(complex(tip - step * pitch, -shank), complex(tip - (step + 0.5) * pitch, shank)))
        for step in range(count)
    ]
    sheet.state_all("parallel", thread)
    sheet.state_all("equal", thread)


def spring(sheet: Sheet, rng: Generator) -> None:
    """A spring drawn as a zigzag between two plates."""
    coils, reach = int(rng.integers(3, 7)), rng.uniform(0.16, 0.28)
    pitch = 0.7 / coils
    inner = [complex(0.15 + (k + 0.5) * pitch / 2, reach * (-1) ** k) for k in range(2 * coils)]
    sheet.add(Polyline((0.08 + 0j, 0.15 + 0j, *inner, 0.85 + 0j, 0.92 + 0j)))
    ends = [sheet.outline(rectangle(complex(0.04, reach + 0.06), complex(x, 0))) for x in (0.04, 0.96)]
    sheet.state("parallel", ends[0][1], ends[1][3])
    sheet.state("equal", ends[0][1], ends[1][3])
    if rng.random() < 0.5:
        axis = sheet.centre_line(-0.06, 1.06)
        sheet.state("symmetric", ends[0][0], ends[0][2], axis)


def bearing(sheet: Sheet, rng: Generator) -> None:
    """A pillow block: a foot with two bolts, and a housing whose sides are tangent to its round top."""
    r, foot, rise = rng.uniform(0.2, 0.26), rng.uniform(0.1, 0.14), rng.uniform(0.32, 0.4)
    right = [0.5 + 0j, 0.5 - foot * 1j, r - foot * 1j, r - rise * 1j]
    left = [-point.conjugate() for point in reversed(right)]
    walls = [Line(a, b) for side in (right, left) for a, b in pairwise(side)]
    walls.append(Line(left[-1], right[0]))
    numbers = sheet.chain([*walls[:3], Arc(-rise * 1j, r, 0.0, -math.pi), *walls[3:]])
    top = numbers[3]
    for wall in (2, 4):
        sheet.state("tangent", top, numbers[wall])
    sheet.state("concentric", top, sheet.circle(-rise * 1j, r * rng.uniform(0.45, 0.65)))
    axis = sheet.centre_line(0.06j, -1j * (rise + r + 0.06))
    for one, other in ((0, 6), (1, 5), (2, 4)):
        sheet.state("symmetric", numbers[one], numbers[other], axis)
    for x in (-(0.5 + r) / 2, (0.5 + r) / 2):
        sheet.state("parallel", axis, sheet.centre_line(x + 0.05j, x - 1j * (foot + 0.05)))


def section(sheet: Sheet, rng: Generator) -> None:
    """The section of a bar of one thickness (L, Z, and mirrored T, I, U), with or without fillets inside."""
    t, h = rng.uniform(0.18, 0.26), rng.uniform(0.75, 1.1)
    shape = "LZTIU"[rng.integers(5)]
    corners = [complex(x, y) for x, y in {
        "L": [(0, 0), (1, 0), (1, t), (t, t), (t, h), (0, h)],
        "Z": [(-t, 0), (0.5, 0), (0.5, h - t), (1, h - t), (1, h), (0.5 - t, h), (0.5 - t, t), (-t, t)],
        "T": [(0.5, 0), (0.5, t), (t / 2, t), (t / 2, h)],
        "I": [(0.5, 0), (0.5, t), (t / 2, t), (t / 2, h - t), (0.5, h - t), (0.5, h)],
        "U": [(0.5 - t, h - t), (0.5 - t, 0), (0.5, 0), (0.5, h)],
    }[shape]]  # fmt: skip
    mirrored = shape in "TIU"
    fillet = (0.0, 0.4 * t)[rng.integers(2)]
    whole = [*corners, *(-corner.conjugate() for corner in reversed(corners))] if mirrored else corners
    radii = [fillet if inner else 0.0 for inner in _inner(whole)]
    if mirrored:
        axis = sheet.centre_line(-0.07j, (h + 0.07) * 1j)
        outline = sheet.mirrored(corners, radii[: len(corners)], axis)
    else:
        outline = sheet.outline(corners, radii)
    for before, after in pairwise(sheet.lines(outline)):
        sheet.state("perpendicular", before, after)


def turned_outline(sheet: Sheet, rng: Generator) -> None:
    """A free outline, its left half the mirror image of its right one, as if turned on a lathe."""
    count = int(rng.integers(3, 6))
    axis = sheet.centre_line(-0.57j, 0.57j)
    widths = [rng.uniform(0.12, 0.4) for _ in range(count)]
    right = [complex(width, step / (count - 1) - 0.5) for step, width in enumerate(widths)]
    sheet.mirrored(right, [(0.0, 0.035)[rng.integers(2)] for _ in right], axis)


def outline(sheet: Sheet, rng: Generator) -> None:
    """A free polygon whose corners lie at multiples of 15 degrees about its middle, often with a bore there."""
    count = int(rng.integers(5, 9))
    gaps = rng.uniform(0.6, 1.4, count)
    angles = [level(float(angle)) for angle in (gaps / gaps.sum()).cumsum() * 2 * math.pi]
    corners = [cmath.rect(rng.uniform(0.3, 0.5), angle) for angle in angles]
    sheet.add(Polyline(tuple(corners), closed=True))
    if rng.random() < 0.6:
        sheet.circle(0.0, rng.uniform(0.06, 0.14))


def _steps(rng: Generator, count: int) -> list[float]:
    """Radii of which neighbours differ visibly."""
    radii = [rng.uniform(0.08, 0.2)]
    while len(radii) < count:
        radius = rng.uniform(0.06, 0.24)
        if abs(radius - radii[-1]) > 0.035:
            radii.append(radius)
    return radii


def _inner(corners: list[complex]) -> list[bool]:
    """Which corners of a polygon, given clockwise as one sees it, point inward."""
    return [
        cmath.phase((corners[(k + 1) % len(corners)] - corner) / (corner - corners[k - 1])) < 0
        for k, corner in enumerate(corners)
    ]
