"""What a comparison found: one table, the leads over its first method, what each took, in words and as files."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.markup import escape
from rich.table import Column, Table

from i2i.comparing.budget import Budget
from i2i.comparing.curves import Curve
from i2i.comparing.pictures import Pictures
from i2i.comparing.rows import COSTS, MARKS, Cost, Row, best_row, cost_texts
from i2i.comparing.verdict import describe_leads
from i2i.metrics.bootstrap import Interval
from i2i.metrics.measure import Measure


@dataclass(frozen=True)
class Comparison:
    """Methods side by side.

    Attributes:
        title: of the page.
        budget: of each training.
        split: on whose images all are scored, and `names`, theirs.
        methods: the first is what the others are compared with.
        baselines: translators that learned nothing.
        measures: by key.
        per_image: row → measure → seed → a value for each of `names`.
        correction: what the leads' intervals are, in words.
        protocol: how all was measured, a line a topic.
        notes: what a reader of the numbers must know.
        missing: measure or baseline → why it is not there.
        made: with which versions, on which machine.
        pictures, curves: for the page.
    """

    title: str
    budget: Budget
    split: str
    names: list[str]
    methods: list[Row]
    baselines: list[Row]
    measures: dict[str, Measure]
    per_image: dict[str, dict[str, dict[int, list[float]]]]
    correction: str
    protocol: str
    notes: list[str]
    missing: dict[str, str]
    made: dict[str, str]
    pictures: Pictures = field(repr=False)
    curves: list[Curve] = field(repr=False)

    @property
    def scored(self) -> list[Row]:
        """The methods that have scores."""
        return [row for row in self.methods if not row.reason]

    @property
    def rows(self) -> list[Row]:
        """Methods, then baselines."""
        return [*self.methods, *self.baselines]

    def best(self, key: str) -> str | None:
        """The method with the best mean of a measure; None where fewer than two have one."""
        return best_row(self.scored, key, self.measures[key])

    def verdict(self) -> list[str]:
        """In sentences: what is better than the first method, what worse, what can't be told apart."""
        return describe_leads(self.scored, self.measures)

    def to_json(self) -> str:
        """Everything but pictures, curves and the values of single images, as JSON text; null for what is no number."""
        content = {
            "made": self.made,
            "budget": asdict(self.budget),
            "split": self.split,
            "images": len(self.names),
            "measures": {key: _described(measure) for key, measure in self.measures.items()},
            "methods": {row.label: _plain(row) for row in self.methods},
            "baselines": {row.label: {"scores": _plain(row)["scores"]} for row in self.baselines},
            "correction": self.correction,
            "verdict": self.verdict(),
            "notes": self.notes,
            "not_measured": self.missing,
            "protocol": self.protocol,
        }
        return json.dumps(_finite(content), indent=1, ensure_ascii=False, allow_nan=False) + "\n"

    def to_csv(self) -> str:
        """A line a row: of each measure mean, low, high, the lead with low, high and standing; then what it took."""
        header = ["method", "recipe", "reason", "seeds"]
        for key in self.measures:
            header += [f"{key}{end}" for end in ("", "_low", "_high", "_lead", "_lead_low", "_lead_high", "_standing")]
        costs = list(Cost.__dataclass_fields__)
        lines = []
        for row in self.rows:
            line = [row.label, row.recipe, row.reason, " ".join(map(str, row.seeds))]
            for key in self.measures:
                line += _cells(row.scores.get(key))
                found = row.leads.get(key)
                line += [*_cells(found.interval), found.standing] if found else [""] * 4
            line += [_cell(getattr(row.cost, name)) if row.cost else "" for name in costs]
            lines.append(line)
        return _csv([*header, *costs], lines)

    def images_csv(self) -> str:
        """A line for each row of the table, seed and image: the measures of single images."""
        keys = [key for key in self.measures if any(key in found for found in self.per_image.values())]
        lines = []
        for row, found in self.per_image.items():
            for seed in next(iter(found.values()), {}):
                for index, name in enumerate(self.names):
                    values = (found[key][seed][index] if key in found else math.nan for key in keys)
                    lines.append([row, str(seed), name, *map(_cell, values)])
        return _csv(["row", "seed", "image", *keys], lines)

    def tables(self) -> tuple[Table, Table]:
        """For a terminal: the scores, a row a method, with leads over the first; and what each took."""
        return self._scores_table(), self._costs_table()

    def _scores_table(self) -> Table:
        table = _table([measure.heading for measure in self.measures.values()], show_lines=True)
        for row in self.rows:
            if row.reason:
                table.add_row(escape(row.label), *["[dim]-[/dim]"] * len(self.measures))
            else:
                style = "dim" if row in self.baselines else ""
                table.add_row(escape(row.label), *(self._printed(row, key) for key in self.measures), style=style)
        return table

    def _printed(self, row: Row, key: str) -> str:
        found, decimals = row.scores.get(key), self.measures[key].decimals
        if found is None or math.isnan(found.mean):
            return "-"
        mean = f"{found.mean:.{decimals}f}"
        lines = [f"[bold]{mean}[/bold]" if row.label == self.best(key) else mean]
        lines += [f"[dim]{bounds}[/dim]"] if (bounds := found.bounds_text(decimals)) else []
        ahead = row.leads.get(key)
        lines += [f"{MARKS[ahead.standing]} {ahead.interval.mean:+.{decimals}f}"] if ahead else []
        return "\n".join(lines)

    def _costs_table(self) -> Table:
        table = _table(COSTS, title="What each took", title_justify="left")
        for row in self.scored:
            table.add_row(escape(row.label), *cost_texts(row.cost))
        return table


def _table(headings: Sequence[str], **options: Any) -> Table:
    """With a column for the labels before the others; where it is narrow, words are folded, never cut short."""
    columns = (Column(escape(heading), overflow="fold") for heading in headings)
    return Table(Column("", overflow="fold", min_width=12), *columns, **options)


def _described(measure: Measure) -> dict[str, str]:
    return {name: getattr(measure, name) for name in ("label", "unit", "direction", "definition")}


def _plain(row: Row) -> dict[str, Any]:
    """A row in plain values."""
    tree = asdict(row)
    for key, found in row.leads.items():
        tree["leads"][key] = {**asdict(found.interval), "by_seed": found.by_seed, "standing": found.standing}
    return tree


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _cells(interval: Interval | None) -> list[str]:
    return [_cell(getattr(interval, end, None)) for end in ("mean", "low", "high")]


def _cell(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else f"{value:.6g}"


def _csv(header: list[str], lines: list[list[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue()
