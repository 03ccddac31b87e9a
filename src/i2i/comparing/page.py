"""The page of a comparison: it stands alone, with every picture inside, no script and nothing fetched."""

import math
from dataclasses import dataclass
from pathlib import Path

from i2i.comparing.curves import HEIGHT, WIDTH, panels
from i2i.comparing.result import Comparison
from i2i.comparing.rows import COSTS, MARKS, Row, cost_texts
from i2i.comparing.work import RULE
from i2i.files import write_text
from i2i.pages.standalone import standalone_page


@dataclass(frozen=True)
class Cell:
    """A score in words: the mean, its interval, the lead over the first method, the means of the seeds."""

    mean: str
    bounds: str
    best: bool
    standing: str
    lead: str
    lead_bounds: str
    by_seed: str


def save(comparison: Comparison, folder: Path) -> Path:
    """Write `scores.json`, `scores.csv`, `per_image.csv` and `page.html`; the page's path.

    Args:
        comparison: what was found.
        folder: made if it is not there; files of these names in it are replaced, each only when whole.

    Raises:
        StorageError: a file can't be written.
    """
    write_text(folder / "scores.json", comparison.to_json())
    write_text(folder / "scores.csv", comparison.to_csv())
    write_text(folder / "per_image.csv", comparison.images_csv())
    write_text(folder / "page.html", render(comparison))
    return folder / "page.html"


def render(comparison: Comparison) -> str:
    """The page as HTML text."""
    numbers = {row.label: number for number, row in enumerate(comparison.methods)}
    return standalone_page(
        "i2i.comparing",
        "page.html",
        comparison=comparison,
        first=comparison.scored[0].label,
        cells={row.label: [_cell(comparison, row, key) for key in comparison.measures] for row in comparison.rows},
        marks=MARKS,
        rule=RULE,
        costs=COSTS,
        cost_texts=cost_texts,
        panels=panels(comparison.curves, list(comparison.measures)),
        numbers=numbers,
        width=WIDTH,
        height=HEIGHT,
    )


def _cell(comparison: Comparison, row: Row, key: str) -> Cell | None:
    found, measure = row.scores.get(key), comparison.measures[key]
    if found is None or math.isnan(found.mean):
        return None
    ahead = row.leads.get(key)
    seeds = row.by_seed.get(key, ())
    return Cell(
        f"{found.mean:.{measure.decimals}f}",
        found.bounds_text(measure.decimals),
        row.label == comparison.best(key),
        ahead.standing if ahead else "",
        f"{ahead.interval.mean:+.{measure.decimals}f}" if ahead else "",
        ahead.interval.bounds_text(measure.decimals) if ahead else "",
        ", ".join(f"{mean:.{measure.decimals}f}" for mean in seeds) if len(seeds) > 1 else "",
    )
