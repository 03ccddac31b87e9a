"""The table of an evaluation in a few sentences."""

from collections.abc import Mapping

from i2i.metrics.bootstrap import Interval
from i2i.metrics.measure import Measure


def best_row(rows: Mapping[str, Mapping[str, Interval]], key: str, measure: Measure) -> str | None:
    """The row with the best mean of a measure; None where fewer than two rows have one."""
    means = {row: values[key].mean for row, values in rows.items() if key in values}
    return min(means, key=lambda row: measure.shortfall(means[row])) if len(means) > 1 else None


def describe_verdict(
    model: str,
    rows: Mapping[str, Mapping[str, Interval]],
    measures: Mapping[str, Measure],
    advantages: Mapping[str, Mapping[str, Interval]],
) -> str:
    """Where the model clearly beats every baseline, where it is level with one or behind, image by image and as a set.

    Clearly: the 95 % interval of the difference, image by image, lies on one side of 0. Distances between sets have no
    such difference; they count as they are.
    """
    compared = [key for key in measures if any(key in found for found in advantages.values())]
    won = [key for key in compared if all(_clear(found.get(key)) for found in advantages.values())]
    sentences = [f"{model} clearly beats every baseline in {_listed(won, measures)}."] if won else []
    for row, found in advantages.items():
        behind = [key for key, value in found.items() if value.high is not None and value.high < 0]
        level = [key for key, value in found.items() if key not in behind and not _clear(value)]
        sentences += [f"{model} is behind '{row}' in {_listed(behind, measures)}."] if behind else []
        sentences += [f"{model} is not clearly ahead of '{row}' in {_listed(level, measures)}."] if level else []
    nearest = {key: best_row(rows, key, measure) for key, measure in measures.items() if key not in compared}
    for row in rows:
        keys = [key for key, best in nearest.items() if best == row != model]
        sentences += [f"As a set, '{row}' is nearer to the targets in {_listed(keys, measures)}."] if keys else []
    return " ".join(sentences)


def _clear(advantage: Interval | None) -> bool:
    return advantage is not None and advantage.low is not None and advantage.low > 0


def _listed(keys: list[str], measures: Mapping[str, Measure]) -> str:
    """A, B and C."""
    labels = [measures[key].label for key in keys]
    return " and ".join([", ".join(labels[:-1]), labels[-1]] if len(labels) > 1 else labels)
