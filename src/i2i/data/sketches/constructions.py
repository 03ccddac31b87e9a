"""Curves that meet their constraints because of how they are made: fillets, tangent belts, slots, regular polygons."""

import cmath
import math
from collections.abc import Sequence

from i2i.data.sketches.geometry import Arc, Circle, Line

_NOTHING = 1e-9
"""Pieces shorter than this are left out: a fillet may use up a whole side."""


def turned(point: complex, count: int, phase: float = 0.0) -> list[complex]:
    """`point` turned about the origin to `count` equal angles, the first turned by `phase` (radians)."""
    return [point * cmath.rect(1.0, phase + 2 * math.pi * step / count) for step in range(count)]


def rectangle(half: complex, centre: complex = 0.0) -> list[complex]:
    """The four corners, in order, of a rectangle with half width `half.real` and half height `half.imag`."""
    return [centre - half, centre + half.conjugate(), centre + half, centre - half.conjugate()]


def filleted(corners: Sequence[complex], radii: Sequence[float]) -> list[Line | Arc]:
    """The closed polygon through `corners`, each rounded by an arc tangent to both sides; radius 0 leaves it sharp."""
    arcs = [_fillet(corners[k - 1], corners[k], corners[(k + 1) % len(corners)], radii[k]) for k in range(len(corners))]
    chain: list[Line | Arc] = []
    for k, arc in enumerate(arcs):
        following = arcs[(k + 1) % len(arcs)]
        if arc.sweep:
            chain.append(arc)
        side = Line(arc.ends[1], following.ends[0])
        if side.length > _NOTHING:
            chain.append(side)
    return chain


def belt(pulleys: Sequence[Circle]) -> list[Line | Arc]:
    """A closed belt round circles given in the order of increasing angle about their middle, all of them touched."""
    normals = [_outside(one, pulleys[(k + 1) % len(pulleys)]) for k, one in enumerate(pulleys)]
    chain: list[Line | Arc] = []
    for k, pulley in enumerate(pulleys):
        following = pulleys[(k + 1) % len(pulleys)]
        start = cmath.phase(normals[k - 1])
        chain.append(Arc(pulley.centre, pulley.radius, start, (cmath.phase(normals[k]) - start) % (2 * math.pi)))
        chain.append(Line(pulley.centre + pulley.radius * normals[k], following.centre + following.radius * normals[k]))
    return chain


def crossed(one: Circle, other: Circle) -> tuple[Line, Line]:
    """The two lines that touch both circles and cross between them; the circles must not overlap."""
    between = other.centre - one.centre
    angle = math.acos((one.radius + other.radius) / abs(between))
    normals = [between / abs(between) * cmath.rect(1.0, side * angle) for side in (1, -1)]
    first, second = (Line(one.centre + one.radius * n, other.centre - other.radius * n) for n in normals)
    return first, second


def slot(one: complex, other: complex, radius: float) -> list[Line | Arc]:
    """Two parallel lines closed by two half circles about `one` and `other`."""
    return belt([Circle(one, radius), Circle(other, radius)])


def curved_slot(radius: float, half_width: float, start: float, sweep: float) -> list[Line | Arc]:
    """A slot bent about the origin: two concentric arcs at `radius` ± `half_width`, closed by two half circles."""
    first, last = (cmath.rect(radius, angle) for angle in (start, start + sweep))
    return [
        Arc(0.0, radius + half_width, start, sweep),
        Arc(last, half_width, start + sweep, math.pi),
        Arc(0.0, radius - half_width, start + sweep, -sweep),
        Arc(first, half_width, start + math.pi, math.pi),
    ]


def knob(reach: float, lobes: int, lobe: float, hollow_reach: float) -> list[Line | Arc]:
    """`lobes` equal arcs of radius `lobe` about points at `reach`, joined by hollows tangent to their neighbours."""
    half = math.pi / lobes
    toward = cmath.rect(hollow_reach, half) - reach
    hollow, lean = abs(toward) - lobe, cmath.phase(toward)
    chain: list[Line | Arc] = []
    for step in range(lobes):
        angle = 2 * half * step
        chain.append(Arc(cmath.rect(reach, angle), lobe, angle - lean, 2 * lean))
        # the hollow is mirrored at its own axis, so it turns back by what is left of the full angle
        chain.append(Arc(cmath.rect(hollow_reach, angle + half), hollow, angle + lean + math.pi, 2 * (half - lean)))
    return chain


def keyed_bore(radius: float, half_width: float, depth: float) -> list[Line | Arc]:
    """A bore about the origin with a keyway that reaches `depth` beyond its radius, to the right."""
    edge = math.sqrt(radius**2 - half_width**2)
    lower, upper = complex(edge, -half_width), complex(edge, half_width)
    far = radius + depth
    start = cmath.phase(upper)
    return [
        Arc(0.0, radius, start, 2 * (math.pi - start)),
        Line(lower, complex(far, -half_width)),
        Line(complex(far, -half_width), complex(far, half_width)),
        Line(complex(far, half_width), upper),
    ]


def _fillet(before: complex, corner: complex, after: complex, radius: float) -> Arc:
    back, forth = before - corner, after - corner
    back, forth = back / abs(back), forth / abs(forth)
    half = abs(cmath.phase(forth / back)) / 2
    if radius == 0.0:
        return Arc(corner, 0.0, 0.0, 0.0)
    bisector = (back + forth) / abs(back + forth)
    centre = corner + bisector * radius / math.sin(half)
    first, last = (corner + side * radius / math.tan(half) - centre for side in (back, forth))
    return Arc(centre, radius, cmath.phase(first), cmath.phase(last / first))


def _outside(one: Circle, other: Circle) -> complex:
    """The normal, away from the belt's inside, of the line that touches both circles on the same side."""
    between = other.centre - one.centre
    angle = math.acos((one.radius - other.radius) / abs(between))
    return between / abs(between) * cmath.rect(1.0, -angle)
