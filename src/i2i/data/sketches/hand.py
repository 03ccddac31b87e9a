"""How a hand draws what is meant to be exact.

Every stroke gets a wobble of low frequency that is correlated along it, a slightly wrong place, angle and size, ends
that overshoot or fall short, pressure that comes and goes; some are drawn in two goes, some twice, and circles rarely
close. The errors stay small against the distance between strokes, so that what was meant can be told from the result.
"""

import math

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from i2i.data.sketches.drawing import Drawing
from i2i.data.sketches.geometry import Lengths, Points, Polyline
from i2i.data.sketches.ink import Index, Ink
from i2i.data.sketches.strokes import Stroke, Temper, planned, temper

_STEP = 0.008
"""Between the points of a stroke, in units of the drawing's side: about a pixel at 128."""

_WAVES = (1.6, 0.0), (0.7, 0.0), (0.0, 0.17), (0.0, 0.05)
"""Wavelengths of the wobble: a share of the stroke's length, plus a length in units of the side."""

_HEIGHTS = np.array([0.0032, 0.0024, 0.0019, 0.0007])
"""Heights of these waves in a stroke that is not short, in units of the side."""

_PLACE, _SHAPE = 0.0022, 0.0036
"""Typical error of a stroke's place, and of its outermost points by wrong angle, size and roundness."""


def drawn(drawing: Drawing, rng: Generator) -> Ink:
    """The ink that a random hand leaves when it draws this."""
    hand = temper(rng)
    strokes = planned(drawing, hand, rng)
    pieces = [_meant(stroke) for stroke in strokes]
    stroke = np.repeat(np.arange(len(strokes)), [len(piece) for piece in pieces])
    meant = np.concatenate(pieces)
    points = meant + _errors(meant, np.array([stroke.impulse for stroke in strokes])[stroke], hand, rng)
    pressure = _pressure(meant, stroke, rng)
    faint = np.array([stroke.faint for stroke in strokes])[stroke]
    width = hand.width * np.where(faint, 0.7, 1.0) * (0.55 + 0.45 * pressure)
    grain = 1.0 - rng.uniform(0.0, 0.22, len(meant))
    darkness = hand.darkness * np.where(faint, 0.9, 1.0) * pressure * grain
    layer = np.array([2 if stroke.again else number % 2 for number, stroke in enumerate(strokes)])[stroke]
    return Ink(points, width, np.clip(darkness, 0.0, 1.0), stroke, layer)


def _errors(meant: Points, impulse: Index, hand: Temper, rng: Generator) -> Points:
    """(n,) complex: where the pen goes instead, relative to where each point should be."""
    first, along = _measured(meant, impulse)
    length = np.maximum.reduceat(along, first)
    centre = np.add.reduceat(meant, first) / np.diff([*first, len(meant)])
    arm = meant - centre[impulse]
    extent = np.maximum.reduceat(np.abs(arm), first)
    count = len(first)
    # turned and scaled; squeezed; spiralling, so that circles miss their beginning: the last grows along the stroke
    lever = np.minimum(0.06, _SHAPE / np.maximum(extent, 1e-9)) * _normal(rng, (3, count))
    progress = along / np.maximum(length, 1e-9)[impulse] - 0.5
    error = _PLACE * _normal(rng, (count,))[impulse]
    error += arm * (lever[0, impulse] + lever[2, impulse] * progress) + arm.conj() * lever[1, impulse]
    return hand.slop * (error + _wobble(along, length, impulse, rng))


def _wobble(along: Lengths, length: Lengths, impulse: Index, rng: Generator) -> Points:
    """(n,) complex: waves along each stroke, longer ones higher."""
    shape = (len(_WAVES), len(length))
    waves = np.array([share * length + fixed for share, fixed in _WAVES]) * rng.uniform(0.7, 1.4, shape)
    height = _HEIGHTS[:, None] * np.minimum(1.0, length / 0.3) * _normal(rng, shape)
    phase = rng.uniform(0.0, 2 * math.pi, shape)
    turns = 2 * math.pi / np.maximum(waves, 1e-9)
    return np.asarray((height[:, impulse] * np.sin(turns[:, impulse] * along + phase[:, impulse])).sum(axis=0))


def _pressure(meant: Points, stroke: Index, rng: Generator) -> Lengths:
    """(n,) about 1: waves along each stroke, a soft start, a trailing end, and here and there a skip."""
    first, along = _measured(meant, stroke)
    length = np.maximum.reduceat(along, first)
    shape = (2, len(first))
    turns = 2 * math.pi / (np.array([[0.45], [0.13]]) * rng.uniform(0.7, 1.4, shape))
    phase = rng.uniform(0.0, 2 * math.pi, shape)
    height = np.array([[0.16], [0.1]])
    pressure = 1.0 + (height * np.sin(turns[:, stroke] * along + phase[:, stroke])).sum(axis=0)
    tail = np.minimum(rng.uniform(0.015, 0.05, len(first)), 0.3 * length + 1e-9)[stroke]
    pressure *= 0.4 + 0.6 * np.minimum(1.0, (length[stroke] - along) / tail)
    pressure *= 0.7 + 0.3 * np.minimum(1.0, along / 0.012)
    return np.asarray(pressure * (1.0 - _skips(along, length, stroke, rng)))


def _skips(along: Lengths, length: Lengths, stroke: Index, rng: Generator) -> Lengths:
    """(n,) in 0..1: 1 where the pen hardly touches the paper, once in some of the longer strokes."""
    count = len(length)
    depth = np.where((rng.random(count) < 0.35) & (length > 0.15), rng.uniform(0.7, 1.0, count), 0.0)
    where, half = length * rng.uniform(0.15, 0.85, count), rng.uniform(0.008, 0.018, count)
    away = (along - where[stroke]) / half[stroke]
    return np.asarray(depth[stroke] * np.exp(-(away**4)))


def _measured(points: Points, label: Index) -> tuple[Index, Lengths]:
    """Where each label's points begin, and the length along them; equal labels stand together."""
    first = np.flatnonzero(np.diff(label, prepend=-1))
    steps = np.abs(np.diff(points, prepend=points[0]))
    steps[first] = 0.0
    along = steps.cumsum()
    return first, along - along[first][label]


def _normal(rng: Generator, shape: tuple[int, ...]) -> NDArray[np.complex128]:
    """Complex normal numbers with a standard deviation of 1 in each part, none beyond 2: nobody errs that far."""
    return np.clip(rng.standard_normal(shape), -2, 2) + 1j * np.clip(rng.standard_normal(shape), -2, 2)


def _meant(stroke: Stroke) -> Points:
    """Points along the exact curve; a polyline's corners are rounded, as the pen does not stop there."""
    count = 2 + math.ceil(abs(stroke.end - stroke.start) / _STEP)
    along = stroke.start + np.arange(count) * ((stroke.end - stroke.start) / (count - 1))
    points = stroke.curve.at(along)
    if isinstance(stroke.curve, Polyline) and count > 4:
        for _ in range(2):
            points[1:-1] = (points[:-2] + 2 * points[1:-1] + points[2:]) / 4
    return points
