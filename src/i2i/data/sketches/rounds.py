"""Parts that turn, or that hold what turns: flanges, gears, wheels, nuts, knobs, links and belts."""

import cmath
import math

from numpy.random import Generator

from i2i.data.sketches.constructions import belt, crossed, keyed_bore, knob, turned
from i2i.data.sketches.drawing import Sheet
from i2i.data.sketches.geometry import Circle, Line, Polyline


def flange(sheet: Sheet, rng: Generator) -> None:
    """Concentric circles and a bolt circle of equal holes, often with its pitch circle and centre lines."""
    rim = sheet.circle(0.0, 0.5)
    pitch = rng.uniform(0.35, 0.39)
    count = int(rng.integers(3, 9))
    holes = sheet.holes(turned(pitch, count, -math.pi / 2), min(rng.uniform(0.045, 0.07), 0.8 / count))
    if rng.random() < 0.7:
        sheet.state("concentric", rim, sheet.circle(0.0, pitch, dashed=True))
    neck = rng.uniform(0.2, 0.26)
    if rng.random() < 0.6:
        sheet.state("concentric", rim, sheet.circle(0.0, neck))
    _bore(sheet, rng, neck * rng.uniform(0.5, 0.72), rim)
    if rng.random() < 0.6:
        _, upright = sheet.cross(0.57 + 0.57j)
        sheet.state("symmetric", holes[1], holes[-1], upright)


def gear(sheet: Sheet, rng: Generator) -> None:
    """A spur gear: equal teeth on a pitch circle, a bore, sometimes a hub."""
    count = int(rng.integers(8, 19))
    depth = min(1.6 / count, 0.14)
    tooth = 2 * math.pi / count
    angles = [(-0.28, 0.5 - depth), (-0.14, 0.5), (0.14, 0.5), (0.28, 0.5 - depth)]
    corners = [cmath.rect(r, (step + a) * tooth - math.pi / 2) for step in range(count) for a, r in angles]
    outline = sheet.add(Polyline(tuple(corners), closed=True))
    hub = sheet.circle(0.0, rng.uniform(0.2, 0.26))
    if rng.random() < 0.5:
        sheet.state("concentric", hub, sheet.circle(0.0, 0.5 - depth / 2, dashed=True))
    _bore(sheet, rng, rng.uniform(0.08, 0.13), hub)
    if rng.random() < 0.5:
        _, upright = sheet.cross(0.56 + 0.56j)
        sheet.state("symmetric", outline, outline, upright)


def wheel(sheet: Sheet, rng: Generator) -> None:
    """A rim, a hub and equal spokes with parallel sides."""
    rim, hub, half_width = 0.5 - rng.uniform(0.05, 0.09), rng.uniform(0.13, 0.17), rng.uniform(0.032, 0.05)
    circles = [sheet.circle(0.0, radius) for radius in (0.5, rim, hub)]
    sheet.state_all("concentric", circles)
    count = int(rng.integers(3, 7))
    for spoke in turned(1.0, count, -math.pi / 2):
        sides = [
            sheet.add(Line(spoke * _onto(hub, height), spoke * _onto(rim, height)))
            for height in (-half_width, half_width)
        ]
        sheet.state("parallel", *sides)
        sheet.state("equal", *sides)
    _bore(sheet, rng, hub * rng.uniform(0.4, 0.55), circles[0])


def nut(sheet: Sheet, rng: Generator) -> None:
    """A regular polygon, the circle inside that touches every side, and a bore."""
    count = (4, 5, 6, 6, 6)[rng.integers(5)]
    phase = (0.0, math.pi / count)[rng.integers(2)]
    sides = sheet.outline(turned(0.5, count, phase))
    sheet.state_all("equal", sides)
    inside = sheet.circle(0.0, 0.5 * math.cos(math.pi / count))
    for side in sides:
        sheet.state("tangent", side, inside)
    _bore(sheet, rng, rng.uniform(0.17, 0.27), inside)
    if rng.random() < 0.6:
        sheet.cross(0.56 + 0.56j)


