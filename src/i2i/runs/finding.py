"""What an examination of a training finds: one ailment, with what to do about it."""

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning", "advice"]
"""An error: what comes out is worthless; a warning: it will be worse than it need be; advice: so it is, in case."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "advice")


@dataclass(frozen=True)
class Finding:
    """One ailment.

    Attributes:
        check: which found it, a key of `i2i.runs.rules.CHECKS`.
        severity: how bad it is.
        summary: what was seen, in one line with its numbers.
        advice: what to do, in one line.
        images_seen: at which point of the training it was seen.
        columns: the curves that show it, "file.column".
        figures: the numbers behind the summary.
    """

    check: str
    severity: Severity
    summary: str
    advice: str
    images_seen: int
    columns: tuple[str, ...] = ()
    figures: dict[str, float] = field(default_factory=dict)
