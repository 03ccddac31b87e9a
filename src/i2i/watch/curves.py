"""Curves as the page is given them: what it lacks, and never more points than can be drawn."""

import math
from collections.abc import Mapping
from typing import Any

from i2i.runs.table import Table

MOST_POINTS = 2000
"""Of longer curves a point is the mean of as many rows as keep them below this."""


def curves_since(table: Table, known: str) -> dict[str, Any]:
    """What a page lacks that has what `known` says.

    Args:
        table: refreshed.
        known: the "token" of the answer before; empty, or of a file that was written anew, for everything.

    Returns:
        "token"; "rows" that a point stands for; "from", the number of points to keep of those the page has; "columns",
        name → values from there on, None where a value is no finite number.
    """
    rows = _rows_a_point(len(table))
    points = len(table) // rows
    generation, rows_before, points_before = _parse(known)
    same = (generation, rows_before) == (table.generation, rows) and points_before <= points
    start = points_before if same else 0
    return {
        "token": f"{table.generation}.{rows}.{points}",
        "rows": rows,
        "from": start,
        "columns": {name: _thinned(name, values, rows, start, points) for name, values in table.columns.items()},
    }


def finite(value: Any) -> Any:
    """A value as JSON can hold it: numbers that are not finite, however deep, become None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return value


def _rows_a_point(rows: int) -> int:
    """A power of two, so that it seldom changes as the curve grows."""
    return 1 << max(0, math.ceil(math.log2(rows / MOST_POINTS))) if rows > MOST_POINTS else 1


def _parse(known: str) -> tuple[int, int, int]:
    parts = known.split(".")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        return -1, 0, 0
    return int(parts[0]), int(parts[1]), int(parts[2])


def _thinned(name: str, values: list[float], rows: int, start: int, points: int) -> list[float | None]:
    if rows == 1:
        return [value if math.isfinite(value) else None for value in values[start:points]]
    groups = (values[point * rows : (point + 1) * rows] for point in range(start, points))
    if name == "images_seen":
        return [group[-1] for group in groups]
    return [_mean(group) for group in groups]


def _mean(values: list[float]) -> float | None:
    """None as soon as one is not finite, so that a divergence is not averaged away."""
    mean = sum(values) / len(values)
    return mean if math.isfinite(mean) else None
