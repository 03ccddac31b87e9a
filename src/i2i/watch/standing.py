"""How far a run is, how fast, how long it will take, and whether it still goes on."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from i2i.runs import Record, RunFiles

State = Literal["waiting", "running", "finished", "diverged", "quiet"]
"""Of a run; "quiet": nothing was written for so long that it was probably stopped."""

RECENT_ROWS = 20
"""Rows of the losses over which the speed is taken."""
QUIET_SECONDS, QUIET_ROWS = 120.0, 20
"""A run is quiet when nothing was written for so long, and for the time that so many rows took."""


@dataclass(frozen=True)
class Standing:
    """Where a run stands.

    Attributes:
        state: see `State`.
        images_seen: of `images`, 0 where that is not known.
        images: to see in all.
        seconds: that its steps took so far.
        images_per_second: of late, the steps alone; None where there are too few rows.
        seconds_left: at that speed, without validations; None where it is not known or nothing is left.
        changed: when its files were last written, seconds since 1970; 0 where there are none.
    """

    state: State
    images_seen: int
    images: int
    seconds: float
    images_per_second: float | None
    seconds_left: float | None
    changed: float


def standing(record: Record, files: RunFiles, now: float) -> Standing:
    """Where the run stands at `now`, seconds since 1970."""
    seen, images = record.images_seen, record.images
    speed, row_seconds = _speed(record)
    changed = max(map(_changed, (files.losses, files.validation, files.checkpoint, files.samples, files.config)))
    finished = bool(images) and seen >= images
    state: State
    if record.diverged:
        state = "diverged"
    elif finished:
        state = "finished"
    elif now - changed > max(QUIET_SECONDS, QUIET_ROWS * row_seconds):
        state = "quiet"
    else:
        state = "running" if seen else "waiting"
    left = (images - seen) / speed if speed and images > seen else None
    seconds = record.losses.get("seconds", [])
    return Standing(state, seen, images, seconds[-1] if seconds else 0.0, speed, left, changed)


def duration(seconds: float) -> str:
    """Such as "45 s", "12 min", "3 h 05 min", "2 d 4 h"."""
    minutes = round(seconds / 60)
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


def _speed(record: Record) -> tuple[float | None, float]:
    """Images a second, and the seconds from one row to the next, of late."""
    seen = record.losses.get("images_seen", [])[-RECENT_ROWS:]
    seconds = record.losses.get("seconds", [])[-RECENT_ROWS:]
    if len(seen) < 2 or len(seconds) != len(seen):
        return None, 0.0
    took = seconds[-1] - seconds[0]
    if not took > 0 or not math.isfinite(took):
        return None, 0.0
    return (seen[-1] - seen[0]) / took, took / (len(seen) - 1)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
