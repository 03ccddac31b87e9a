"""Flat parts seen from above: plates with holes, slots and pockets, gussets, blocks, discs with curved slots."""

import math

from numpy.random import Generator

from i2i.data.sketches.constructions import curved_slot, rectangle, slot, turned
from i2i.data.sketches.drawing import Sheet


def plate(sheet: Sheet, rng: Generator) -> None:
    """A plate with rounded, chamfered or sharp corners, a hole at each corner and something in the middle."""
    half = complex(0.5, rng.uniform(0.28, 0.5))
    inset = rng.uniform(0.09, 0.13)
    middle = complex(half.real - inset, half.imag - inset)
    style = int(rng.integers(4))
    if style == 0:
        _chamfered(sheet, half, inset * 0.8)
        outline: list[int] = []
    else:
        outline = sheet.outline(rectangle(half), (0.0, inset, 0.6 * inset)[style - 1])
        state_box(sheet, outline)
    if rng.random() < 0.8:
        holes = sheet.holes(rectangle(middle), inset * rng.uniform(0.35, 0.5))
        for arc, hole in zip(sheet.arcs(outline) if style == 2 else [], holes, strict=False):
            sheet.state("concentric", arc, hole)
    if rng.random() < 0.5:
        sheet.cross(half + 0.06 * (1 + 1j))
    pocket(sheet, rng, middle.imag)


def vented_plate(sheet: Sheet, rng: Generator) -> None:
    """A plate with a row of equal parallel slots, symmetric about its middle."""
    half = complex(0.5, rng.uniform(0.25, 0.4))
    state_box(sheet, sheet.outline(rectangle(half), (0.0, 0.08)[rng.integers(2)]))
    count = int(rng.integers(3, 6))
    pitch = 0.84 / count
    radius, reach = pitch * rng.uniform(0.2, 0.3), half.imag * rng.uniform(0.45, 0.65)
    axis = sheet.centre_line(-1j * (half.imag + 0.06), 1j * (half.imag + 0.06))
    walls = []
    for step in range(count):
        x = (step - (count - 1) / 2) * pitch
        walls.append(sheet.chain(slot(x - reach * 1j, x + reach * 1j, radius), smooth=True))
    sheet.state_all("parallel", [axis, *(line for wall in walls for line in sheet.lines(wall))])
    sheet.state_all("equal", [arc for wall in walls for arc in sheet.arcs(wall)])
    for left, right in zip(walls, reversed(walls), strict=True):
        sheet.state("symmetric", sheet.arcs(left)[0], sheet.arcs(right)[0], axis)


def perforated_plate(sheet: Sheet, rng: Generator) -> None:
    """A plate with a grid of equal holes."""
    columns, rows = int(rng.integers(2, 5)), int(rng.integers(2, 4))
    pitch = 1.0 / columns
    half = complex(0.5, pitch * rows / 2)
    state_box(sheet, sheet.outline(rectangle(half), (0.0, 0.3, 0.5)[rng.integers(3)] * pitch))
    places = [
        complex(column - (columns - 1) / 2, row - (rows - 1) / 2) * pitch
        for row in range(rows)
        for column in range(columns)
    ]
    holes = sheet.holes(places, pitch * rng.uniform(0.16, 0.3))
    level, upright = sheet.cross(half + 0.05 * (1 + 1j))
    sheet.state("symmetric", holes[0], holes[columns - 1], upright)
    sheet.state("symmetric", holes[0], holes[-columns], level)


def gusset(sheet: Sheet, rng: Generator) -> None:
    """A rounded triangle, square or pentagon with a hole concentric to each corner."""
    count = int(rng.integers(3, 6))
    corners = turned(0.5, count, -math.pi / 2)
    radius = rng.uniform(0.08, 0.12)
    outline = sheet.outline(corners, radius)
    arcs = sheet.arcs(outline)
    sheet.state_all("equal", arcs)
    sheet.state_all("equal", sheet.lines(outline))
    inward = 1 - radius / math.cos(math.pi / count) / 0.5
    holes = sheet.holes([corner * inward for corner in corners], radius * rng.uniform(0.4, 0.55))
    for arc, hole in zip(arcs, holes, strict=True):
        sheet.state("concentric", arc, hole)
    pocket(sheet, rng, (0.5 * math.cos(math.pi / count) - 0.05) * (0.65 if count == 3 else 1.0))


