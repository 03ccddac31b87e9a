"""The report: one HTML page that stands alone, with every image inside, no script and no network."""

from collections.abc import Sequence
from dataclasses import dataclass

from i2i.evaluation.curves import CurvePictures
from i2i.images import Pixels
from i2i.metrics.bootstrap import Interval
from i2i.pages.standalone import standalone_page


@dataclass(frozen=True)
class Cell:
    """A mean with its interval, as text and as places from 0 to 100 on the scale that a line of the table shares."""

    mean: str
    bounds: str
    best: bool
    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, interval: Interval, line: Sequence[Interval | None], decimals: int, best: bool) -> "Cell":
        """The cell of an interval in a line of the table."""
        ends = [bound for each in line if each is not None for bound in _ends(each)]
        least, span = min(ends), max(ends) - min(ends)
        low, high, middle = (
            50.0 if span == 0 else round(2 + 96 * (value - least) / span, 2)
            for value in (*_ends(interval), interval.mean)
        )
        return cls(f"{interval.mean:.{decimals}f}", interval.bounds_text(decimals), best, low, middle, high)


@dataclass(frozen=True)
class MeasureRow:
    """A line of the table: the measure and a cell a row of the evaluation, None where it is missing."""

    label: str
    unit: str
    arrow: str
    definition: str
    cells: list[Cell | None]


@dataclass(frozen=True)
class Figure:
    """One example: its name, the model's scores in words, and its images by title."""

    name: str
    scores: list[str]
    images: list[tuple[str, Pixels]]


@dataclass(frozen=True)
class Report:
    """All that the page shows, from top to bottom."""

    title: str
    subtitle: str
    verdict: str
    notes: list[str]
    columns: list[str]
    measures: list[MeasureRow]
    curves: CurvePictures | None
    random: list[Figure]
    worst: list[Figure]
    best: list[Figure]
    ranked_by: str
    protocol: list[str]
    not_measured: dict[str, str]


def render_report(report: Report) -> str:
    """The page as HTML text."""
    return standalone_page("i2i.evaluation", "report.html", report=report)


def _ends(interval: Interval) -> tuple[float, float]:
    low = interval.mean if interval.low is None else interval.low
    high = interval.mean if interval.high is None else interval.high
    return low, high
