"""Real sketches: Onshape's feature JSON, as the SketchGraphs data set holds it.

A file is a list of sketches. Each has `entities`, whose geometry is a line (a point, a direction, two parameters), a
circle or an arc of one (angles from a direction, clockwise or not), an ellipse, or a spline; `isConstruction` marks
construction geometry, drawn here as centre lines. Points, text, images and rational splines are not drawn.
Seff et al. 2020, https://arxiv.org/abs/2007.08506
"""

import json
import logging
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from i2i.data.sketches.drawing import Drawing
from i2i.data.sketches.geometry import Arc, Circle, Curve, Line, Points, Polyline, Similarity
from i2i.data.sketches.splines import b_spline, interpolated
from i2i.errors import InputError

_LOG = logging.getLogger(__name__)

_SIDE = 0.84
"""How much of the unit square a sketch fills."""

_PIECES = 64
"""Straight pieces for an ellipse or a spline."""

_TINY = 1e-4
"""Curves shorter than this share of the sketch's longest are left out: they are leftovers of trimming."""


def read_sketchgraphs(path: str | os.PathLike[str]) -> list[Drawing]:
    """Read the sketches of a SketchGraphs JSON file, or of all in a folder, by name.

    Returns:
        Drawings in the unit square without stated constraints. Sketches in which nothing can be drawn are left out;
        how many is logged.

    Raises:
        InputError: no such file, no JSON files in the folder, or a file that is not such JSON.
    """
    path = Path(path)
    files = sorted(path.rglob("*.json")) if path.is_dir() else [path]
    if not files or not path.exists():
        raise InputError(
            f"{path}: holds no SketchGraphs JSON; expected a .json file or a folder of them; check the path"
        )
    sketches = [sketch for file in files for sketch in _sketches(file)]
    drawings = [drawing for drawing in map(_drawing, sketches) if drawing]
    _LOG.info("%s: %d sketches read, %d left out (nothing to draw)", path, len(drawings), len(sketches) - len(drawings))
    return drawings


def _sketches(file: Path) -> list[list[tuple[Curve, bool]]]:
    """The curves of each sketch in a file, and whether each is construction geometry."""
    try:
        content = json.loads(file.read_bytes())
        sketches = content if isinstance(content, list) else [content]
        return [[curve for entity in sketch["entities"] for curve in _curves(entity)] for sketch in sketches]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{file}: is not SketchGraphs JSON ({type(error).__name__}: {error}); "
            "expected a list of sketches with 'entities'; remove or replace the file"
        ) from error


def _drawing(sketch: list[tuple[Curve, bool]]) -> Drawing | None:
    """Fitted into the unit square, mirrored so that y points down; None if nothing in it can be drawn."""
    longest = max((curve.length for curve, _ in sketch), default=0.0)
    kept = [(curve, dashed) for curve, dashed in sketch if curve.length > _TINY * longest]
    if not kept:
        return None
    drawing = Drawing(tuple(curve for curve, _ in kept), tuple(dashed for _, dashed in kept))
    return drawing.moved(Similarity(mirror=True)).fitted(_SIDE)


def _curves(entity: dict[str, Any]) -> list[tuple[Curve, bool]]:
    """The entity's curve as a list of one, or of none if it is not one that is drawn."""
    message = entity["message"]
    geometry = message.get("geometry")
    read = _READERS.get(geometry["typeName"]) if geometry else None
    curve = read(geometry["message"], message) if read else None
    return [(curve, bool(message["isConstruction"]))] if curve else []


def _line(shape: dict[str, Any], bounds: dict[str, Any]) -> Curve | None:
    point, direction = complex(shape["pntX"], shape["pntY"]), complex(shape["dirX"], shape["dirY"])
    start, end = point + direction * bounds["startParam"], point + direction * bounds["endParam"]
    return Line(start, end) if start != end else None


def _circle(shape: dict[str, Any], bounds: dict[str, Any]) -> Curve | None:
    centre, radius = complex(shape["xCenter"], shape["yCenter"]), float(shape["radius"])
    start, sweep = _angles(shape, bounds)
    if radius <= 0:
        return None
    return Circle(centre, radius) if sweep is None else Arc(centre, radius, start, sweep)


def _ellipse(shape: dict[str, Any], bounds: dict[str, Any]) -> Curve | None:
    centre, axis = complex(shape["xCenter"], shape["yCenter"]), complex(shape["xDir"], shape["yDir"])
    start, sweep = _angles({**shape, "xDir": 1.0, "yDir": 0.0}, bounds)
    angles = start + np.linspace(0.0, 2 * math.pi if sweep is None else sweep, _PIECES + 1)
    points = centre + axis * (shape["radius"] * np.cos(angles) + 1j * shape["minorRadius"] * np.sin(angles))
    return _polyline(points[:-1] if sweep is None else points, closed=sweep is None)


def _spline(shape: dict[str, Any], bounds: dict[str, Any]) -> Curve | None:
    control, knots, degree = _plane(shape["controlPoints"]), np.array(shape["knots"]), int(shape["degree"])
    if shape["isRational"] or len(knots) != len(control) + degree + 1:
        return None
    start, end = bounds.get("startParam", knots[degree]), bounds.get("endParam", knots[len(control)])
    return _polyline(b_spline(control, knots, degree, np.linspace(start, end, _PIECES + 1)))


def _interpolated_spline(shape: dict[str, Any], bounds: dict[str, Any]) -> Curve | None:
    through, at = _plane(shape["interpolationPoints"]), np.linspace(0.0, 1.0, _PIECES + 1)
    if shape["isPeriodic"]:
        return _polyline(interpolated(through, None, at[:-1]), closed=True)
    first, last = (complex(shape[f"{end}DerivativeX"], shape[f"{end}DerivativeY"]) for end in ("start", "end"))
    start, end = bounds.get("startParam", 0.0), bounds.get("endParam", 1.0)
    return _polyline(interpolated(through, (first, last), start + (end - start) * at))


def _angles(shape: dict[str, Any], bounds: dict[str, Any]) -> tuple[float, float | None]:
    """Where an arc begins, and how far it turns (radians, signed); None if it is whole."""
    start = math.atan2(shape["yDir"], shape["xDir"])
    if "startParam" not in bounds:
        return start, None
    side = -1.0 if shape["clockwise"] else 1.0
    sweep = (bounds["endParam"] - bounds["startParam"]) % (2 * math.pi)
    return start + side * bounds["startParam"], side * sweep if sweep else None


def _polyline(points: Points, closed: bool = False) -> Curve | None:
    points = points[np.abs(np.diff(points, prepend=np.inf)) > 0]
    return Polyline(tuple(complex(point) for point in points), closed) if len(points) > 1 else None


def _plane(flat: list[float]) -> Points:
    """x, y, x, y, … as points."""
    return np.array(flat[0::2]) + 1j * np.array(flat[1::2])


_READERS: dict[str, Callable[[dict[str, Any], dict[str, Any]], Curve | None]] = {
    "BTCurveGeometryLine": _line,
    "BTCurveGeometryCircle": _circle,
    "BTCurveGeometryEllipse": _ellipse,
    "BTCurveGeometrySpline": _spline,
    "BTCurveGeometryInterpolatedSpline": _interpolated_spline,
}