def ring_of_slots(sheet: Sheet, rng: Generator) -> None:
    """A disc with equal curved slots round a bore."""
    sheet.circle(0.0, 0.5)
    bore = sheet.circle(0.0, rng.uniform(0.08, 0.16))
    count = int(rng.integers(2, 5))
    half_width, radius = rng.uniform(0.035, 0.06), rng.uniform(0.31, 0.36)
    sweep = 2 * math.pi / count * rng.uniform(0.45, 0.65)
    rings = []
    for step in range(count):
        start = 2 * math.pi * step / count - sweep / 2
        rings.append(sheet.chain(curved_slot(radius, half_width, start, sweep), smooth=True))
        sheet.state("concentric", bore, rings[-1][0])
    sheet.state_all("equal", [ring[1] for ring in rings])
    if rng.random() < 0.7:
        sheet.circle(0.0, radius, dashed=True)
    if rng.random() < 0.5:
        sheet.cross(0.56 + 0.56j)


def block(sheet: Sheet, rng: Generator) -> None:
    """A milled block: corners sharp, chamfered, stepped or rounded, a groove, a bore; symmetric about its middle."""
    half = complex(rng.uniform(0.3, 0.5), rng.uniform(0.3, 0.5))
    axis = sheet.centre_line(-1j * (half.imag + 0.07), 1j * (half.imag + 0.07))
    right: list[complex] = []
    radii: list[float] = []
    for corner in (half.conjugate(), half):
        size = rng.uniform(0.1, 0.16)
        before, after = _cut(corner, size)
        style = int(rng.integers(4))
        right += ([corner], [before, after], [before, before + after - corner, after], [corner])[style]
        radii += ([0.0], [0.0] * 2, [0.0] * 3, [size])[style]
    if rng.random() < 0.6:
        wide, deep = rng.uniform(0.08, 0.13), half.imag * rng.uniform(0.25, 0.45)
        right = [complex(wide, deep - half.imag), complex(wide, -half.imag), *right]
        radii = [0.0, 0.0, *radii]
    sheet.mirrored(right, radii, axis)
    if rng.random() < 0.7:
        sheet.circle(0.25j * half.imag * rng.integers(2), half.imag * rng.uniform(0.2, 0.3))


def pocket(sheet: Sheet, rng: Generator, room: float) -> None:
    """Something in the middle that keeps within `room` of it: a bore, two circles, a hexagon, a slot, a window."""
    room *= 0.85
    style = int(rng.integers(6))
    if style == 0:
        sheet.circle(0.0, room * rng.uniform(0.5, 0.9))
    elif style == 1:
        outer = sheet.circle(0.0, room * 0.85)
        sheet.state("concentric", outer, sheet.circle(0.0, room * rng.uniform(0.4, 0.6)))
    elif style == 2:
        sheet.state_all("equal", sheet.outline(turned(room * 0.8, 6, (0.0, math.pi / 6)[rng.integers(2)])))
    elif style == 3:
        walls = sheet.chain(slot(-0.6 * room + 0j, 0.6 * room + 0j, room * rng.uniform(0.25, 0.4)), smooth=True)
        sheet.state("parallel", *sheet.lines(walls))
    elif style == 4:
        state_box(sheet, sheet.outline(rectangle(room * complex(0.75, rng.uniform(0.4, 0.7))), 0.15 * room))


def state_box(sheet: Sheet, outline: list[int]) -> None:
    """State of a rectangle, rounded or not, that its sides are parallel, perpendicular and equal, its arcs equal."""
    bottom, right, top, left = sheet.lines(outline)
    sheet.state("parallel", bottom, top)
    sheet.state("parallel", left, right)
    sheet.state("perpendicular", bottom, right)
    sheet.state("equal", bottom, top)
    sheet.state("equal", left, right)
    sheet.state_all("equal", sheet.arcs(outline))


def _chamfered(sheet: Sheet, half: complex, cut: float) -> None:
    corners = [corner for place in rectangle(half) for corner in _cut(place, cut)]
    outline = sheet.outline(corners)
    cuts = outline[0::2]
    sheet.state_all("equal", cuts)
    sheet.state("parallel", cuts[0], cuts[2])
    sheet.state("perpendicular", cuts[0], cuts[1])


def _cut(corner: complex, cut: float) -> list[complex]:
    """The two points that replace a corner of a rectangle about the origin, in the order of its outline."""
    along_x = corner - math.copysign(cut, corner.real)
    along_y = corner - 1j * math.copysign(cut, corner.imag)
    return [along_y, along_x] if corner.real * corner.imag > 0 else [along_x, along_y]
