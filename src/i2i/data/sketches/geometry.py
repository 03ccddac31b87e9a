"""Lines, arcs, circles and polylines of the plane, with exact coordinates.

A point is a complex number x + iy: turning is a product, mirroring a conjugate, a distance an absolute value.
The drawing's frame is the unit square, x to the right and y down, as pixels run.
"""

import cmath
import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.complexfloating[Any, Any]]
"""(n,) complex: points x + iy."""

Lengths = NDArray[np.floating[Any]]
"""(n,) float: lengths along a curve from its start, or widths, in units of the drawing's side."""


@dataclass(frozen=True, slots=True)
class Similarity:
    """z -> turn * z + shift, of the mirrored z if `mirror`: what keeps every constraint of a drawing true."""

    turn: complex = 1.0
    shift: complex = 0.0
    mirror: bool = False

    def __call__(self, point: complex) -> complex:
        """The image of a point."""
        return self.turn * (point.conjugate() if self.mirror else point) + self.shift


@dataclass(frozen=True, slots=True)
class Line:
    """The straight piece from `start` to `end`."""

    start: complex
    end: complex
    closed: ClassVar[bool] = False

    @property
    def length(self) -> float:
        """In units of the frame."""
        return abs(self.end - self.start)

    @property
    def direction(self) -> complex:
        """Of length 1, from start to end."""
        return (self.end - self.start) / self.length

    @property
    def ends(self) -> tuple[complex, ...]:
        """Start and end."""
        return self.start, self.end

    def at(self, along: Lengths) -> Points:
        """Points at these lengths from the start; beyond the ends the line goes on."""
        return self.start + self.direction * along

    def moved(self, by: Similarity) -> "Line":
        """The image under a similarity."""
        return Line(by(self.start), by(self.end))


@dataclass(frozen=True, slots=True)
class Arc:
    """The piece of a circle that begins at the angle `start` and turns by `sweep`; both in radians, signed."""

    centre: complex
    radius: float
    start: float
    sweep: float
    closed: ClassVar[bool] = False

    @property
    def length(self) -> float:
        """In units of the frame."""
        return self.radius * abs(self.sweep)

    @property
    def ends(self) -> tuple[complex, ...]:
        """First and last point."""
        return tuple(self.centre + cmath.rect(self.radius, self.start + turn) for turn in (0.0, self.sweep))

    def at(self, along: Lengths) -> Points:
        """Points at these lengths from the start; beyond the ends the circle goes on."""
        turn = math.copysign(1.0, self.sweep) / self.radius
        points: Points = self.centre + self.radius * np.exp(1j * (self.start + turn * along))
        return points

    def moved(self, by: Similarity) -> "Arc":
        """The image under a similarity."""
        side = -1.0 if by.mirror else 1.0
        start = cmath.phase(by.turn) + side * self.start
        return Arc(by(self.centre), self.radius * abs(by.turn), start, side * self.sweep)


@dataclass(frozen=True, slots=True)
class Circle:
    """A whole circle."""

    centre: complex
    radius: float
    closed: ClassVar[bool] = True

    @property
    def length(self) -> float:
        """In units of the frame."""
        return 2 * math.pi * self.radius

    @property
    def ends(self) -> tuple[complex, ...]:
        """None."""
        return ()

    def at(self, along: Lengths) -> Points:
        """Points at these lengths from the rightmost one."""
        points: Points = self.centre + self.radius * np.exp(1j / self.radius * along)
        return points

    def moved(self, by: Similarity) -> "Circle":
        """The image under a similarity."""
        return Circle(by(self.centre), self.radius * abs(by.turn))


@dataclass(frozen=True, slots=True)
class Polyline:
    """Straight pieces from point to point; `closed` joins the last to the first."""

    points: tuple[complex, ...]
    closed: bool = False

    @property
    def length(self) -> float:
        """In units of the frame."""
        return float(self.knots[-1])

    @property
    def knots(self) -> Lengths:
        """How far along each point lies; a closed one comes back to its first."""
        return np.concatenate([[0.0], np.abs(np.diff(self._path())).cumsum()])

    @property
    def ends(self) -> tuple[complex, ...]:
        """First and last point of an open one."""
        return () if self.closed else (self.points[0], self.points[-1])

    def at(self, along: Lengths) -> Points:
        """Points at these lengths from the start; a closed one goes round again, an open one runs on straight."""
        path, knots = self._path(), self.knots
        if self.closed:
            along = np.mod(along, knots[-1])
        points: Points = np.interp(along, knots, path)
        if not self.closed:
            points += np.minimum(along, 0.0) * _unit(path[1] - path[0])
            points += np.maximum(along - knots[-1], 0.0) * _unit(path[-1] - path[-2])
        return points

    def moved(self, by: Similarity) -> "Polyline":
        """The image under a similarity."""
        return Polyline(tuple(by(point) for point in self.points), self.closed)

    def _path(self) -> Points:
        return np.array(self.points + self.points[:1] if self.closed else self.points)


Curve = Line | Arc | Circle | Polyline


def reflection(axis: Line) -> Similarity:
    """The mirroring across a line."""
    turn = axis.direction**2
    return Similarity(turn, axis.start - turn * axis.start.conjugate(), mirror=True)


def _unit(vector: complex) -> complex:
    return vector / abs(vector)
