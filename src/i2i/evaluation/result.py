"""What an evaluation found: the table, every image's values, the protocol, and what could not be measured."""

import csv
import io
import json
import math
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from i2i.evaluation.curves import curve_pictures
from i2i.evaluation.gallery import Example, Gallery
from i2i.evaluation.reader import REAL
from i2i.evaluation.report import Cell, Figure, MeasureRow, Report, render_report
from i2i.evaluation.sheet import contact_sheet
from i2i.evaluation.verdict import best_row, describe_verdict
from i2i.files import write_text
from i2i.images import ImageSpec, Pixels, preview, shrunk, write_image
from i2i.metrics.bootstrap import Interval
from i2i.metrics.measure import Measure

SHEET_TITLES = ["input", "output", "target"]
UNPAIRED_TITLES = ["input", "output", "any target"]
SHEET_SIDE = 512


@dataclass(frozen=True)
class Evaluation:
    """Scores of a model and of the baselines on the same images.

    Attributes:
        rows: row -> measure -> mean with interval; the model first. A baseline that can't be had is an empty row. Where
            there is a reader one row is of what it reads off the targets themselves.
        names: of the images, in the order of evaluation.
        per_image: row -> measure -> a value for each of `names`.
        measures: what each measure's key stands for.
        protocol: how all was measured, a line a topic.
        not_measured: measure or baseline -> why it is missing.
        notes: what a reader of the numbers must know.
        advantages: baseline -> measure -> by how much the model is better, image by image (negative: worse).
        ranked_by: the measure that says which images are the worst and the best; empty where none can, as images
            without partners have no scores of their own.
        gallery: images to look at.
        specs: what inputs and targets are.
    """

    rows: dict[str, dict[str, Interval]]
    names: list[str]
    per_image: dict[str, dict[str, list[float]]]
    measures: dict[str, Measure]
    protocol: str
    not_measured: dict[str, str]
    notes: list[str]
    advantages: dict[str, dict[str, Interval]]
    ranked_by: str
    gallery: Gallery = field(repr=False)
    specs: tuple[ImageSpec, ImageSpec]

    @property
    def model(self) -> str:
        """Name of the model's row."""
        return next(iter(self.rows))

    @property
    def worst(self) -> list[str]:
        """Names of the images with the worst scores by `ranked_by`, the worst first."""
        return [example.sample.name for example in self.gallery.worst] if self.ranked_by else []

    @property
    def best(self) -> list[str]:
        """Names of the images with the best scores by `ranked_by`, the best first."""
        return [example.sample.name for example in self.gallery.best] if self.ranked_by else []

    def best_row(self, key: str) -> str | None:
        """The row with the best mean of a measure; None where fewer than two rows have one."""
        return best_row(self._made, key, self.measures[key])

    def verdict(self) -> str:
        """In a few sentences: where the model beats the baselines, and where it does not."""
        return describe_verdict(self.model, self._made, self.measures, self.advantages)

    @property
    def _made(self) -> dict[str, dict[str, Interval]]:
        """The rows that compete: all but that of the targets themselves."""
        return {row: values for row, values in self.rows.items() if row != REAL}

    def to_json(self) -> str:
        """Everything but the images and the per-image values, as JSON text."""
        content: dict[str, Any] = {
            "protocol": self.protocol,
            "images": len(self.names),
            "measures": {key: _measure_json(measure) for key, measure in self.measures.items()},
            "rows": _intervals_json(self.rows),
            "advantages": _intervals_json(self.advantages),
            "verdict": self.verdict(),
            "not_measured": self.not_measured,
            "notes": self.notes,
            "ranked_by": self.ranked_by,
            "worst": self.worst,
            "best": self.best,
        }
        return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def to_csv(self) -> str:
        """A line for each row of the table and image: row, image, and every measure of an image that the row has."""
        keys = list(self.per_image.get(self.model, {}))
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["row", "image", *keys])
        for row, values in self.per_image.items():
            for index, name in enumerate(self.names):
                writer.writerow([row, name, *(f"{values[key][index]:.6g}" if key in values else "" for key in keys)])
        return text.getvalue()

    def table(self) -> Table:
        """The scores for a terminal: a line a measure, a column a row, the best in bold."""
        table = Table(caption=escape(self.verdict()), caption_justify="left")
        table.add_column("")
        for row in self.rows:
            table.add_column(escape(row), justify="right")
        for key, measure in self.measures.items():
            table.add_row(escape(measure.heading), *(self._printed(row, key) for row in self.rows))
        for name in self.not_measured:
            if name not in self.rows:
                table.add_row(f"[dim]{escape(name)}[/dim]", "[dim]not measured[/dim]")
        return table

    def save(
        self,
        folder: str | os.PathLike[str],
        title: str = "Evaluation",
        losses: Path | None = None,
        validation: Path | None = None,
    ) -> Path:
        """Write `scores.json`, `per_image.csv`, `contact_sheet.png` and `report.html`; returns the report's path.

        Args:
            folder: made if it is not there; files of these names in it are replaced, each only when whole.
            title: of the report.
            losses: `losses.csv` of the training run, for the curves; left out where the run has none.
            validation: `validation.csv` of the training run, likewise.

        Raises:
            StorageError: a file can't be written.
            InputError: a file with curves can't be read.
        """
        folder = Path(folder)
        report = folder / "report.html"
        losses, validation = (path if path is not None and path.is_file() else None for path in (losses, validation))
        page = render_report(self._report(title, losses, validation))
        write_text(folder / "scores.json", self.to_json())
        write_text(folder / "per_image.csv", self.to_csv())
        write_image(folder / "contact_sheet.png", self.contact_sheet())
        write_text(report, page)
        return report

    def contact_sheet(self) -> Pixels:
        """The random samples as input | output | target, (H, W, 3), each image at most 512 pixels wide and high."""
        rows = [[shrunk(side, SHEET_SIDE) for side in self._sides(example)] for example in self.gallery.random]
        return contact_sheet(rows, self._titles)

    @property
    def _titles(self) -> list[str]:
        return SHEET_TITLES if self.ranked_by else UNPAIRED_TITLES

    def _report(self, title: str, losses: Path | None, validation: Path | None) -> Report:
        extremes = min(len(self.worst), len(self.names) // 2)  # none is among both the worst and the best
        noun = "pair" if self.ranked_by else "input"
        return Report(
            title=title,
            subtitle=f"{self.model} on {len(self.names)} {noun if len(self.names) == 1 else f'{noun}s'}",
            verdict=self.verdict(),
            notes=self.notes,
            columns=list(self.rows),
            measures=[self._measure_row(key) for key in self.measures],
            curves=curve_pictures(losses, validation, self.measures) if losses or validation else None,
            random=[self._figure(example) for example in self.gallery.random],
            worst=[self._figure(example) for example in self.gallery.worst[:extremes]],
            best=[self._figure(example) for example in self.gallery.best[:extremes]],
            ranked_by=self.measures[self.ranked_by].label if self.ranked_by in self.measures else "",
            protocol=self.protocol.splitlines(),
            not_measured=self.not_measured,
        )

    def _measure_row(self, key: str) -> MeasureRow:
        measure, best = self.measures[key], self.best_row(key)
        found = [values.get(key) for values in self.rows.values()]
        intervals = [None if interval is None or math.isnan(interval.mean) else interval for interval in found]
        cells = [
            None if interval is None else Cell.of(interval, intervals, measure.decimals, row == best)
            for row, interval in zip(self.rows, intervals, strict=True)
        ]
        return MeasureRow(measure.label, measure.unit, measure.arrow, measure.definition, cells)

    def _figure(self, example: Example) -> Figure:
        keys = sorted(example.scores, key=lambda key: key != self.ranked_by)
        scores = [
            f"{self.measures[key].label} {self._value(key, example.scores[key])}"
            for key in keys
            if key in self.measures
        ]
        return Figure(example.sample.name, scores, list(zip(self._titles, self._sides(example), strict=True)))

    def _sides(self, example: Example) -> list[Pixels]:
        """Input, output and target as people can look at them."""
        given, target = self.specs
        return [
            preview(example.sample.input, given),
            *(preview(p, target) for p in (example.output, example.sample.target)),
        ]

    def _value(self, key: str, value: float) -> str:
        measure = self.measures[key]
        return f"{value:.{measure.decimals}f}" + (f" {measure.unit}" if measure.unit == "dB" else "")

    def _printed(self, row: str, key: str) -> str:
        interval = self.rows[row].get(key)
        if interval is None or math.isnan(interval.mean):
            return "-"
        decimals = self.measures[key].decimals
        mean = f"{interval.mean:.{decimals}f}"
        bounds = interval.bounds_text(decimals)
        mean = f"[bold]{mean}[/bold]" if row == self.best_row(key) else mean
        return f"{mean}\n[dim]{bounds}[/dim]" if bounds else mean


def _measure_json(measure: Measure) -> dict[str, str]:
    return {
        "label": measure.label,
        "unit": measure.unit,
        "direction": measure.direction,
        "definition": measure.definition,
    }


def _intervals_json(table: dict[str, dict[str, Interval]]) -> dict[str, dict[str, dict[str, float | None]]]:
    """JSON has no NaN and no infinity: null stands for them."""

    def finite(interval: Interval) -> dict[str, float | None]:
        return {
            name: value if value is not None and math.isfinite(value) else None
            for name, value in asdict(interval).items()
        }

    return {row: {key: finite(interval) for key, interval in values.items()} for row, values in table.items()}
