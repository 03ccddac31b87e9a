"""The outcome of an examination: findings, numbers and a verdict, as text, as JSON and as a page."""

import json
import math
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from i2i.data.doctor.finding import CHECKS, SEVERITIES, Finding
from i2i.data.doctor.page import render_page
from i2i.data.doctor.statistics import ChannelStatistics
from i2i.data.doctor.words import counted
from i2i.errors import StorageError
from i2i.files import write_text

_LISTED = 8
"""Files listed of a finding in the text; the JSON and the page have all."""


@dataclass(frozen=True)
class Diagnosis:
    """What an examination found.

    Attributes:
        description: the pairs and how they were read, in one line.
        pairs: how many there are.
        compared: how many of them were compared closely (register, partners).
        findings: the worst first.
        statistics: numbers of each side, split and channel.
        not_told: checks that could not be made, and why.
        seconds: that it took.
    """

    description: str
    pairs: int
    compared: int
    findings: list[Finding]
    statistics: list[ChannelStatistics]
    not_told: dict[str, str]
    seconds: float

    @property
    def has_errors(self) -> bool:
        """Whether something must be mended before training."""
        return self.count("error") > 0

    @property
    def passed(self) -> list[str]:
        """The checks that found nothing."""
        found = {finding.check for finding in self.findings}
        return [check for check in CHECKS if check not in found and check not in self.not_told]

    @property
    def verdict(self) -> str:
        """What to do next, in one line."""
        counts = ", ".join(
            counted(self.count(severity), severity) if severity != "advice" else f"{self.count(severity)} advice"
            for severity in SEVERITIES
        )
        if self.has_errors:
            return f"{counts}: mend the errors before training"
        if self.count("warning"):
            return f"{counts}: look at the warnings before training"
        return f"{counts}: nothing stands in the way of training"

    def count(self, severity: str) -> int:
        """How many findings are of a severity."""
        return sum(finding.severity == severity for finding in self.findings)

    def text(self) -> str:
        """Plain lines for a terminal."""
        lines = [self.description, f"{self.verdict}  ({self.scope})"]
        for finding in self.findings:
            lines += ["", f"{finding.severity} ({finding.check}): {finding.summary}", f"  → {finding.advice}"]
            lines += [f"    {file}" for file in finding.files[:_LISTED]]
            if len(finding.files) > _LISTED:
                lines.append(f"    and {len(finding.files) - _LISTED} more")
        lines += ["", *(f"could not be told: {check} ({why})" for check, why in self.not_told.items())]
        if self.passed:
            lines.append(f"nothing found by: {', '.join(self.passed)}")
        return "\n".join(lines)

    @property
    def scope(self) -> str:
        """How much was looked at, in words."""
        return f"{counted(self.pairs, 'pair')} read, {self.compared:,} compared closely, {self.seconds:.0f} s"

    def to_tree(self) -> dict[str, Any]:
        """Nested plain values, without the pictures."""
        return {
            "description": self.description,
            "verdict": self.verdict,
            "pairs": self.pairs,
            "compared": self.compared,
            "seconds": round(self.seconds, 2),
            "findings": [
                {name: _plain(value) for name, value in vars(finding).items() if name != "pictures"}
                for finding in self.findings
            ],
            "nothing_found": self.passed,
            "not_told": self.not_told,
            "statistics": [_plain(asdict(row)) for row in self.statistics],
        }

    def to_json(self) -> str:
        """The same as JSON text."""
        return json.dumps(self.to_tree(), indent=2, ensure_ascii=False)

    def save(self, folder: str | os.PathLike[str], title: str = "pairs") -> Path:
        """Write `report.html`, which stands alone, and `check.json` into a new or empty folder; the page's path.

        Raises:
            StorageError: the folder holds something, or can't be written.
        """
        folder = Path(folder)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise StorageError(f"{folder}: is there already and stays as it is; expected a new folder for the report")
        write_text(folder / "check.json", self.to_json() + "\n")
        write_text(folder / "report.html", render_page(self.to_tree(), self.findings, title, self.scope))
        return folder / "report.html"


def _plain(value: Any) -> Any:
    """What JSON can hold: numbers of numpy as Python's, what is not finite as null."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
