"""What a drawing states about itself, and by how much each statement is false."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from i2i.data.sketches.geometry import Arc, Circle, Curve, Line, Polyline, reflection

Kind = Literal["coincident", "parallel", "perpendicular", "tangent", "concentric", "equal", "symmetric"]


@dataclass(frozen=True, slots=True)
class Constraint:
    """A relation between curves of a drawing, named by their place in it.

    coincident     two curves share an end
    parallel       two lines
    perpendicular  two lines
    tangent        a line and a circle or arc, or two of those
    concentric     two circles or arcs
    equal          two radii or two lengths
    symmetric      a curve, its mirror image (itself, if it lies across), and the line they mirror at
    """

    kind: Kind
    curves: tuple[int, ...]

    def residual(self, curves: Sequence[Curve]) -> float:
        """How far from true: 0 is exact; a length in units of the frame, or the sine of an angle."""
        return _RESIDUALS[self.kind](*(curves[place] for place in self.curves))


def _coincident(one: Curve, other: Curve) -> float:
    return min(abs(a - b) for a in one.ends for b in other.ends)


def _parallel(one: Line, other: Line) -> float:
    return abs((one.direction * other.direction.conjugate()).imag)


def _perpendicular(one: Line, other: Line) -> float:
    return abs((one.direction * other.direction.conjugate()).real)


def _tangent(one: Line | Arc | Circle, other: Line | Arc | Circle) -> float:
    if isinstance(other, Line):
        return _tangent(other, one)
    if isinstance(one, Line):
        height = ((other.centre - one.start) * one.direction.conjugate()).imag
        return abs(abs(height) - other.radius)
    apart = abs(one.centre - other.centre)
    return min(abs(apart - one.radius - other.radius), abs(apart - abs(one.radius - other.radius)))


def _concentric(one: Arc | Circle, other: Arc | Circle) -> float:
    return abs(one.centre - other.centre)


def _equal(one: Curve, other: Curve) -> float:
    if isinstance(one, (Arc, Circle)) and isinstance(other, (Arc, Circle)):
        return abs(one.radius - other.radius)
    return abs(one.length - other.length)


def _symmetric(one: Curve, other: Curve, axis: Line) -> float:
    """The largest distance between what should coincide: centres, radii, and corners whichever way they run."""
    image = one.moved(reflection(axis))
    if isinstance(image, Circle) and isinstance(other, Circle):
        return max(abs(image.centre - other.centre), abs(image.radius - other.radius))
    corners, others = _corners(image), _corners(other)
    far = max(min(abs(a - b) for b in others) for a in corners)
    return max(far, max(min(abs(a - b) for a in corners) for b in others))


def _corners(curve: Curve) -> tuple[complex, ...]:
    if isinstance(curve, Polyline):
        return curve.points
    return (*curve.ends, curve.centre) if isinstance(curve, Arc) else curve.ends


_RESIDUALS: dict[Kind, Callable[..., float]] = {
    "coincident": _coincident,
    "parallel": _parallel,
    "perpendicular": _perpendicular,
    "tangent": _tangent,
    "concentric": _concentric,
    "equal": _equal,
    "symmetric": _symmetric,
}
