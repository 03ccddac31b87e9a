"""A line of the table of a comparison: a method's scores, its leads, and what it took."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from i2i.comparing.budget import duration
from i2i.comparing.leads import Lead
from i2i.metrics.bootstrap import Interval
from i2i.metrics.measure import Measure

MARKS = {"better": "▲", "worse": "▼", "level": "≈"}
"""Beside a lead."""


@dataclass(frozen=True)
class Cost:
    """What a method took, of several seeds on average.

    Attributes:
        images_seen: in training.
        seconds: of its steps; `wall` with reading, validating and saving too.
        images_per_second: in its steps.
        training_multiply_adds: an image.
        total_multiply_adds: of the whole training.
        parameters: of the generator.
        multiply_adds: of the generator, for an image.
    """

    images_seen: float
    seconds: float
    wall: float
    images_per_second: float
    training_multiply_adds: float
    total_multiply_adds: float
    parameters: int
    multiply_adds: int


@dataclass(frozen=True)
class Row:
    """A method, or a baseline.

    Attributes:
        label: its name in the table.
        recipe: on which it stands; empty of a baseline.
        reason: why it has no scores; empty if it has.
        seeds: with which it was trained.
        kept: by which measure its weights were chosen, or "last".
        scores: measure → mean with interval.
        by_seed: measure → the mean of each seed.
        leads: measure → over the first method; none of its own.
        cost: of training and use; none of a baseline.
    """

    label: str
    recipe: str = ""
    reason: str = ""
    seeds: tuple[int, ...] = ()
    kept: str = ""
    scores: dict[str, Interval] = field(default_factory=dict)
    by_seed: dict[str, tuple[float, ...]] = field(default_factory=dict)
    leads: dict[str, Lead] = field(default_factory=dict)
    cost: Cost | None = None


def best_row(rows: Sequence[Row], key: str, measure: Measure) -> str | None:
    """The label with the best mean of a measure; None where fewer than two have one."""
    means = {row.label: row.scores[key].mean for row in rows if key in row.scores}
    return min(means, key=lambda label: measure.shortfall(means[label])) if len(means) > 1 else None


COSTS = (
    "images seen",
    "time",
    "images/s",
    "multiply-adds: training an image",
    "in all",
    "parameters of G",
    "in use, an image",
)
"""Headings of what a method took."""


def cost_texts(cost: Cost | None) -> list[str]:
    """What a method took, in the order of `COSTS`."""
    if cost is None:
        return [""] * len(COSTS)
    return [
        f"{cost.images_seen:,.0f}",
        duration(cost.seconds),
        f"{cost.images_per_second:.3g}",
        large(cost.training_multiply_adds),
        large(cost.total_multiply_adds),
        large(cost.parameters),
        large(cost.multiply_adds),
    ]


def large(number: float) -> str:
    """Such as "43.5 G", "1.2 M"."""
    for power, prefix in ((15, "P"), (12, "T"), (9, "G"), (6, "M"), (3, "k")):
        if number >= 0.9995 * 10**power:
            return f"{number / 10**power:.3g} {prefix}"
    return f"{number:.3g}"
