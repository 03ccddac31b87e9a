"""Validations as training went, all methods in one panel: over the images seen, and over the time spent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.ticker import MaxNLocator

from i2i.comparing.plan import Plan
from i2i.runs import Record, RunReader

WIDTH, HEIGHT = 380, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 8, 34
_STEPS = (1, 2, 2.5, 5, 10)

Over = str
"""What the curves go over: "images" or "seconds"."""


@dataclass(frozen=True)
class Curve:
    """The validations of one training.

    Attributes:
        method: number of the method in the table.
        images, seconds: at which they were.
        values: measure → a value each.
        names: measure → what it is called.
    """

    method: int
    images: list[float]
    seconds: list[float]
    values: dict[str, list[float]]
    names: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Panel:
    """A drawing in units of pixels: polylines by the number of their method, and the ticks of both axes."""

    title: str
    over: Over
    lines: list[tuple[int, str]]
    across: list[tuple[float, str]]
    up: list[tuple[float, str]]


def read_curves(plan: Plan) -> list[Curve]:
    """Of all trainings that have validations."""
    found = []
    for number, planned in enumerate(plan.methods):
        for seed in planned.trained:
            curve = _curve(number, RunReader(plan.run(planned, seed)).read())
            found += [curve] if curve.images else []
    return found


def panels(curves: Sequence[Curve], keys: Sequence[str]) -> list[Panel]:
    """Two a measure, over images and over time, of those measures of which there are two points at least."""
    found = []
    for key in keys:
        having = [curve for curve in curves if len(curve.values.get(key, ())) > 1]
        if having:
            title = having[0].names.get(key, key)
            found += [_panel(title, key, having, over) for over in ("images", "seconds")]
    return found


def _curve(method: int, record: Record) -> Curve:
    columns = {key: values for key, values in record.validation.items() if not key.startswith("reverse.")}
    images = list(columns.pop("images_seen", []))
    seconds = np.interp(images, record.losses.get("images_seen", [0.0]), record.losses.get("seconds", [0.0])).tolist()
    return Curve(
        method, images, seconds, {key: list(values) for key, values in columns.items()}, _names(record.measures)
    )


def _names(measures: Mapping[str, Mapping[str, object]]) -> dict[str, str]:
    units = {key: f", {measure['unit']}" if measure.get("unit") else "" for key, measure in measures.items()}
    return {key: f"{measure.get('label', key)}{units[key]}" for key, measure in measures.items()}


def _panel(title: str, key: str, curves: Sequence[Curve], over: Over) -> Panel:
    x = [np.array(curve.images if over == "images" else curve.seconds) for curve in curves]
    y = [np.array(curve.values[key]) for curve in curves]
    unit = 60.0 if over == "seconds" and max(each.max() for each in x) > 120 else 1.0
    x = [each / unit for each in x]
    across, up = _ticks(0.0, max(each.max() for each in x)), _ticks(*_span(np.concatenate(y)))
    lines = [
        (curve.method, " ".join(f"{_place(a, across):.1f},{_rise(b, up):.1f}" for a, b in zip(xs, ys, strict=True)))
        for curve, xs, ys in zip(curves, x, (each for each in y), strict=True)
        if np.isfinite(ys).all()
    ]
    name = "images seen" if over == "images" else "minutes" if unit == 60.0 else "seconds"
    return Panel(
        title,
        name,
        lines,
        [(_place(tick, across), f"{tick:g}") for tick in across],
        [(_rise(tick, up), f"{tick:g}") for tick in up],
    )


def _span(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if not known.size:
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers from at most `low` to at least `high`."""
    return [round(float(tick), 10) for tick in MaxNLocator(4, steps=_STEPS).tick_values(low, high)]


def _place(value: float, ticks: Sequence[float]) -> float:
    return _LEFT + (WIDTH - _LEFT - _RIGHT) * (value - ticks[0]) / (ticks[-1] - ticks[0])


def _rise(value: float, ticks: Sequence[float]) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _BOTTOM - _TOP) * (value - ticks[0]) / (ticks[-1] - ticks[0])