def star_knob(sheet: Sheet, rng: Generator) -> None:
    """A knob: convex and hollow arcs in turn, each tangent to the next, and a bore."""
    lobes = int(rng.integers(3, 7))
    lobe = {3: 0.16, 4: 0.14, 5: 0.11, 6: 0.09}[lobes] * rng.uniform(0.85, 1.1)
    outline = sheet.chain(knob(0.5 - lobe, lobes, lobe, rng.uniform(0.5, 0.58)), smooth=True)
    sheet.state_all("equal", outline[0::2])
    sheet.state_all("equal", outline[1::2])
    if rng.random() < 0.5:
        holes = sheet.holes(turned(0.5 - lobe, lobes), lobe * rng.uniform(0.4, 0.55))
        for arc, hole in zip(outline[0::2], holes, strict=True):
            sheet.state("concentric", arc, hole)
    hub = sheet.circle(0.0, rng.uniform(0.1, 0.15))
    if rng.random() < 0.5:
        sheet.state("concentric", hub, sheet.circle(0.0, 0.055))


def link(sheet: Sheet, rng: Generator) -> None:
    """Two bosses joined by the lines tangent to both, with a concentric hole in each: a connecting rod."""
    big, small = rng.uniform(0.17, 0.26), rng.uniform(0.1, 0.17)
    bosses = [Circle(-0.5 + big + 0j, big), Circle(0.5 - small + 0j, small)]
    outline = sheet.chain(belt(bosses), smooth=True)
    for arc, boss in zip(sheet.arcs(outline), bosses, strict=True):
        sheet.state("concentric", arc, sheet.circle(boss.centre, boss.radius * rng.uniform(0.45, 0.65)))
    if rng.random() < 0.7:
        axis = sheet.centre_line(-0.57, 0.57)
        sheet.state("symmetric", *sheet.lines(outline), axis)
        for boss in bosses:
            sheet.centre_line(boss.centre - 1j * (boss.radius + 0.06), boss.centre + 1j * (boss.radius + 0.06))


def oval_flange(sheet: Sheet, rng: Generator) -> None:
    """A large bore between two bolt holes, in an outline of tangent arcs and lines symmetric about both axes."""
    big, small = rng.uniform(0.24, 0.3), rng.uniform(0.09, 0.12)
    circles = [Circle(0.5 - small + 0j, small), Circle(0j, big), Circle(-0.5 + small + 0j, small), Circle(0j, big)]
    outline = sheet.chain(belt(circles), smooth=True)
    arcs = sheet.arcs(outline)
    sheet.state("equal", arcs[0], arcs[2])
    sheet.state("equal", arcs[1], arcs[3])
    sheet.holes([0.5 - small, -0.5 + small], small * rng.uniform(0.45, 0.6))
    _bore(sheet, rng, big * rng.uniform(0.5, 0.75), arcs[1])
    if rng.random() < 0.7:
        _, upright = sheet.cross(0.56 + 1j * (big + 0.07))
        sheet.state("symmetric", arcs[0], arcs[2], upright)


def pulleys(sheet: Sheet, rng: Generator) -> None:
    """A belt round two or three pulleys, open or crossed, each with its shaft."""
    if rng.random() < 0.5:
        wheels = [Circle(point, rng.uniform(0.12, 0.2)) for point in turned(0.36, 3, rng.uniform(0, math.pi))]
    else:
        wheels = [Circle(-0.32 + 0j, rng.uniform(0.17, 0.24)), Circle(0.32 + 0j, rng.uniform(0.12, 0.2))]
    if len(wheels) == 2 and rng.random() < 0.4:
        rims = [sheet.circle(wheel.centre, wheel.radius) for wheel in wheels]
        for run in crossed(*wheels):
            number = sheet.add(run)
            for rim in rims:
                sheet.state("tangent", number, rim)
    else:
        outline = sheet.chain(belt(wheels), smooth=True)
        rims = [sheet.circle(wheel.centre, wheel.radius - 0.05) for wheel in wheels]
        for arc, rim in zip(sheet.arcs(outline), rims, strict=True):
            sheet.state("concentric", arc, rim)
    for wheel, rim in zip(wheels, rims, strict=True):
        sheet.state("concentric", rim, sheet.circle(wheel.centre, wheel.radius * 0.3))


def _bore(sheet: Sheet, rng: Generator, radius: float, around: int) -> None:
    """A bore about the origin, round or with a keyway, concentric with the curve `around`."""
    if radius > 0.1 and rng.random() < 0.4:
        walls = sheet.chain(keyed_bore(radius, radius * 0.32, radius * 0.35))
        sheet.state("parallel", walls[1], walls[3])
        sheet.state("perpendicular", walls[1], walls[2])
        sheet.state("concentric", around, walls[0])
    else:
        sheet.state("concentric", around, sheet.circle(0.0, radius))


def _onto(radius: float, height: float) -> complex:
    """The point of the circle at that height."""
    return complex(math.sqrt(radius**2 - height**2), height)
