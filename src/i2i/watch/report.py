"""Runs as text, for whoever has no page."""

import time
from typing import Any

from i2i.runs.rules import CHECKS
from i2i.watch.library import Library, Watched
from i2i.watch.standing import duration

_STATES = {
    "waiting": "begins",
    "running": "running",
    "finished": "finished",
    "diverged": "diverged",
    "quiet": "standing still",
}


def report(library: Library) -> tuple[str, dict[str, Any]]:
    """All runs in lines of text, and the same in plain values."""
    texts, summaries = [], []
    for run in library.runs():
        summary = run.summary()
        summary["scores"] = {name: values[-1] for name, values in run.record.validation.items() if values}
        texts.append(_text(run, summary))
        summaries.append(summary)
    return "\n\n".join(texts), {"runs": summaries}


def _text(run: Watched, summary: dict[str, Any]) -> str:
    seen, images, speed = summary["images_seen"], summary["images"], summary["images_per_second"]
    told = [
        f"{_STATES[summary['state']]}, image {seen} of {images or '?'}" + (f" ({seen / images:.0%})" if images else "")
    ]
    if speed:
        told.append(f"{speed:.3g} images/s")
    if summary["seconds_left"] and summary["state"] == "running":
        told.append(f"about {duration(summary['seconds_left'])} left")
    if summary["changed"] and summary["state"] in ("running", "quiet"):
        told.append(f"last written {duration(max(0.0, time.time() - summary['changed']))} ago")
    lines = [f"{run.files.path}: {', '.join(told)}"]
    lines += [
        f"  {name}: {text}" for name, text in (("losses", _losses(run)), ("validation", _validation(run))) if text
    ]
    lines += [
        f"  {each['severity']}: {each['summary']} (image {each['images_seen']})\n    {each['advice']}"
        for each in summary["findings"]
    ]
    if not summary["findings"]:
        lines.append(f"  no findings: {len(CHECKS)} checks")
    return "\n".join(lines)


def _losses(run: Watched) -> str:
    losses = run.record.losses
    names = [name for name in losses if name not in ("images_seen", "seconds") and not name.startswith("lr.")]
    return ", ".join(f"{name} {losses[name][-1]:.3g}" for name in names if losses[name])


def _validation(run: Watched) -> str:
    """The newest of each measure, and the best of the one that chooses."""
    validation, measures = run.record.validation, run.record.measures
    told = []
    for name, values in validation.items():
        if name != "images_seen" and values:
            measure = measures.get(name, {})
            back = "back: " if measure and name.startswith("reverse.") else ""
            told.append(f"{back}{measure.get('label', name)} {values[-1]:.{measure.get('decimals', 3)}f}")
    return ", ".join(told)
