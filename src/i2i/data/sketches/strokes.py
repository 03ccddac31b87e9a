"""Which movements a hand makes to draw a drawing: in how many goes, from where to where, which of them twice."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from i2i.data.sketches.drawing import Drawing
from i2i.data.sketches.geometry import Circle, Curve, Line, Polyline
from i2i.data.sketches.linework import dashes

_CORNER = 0.35
"""Radians by which a polyline must turn for the hand to notice a corner."""

_LONG = 0.3
"""Lines longer than this, in units of the drawing's side, may be drawn in two goes."""


@dataclass(frozen=True, slots=True)
class Temper:
    """One person on one day. Lengths are in units of the drawing's side."""

    slop: float
    """Scale of all errors: 0.6 for a careful hand, 1.4 for a hasty one."""
    overshoot: float
    """Mean length by which a line runs past its end; negative for a hand that stops short."""
    doubling: float
    """Share of strokes that are drawn twice."""
    width: float
    darkness: float


def temper(rng: Generator) -> Temper:
    """A person at random."""
    return Temper(
        slop=rng.uniform(0.6, 1.4),
        overshoot=rng.uniform(-0.004, 0.014),
        doubling=rng.uniform(0.0, 0.35),
        width=rng.uniform(0.009, 0.014),
        darkness=rng.uniform(0.62, 0.92),
    )


@dataclass(frozen=True, slots=True)
class Stroke:
    """One movement of the pen along `curve`, from the length `start` to `end`, either of which may lie beyond it.

    Strokes of the same `impulse` go wrong together, as the dashes of one centre line do.
    """

    curve: Curve
    start: float
    end: float
    impulse: int = 0
    faint: bool = False
    again: bool = False


def planned(drawing: Drawing, hand: Temper, rng: Generator) -> list[Stroke]:
    """The strokes for every curve, in the drawing's order; impulses are numbered from 0 and do not decrease."""
    plan: list[Stroke] = []
    for curve, dashed in zip(drawing.curves, drawing.dashed, strict=True):
        impulse = plan[-1].impulse + 1 if plan else 0
        if dashed:
            plan += _dashed(curve, impulse, rng)
            continue
        goes = [go for run in _runs(curve, rng) for go in _goes(run, hand, rng)]
        for go in goes:
            plan.append(replace(go, impulse=impulse))
            impulse += 1
            if rng.random() < hand.doubling:
                plan.append(replace(_restated(go, rng), impulse=impulse))
                impulse += 1
    return plan


def _dashed(curve: Curve, impulse: int, rng: Generator) -> Iterator[Stroke]:
    for start, end in dashes(curve):
        loose = rng.normal(0.0, 0.004, 2)
        yield Stroke(curve, start + loose[0], max(end + loose[1], start + 0.004), impulse, faint=True)


def _runs(curve: Curve, rng: Generator) -> list[Curve]:
    """A polyline in pieces, as the hand rests at some of its corners; any other curve as it is."""
    if not isinstance(curve, Polyline):
        return [curve]
    points = list(curve.points)
    if curve.closed:
        corners = [k - 1 for k in _corners([points[-1], *points, points[0]])] or range(len(points))
        first = corners[rng.integers(len(corners))]
        points = [*points[first:], *points[: first + 1]]
    rests = [corner for corner in _corners(points) if rng.random() < 0.3]
    return [Polyline(tuple(points[a : b + 1])) for a, b in pairwise([0, *rests, len(points) - 1])]


def _corners(points: list[complex]) -> list[int]:
    """Which inner points of an open polyline are corners to the eye."""
    steps = np.diff(points)
    return [int(k) + 1 for k in np.flatnonzero(np.abs(np.angle(steps[1:] * steps[:-1].conj())) > _CORNER)]


def _goes(curve: Curve, hand: Temper, rng: Generator) -> list[Stroke]:
    """The stroke along one curve, or two that meet somewhere on it."""
    length = curve.length
    if isinstance(curve, Circle):
        return [_round(curve, hand, rng)]
    # short pieces are drawn with more care: the errors at their ends stay small against them
    care = min(1.0, length / 0.12)
    before, after = hand.overshoot * care + rng.normal(0.0, 0.007 * hand.slop * care, 2)
    if isinstance(curve, Line) and length > _LONG and rng.random() < 0.3:
        cut, overlap = length * rng.uniform(0.35, 0.65), rng.normal(0.0, 0.012)
        return [Stroke(curve, -before, cut + overlap), Stroke(curve, cut - overlap, length + after)]
    return [Stroke(curve, -before, length + after)]


def _round(circle: Circle, hand: Temper, rng: Generator) -> Stroke:
    """A circle from about one o'clock, either way round, that stops short of its beginning or runs past it."""
    start = circle.radius * rng.normal(-1.1, 0.6)
    past = float(np.clip(rng.normal(0.01, 0.02) * hand.slop, -0.03, 0.05))
    turn = circle.length + past * min(1.0, circle.length / 0.5)
    return Stroke(circle, start, start - turn if rng.random() < 0.7 else start + turn)


def _restated(go: Stroke, rng: Generator) -> Stroke:
    """The same stroke again, or the larger part of it."""
    skipped = (go.end - go.start) * rng.uniform(-0.02, 0.2, 2)
    return replace(go, start=go.start + skipped[0], end=go.end - skipped[1], again=True)
