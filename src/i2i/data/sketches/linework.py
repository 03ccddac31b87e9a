"""The drawing as CAD prints it: exact curves, one weight for outlines, a lighter chain pattern for centre lines."""

import math

import numpy as np

from i2i.data.sketches.drawing import Drawing
from i2i.data.sketches.geometry import Arc, Circle, Curve, Lengths, Polyline
from i2i.data.sketches.ink import Ink

OUTLINE, CENTRE_LINE = 0.017, 0.008
"""Widths, in units of the drawing's side: about 2 and 1 pixels at 128."""

DASH, DOT, PAUSE = 0.062, 0.014, 0.022
"""The chain pattern of a centre line: dash, pause, dot, pause; stretched a little to begin and end with a dash."""

_STEP = 0.02
"""Longest piece: short pieces keep the windows small in which `painted` looks for pixels."""


def linework(drawing: Drawing) -> Ink:
    """The exact ink of a drawing."""
    pieces, faint = [], []
    for curve, dashed in zip(drawing.curves, drawing.dashed, strict=True):
        for start, end in dashes(curve) if dashed else [(0.0, curve.length)]:
            pieces.append(curve.at(_stations(curve, start, end)))
            faint.append(dashed)
    sizes = [len(piece) for piece in pieces]
    width = np.repeat(np.where(faint, CENTRE_LINE, OUTLINE), sizes)
    stroke = np.repeat(np.arange(len(pieces)), sizes)
    return Ink(np.concatenate(pieces), width, np.ones_like(width), stroke, np.zeros_like(stroke))


def dashes(curve: Curve) -> list[tuple[float, float]]:
    """The dashes and dots of a centre line, as (start, end) lengths along it."""
    period = DASH + DOT + 2 * PAUSE
    if curve.closed:
        count = max(4, round(curve.length / period))
        scale = curve.length / (count * period)
    else:
        count = max(0, round((curve.length - DASH) / period))
        scale = curve.length / (count * period + DASH)
    dash, pause, dot = scale * DASH, scale * PAUSE, scale * DOT
    starts = [scale * period * step for step in range(count)]
    marks = [
        mark for start in starts for mark in ((start, start + dash), (start + dash + pause, start + dash + pause + dot))
    ]
    return marks if curve.closed else [*marks, (curve.length - dash, curve.length)]


def _stations(curve: Curve, start: float, end: float) -> Lengths:
    """Lengths along the curve at which to break it into straight pieces, its corners among them."""
    step = min(_STEP, curve.radius / 8) if isinstance(curve, Arc | Circle) else _STEP
    count = max(1, math.ceil((end - start) / step))
    stations = start + np.arange(count + 1) * ((end - start) / count)
    if not isinstance(curve, Polyline):
        return stations
    knots = curve.knots
    return np.union1d(stations, knots[(knots > start) & (knots < end)])
