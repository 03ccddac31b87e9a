"""A drawing, and the sheet on which one is constructed."""

import cmath
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from i2i.data.sketches.constraints import Constraint, Kind
from i2i.data.sketches.constructions import filleted
from i2i.data.sketches.geometry import Arc, Circle, Curve, Line, Points, Polyline, Similarity


@dataclass(frozen=True, slots=True)
class Drawing:
    """Curves in the unit square (x right, y down), which of them are dashed centre lines, and what they satisfy."""

    curves: tuple[Curve, ...]
    dashed: tuple[bool, ...]
    constraints: tuple[Constraint, ...] = ()

    def residuals(self) -> list[float]:
        """By how much each constraint is false, in their order; see `Constraint.residual`."""
        return [constraint.residual(self.curves) for constraint in self.constraints]

    def moved(self, by: Similarity) -> "Drawing":
        """The image under a similarity; every constraint stays as true as it was."""
        return Drawing(tuple(curve.moved(by) for curve in self.curves), self.dashed, self.constraints)

    @property
    def box(self) -> tuple[complex, complex]:
        """The upper left and the lower right corner of what the curves span."""
        points = np.concatenate([_sampled(curve) for curve in self.curves])
        return complex(points.real.min(), points.imag.min()), complex(points.real.max(), points.imag.max())

    def fitted(self, side: float, centre: complex = 0.5 + 0.5j) -> "Drawing":
        """Scaled and shifted so that its box is centred at `centre` and the box's longer side is `side`."""
        low, high = self.box
        scale = side / max((high - low).real, (high - low).imag)
        return self.moved(Similarity(scale, centre - scale * (low + high) / 2))


@dataclass
class Sheet:
    """A drawing in the making, in any frame: every curve gets a number, and constraints are stated of the numbers."""

    curves: list[Curve] = field(default_factory=list)
    dashed: list[bool] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)

    def add(self, curve: Curve, dashed: bool = False) -> int:
        """Draw one curve; returns its number."""
        self.curves.append(curve)
        self.dashed.append(dashed)
        return len(self.curves) - 1

    def state(self, kind: Kind, *curves: int) -> None:
        """State a constraint that the construction has already satisfied."""
        self.constraints.append(Constraint(kind, curves))

    def state_all(self, kind: Kind, curves: Sequence[int]) -> None:
        """State a constraint of the first curve and each of the others."""
        for other in curves[1:]:
            self.state(kind, curves[0], other)

    def chain(self, curves: Sequence[Curve], smooth: bool = False) -> list[int]:
        """Draw a closed chain whose neighbours share ends; `smooth` if they are tangent as well."""
        numbers = [self.add(curve) for curve in curves]
        for before, after in zip([numbers[-1], *numbers], numbers, strict=False):
            self.state("coincident", before, after)
            if smooth:
                self.state("tangent", before, after)
        return numbers

    def outline(self, corners: Sequence[complex], radius: float | Sequence[float] = 0.0) -> list[int]:
        """Draw the closed polygon through `corners`, rounded by tangent arcs; a radius for all, or one a corner."""
        radii = [radius] * len(corners) if isinstance(radius, float | int) else list(radius)
        numbers = self.chain(filleted(corners, radii))
        for before, after in zip([numbers[-1], *numbers], numbers, strict=False):
            if isinstance(self.curves[before], Arc) != isinstance(self.curves[after], Arc):
                self.state("tangent", before, after)
        return numbers

    def mirrored(self, right: Sequence[complex], radii: Sequence[float], axis: int) -> list[int]:
        """Draw a closed outline, its right half through `right`, the left one mirrored at the upright line `axis`."""
        corners = [*right, *(-point.conjugate() for point in reversed(right))]
        numbers = self.outline(corners, [*radii, *reversed(radii)])
        lines, arcs = self.lines(numbers), self.arcs(numbers)
        # the last line closes the outline across the axis: it is its own image, the others pair up in reverse
        for one, image in [*zip(lines[:-1], lines[-2::-1], strict=True), *zip(arcs, arcs[::-1], strict=True)]:
            self.state("symmetric", one, image, axis)
        return numbers

    def circle(self, centre: complex, radius: float, dashed: bool = False) -> int:
        """Draw a circle; returns its number."""
        return self.add(Circle(centre, radius), dashed)

    def holes(self, centres: Sequence[complex], radius: float) -> list[int]:
        """Draw equal circles."""
        numbers = [self.circle(centre, radius) for centre in centres]
        self.state_all("equal", numbers)
        return numbers

    def centre_line(self, start: complex, end: complex) -> int:
        """Draw a dashed line; returns its number."""
        return self.add(Line(start, end), dashed=True)

    def cross(self, reach: complex, centre: complex = 0.0) -> tuple[int, int]:
        """Draw a level and an upright centre line through `centre`, reaching `reach.real` and `reach.imag` from it."""
        level = self.centre_line(centre - reach.real, centre + reach.real)
        upright = self.centre_line(centre - reach.imag * 1j, centre + reach.imag * 1j)
        self.state("perpendicular", level, upright)
        return level, upright

    def lines(self, numbers: Sequence[int]) -> list[int]:
        """Those of the numbers that are straight lines."""
        return [number for number in numbers if isinstance(self.curves[number], Line)]

    def arcs(self, numbers: Sequence[int]) -> list[int]:
        """Those of the numbers that are arcs."""
        return [number for number in numbers if isinstance(self.curves[number], Arc)]

    def finished(self, turn: float, side: float, centre: complex) -> Drawing:
        """The drawing, turned by `turn` radians and fitted as `Drawing.fitted` does."""
        drawing = Drawing(tuple(self.curves), tuple(self.dashed), tuple(self.constraints))
        return drawing.moved(Similarity(cmath.rect(1.0, turn))).fitted(side, centre)


def _sampled(curve: Curve) -> Points:
    """Points that span what the curve spans; for an arc to within a thousandth of its radius."""
    if isinstance(curve, Circle):
        return curve.centre + curve.radius * np.array([1, 1j, -1, -1j])
    if isinstance(curve, Arc):
        return curve.at(np.linspace(0.0, curve.length, 49))
    return np.array(curve.points if isinstance(curve, Polyline) else curve.ends)


def level(angle: float, step: float = math.pi / 12) -> float:
    """The nearest angle that a draughtsman would choose: a multiple of 15 degrees."""
    return round(angle / step) * step
