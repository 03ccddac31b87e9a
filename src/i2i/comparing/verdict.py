"""A comparison in sentences: what is better than what, what can't be told apart, and what a reader must know."""

from collections.abc import Mapping, Sequence

from i2i.comparing.budget import Budget, duration
from i2i.comparing.rows import Row, best_row
from i2i.metrics.measure import Measure

OFF = 0.1
"""Share by which the time spent may miss a budget in time before that is said."""

FEW = 20
"""Images below which intervals are too narrow for what they claim."""


def describe_leads(scored: Sequence[Row], measures: Mapping[str, Measure]) -> list[str]:
    """A sentence for each method but the first; then one for each measure of sets, which has no interval."""
    if len(scored) < 2:
        return ["Only one method has scores: there is nothing to compare it with."]
    first, *others = scored
    sentences = []
    for row in others:
        by = {
            standing: _listed([key for key, found in row.leads.items() if found.standing == standing], measures)
            for standing in ("better", "worse", "level")
        }
        told = [f"{how} in {by[how]}" for how in ("better", "worse") if by[how]]
        if told:
            level = f"; in {by['level']} they can't be told apart" if by["level"] else ""
            sentences.append(f"{row.label} is {' and '.join(told)} than {first.label}{level}.")
        elif by["level"]:
            sentences.append(f"{row.label} and {first.label} can't be told apart, in {by['level']}.")
    of_sets = [key for key in measures if not any(key in row.leads for row in others)]
    best: dict[str, list[str]] = {}
    for key in of_sets:
        leading = next((row for row in scored if row.label == best_row(scored, key, measures[key])), None)
        if leading is not None:
            seeds = _of_seeds(leading, [row for row in scored if row is not leading], key, measures[key])
            best.setdefault(f"{leading.label} is the best{seeds}", []).append(key)
    sentences += [f"By {_listed(keys, measures)}, of sets and without a test, {told}." for told, keys in best.items()]
    return sentences


def _of_seeds(best: Row, rest: Sequence[Row], key: str, measure: Measure) -> str:
    """Whether each training of the best is better than all of the others'."""
    if len(best.by_seed.get(key, ())) < 2:
        return ""
    others = [measure.shortfall(mean) for row in rest for mean in row.by_seed.get(key, ())]
    ours = [measure.shortfall(mean) for mean in best.by_seed[key]]
    return ", with every seed" if max(ours) < min(others) else ", but not with every seed"


def notes(
    rows: Sequence[Row],
    baselines: Sequence[Row],
    measures: Mapping[str, Measure],
    budget: Budget,
    split: str,
    images: int,
    seeds: int,
) -> list[str]:
    """What a reader of the table must know.

    Args:
        rows: the methods.
        baselines: translators that learned nothing.
        measures: by key.
        budget: of each training.
        split: on which they were scored, of so many `images`.
        seeds: with which each was to be trained.
    """
    scored = [row for row in rows if not row.reason]
    found = [f"{row.label} is not compared: {row.reason}" for row in rows if row.reason]
    found += [
        f"{row.label} has {len(row.seeds)} of {seeds} seeds: the others failed"
        for row in scored
        if len(row.seeds) < seeds
    ]
    found += [told for row in scored if (told := _of_time(row, budget))]
    found += [told for each in baselines if (told := _of_baseline(scored, each, measures))]
    found.append(_of_weights(scored, measures, split))
    if seeds < 2:
        found.append(
            "One training each: the intervals tell how scores vary with the images, not with the seed, which can "
            "change them by as much; --seeds 3 shows by how much"
        )
    if images < FEW:
        found.append(
            f"{images} {'image is' if images == 1 else 'images are'} few: intervals over so few are too narrow"
        )
    return [note if note.endswith(".") else f"{note}." for note in found]


def _of_time(row: Row, budget: Budget) -> str:
    """Where a budget in time was missed; empty where it was not."""
    if budget.unit != "seconds" or row.cost is None:
        return ""
    off = row.cost.seconds / budget.amount - 1
    if abs(off) <= OFF:
        return ""
    return (
        f"{row.label} took {duration(row.cost.seconds)} for its steps, {abs(off):.0%} {'more' if off > 0 else 'less'} "
        f"than the budget: the machine was {'slower' if off > 0 else 'quicker'} than when it was tried"
    )


def _of_baseline(scored: Sequence[Row], baseline: Row, measures: Mapping[str, Measure]) -> str:
    """By which measures of single images no method is better than what learned nothing; empty where there are none."""
    behind = [
        key
        for key in (key for row in scored for key in row.leads)
        if key in baseline.scores and best_row([*scored, baseline], key, measures[key]) == baseline.label
    ]
    keys = list(dict.fromkeys(behind))
    return f"No method is better than '{baseline.label}' in {_listed(keys, measures)}" if keys else ""


def _of_weights(scored: Sequence[Row], measures: Mapping[str, Measure], split: str) -> str:
    """Which weights were scored, and whether these images had a say in that."""
    kept: dict[str, list[str]] = {}
    for row in scored:
        kept.setdefault(row.kept, []).append(row.label)
    told = []
    for key, labels in kept.items():
        what = (
            "the last"
            if key == "last"
            else f"the best validation's by {measures[key].label if key in measures else key}"
        )
        told.append(f"{what} of {_joined(labels)}")
    chosen = [label for key, labels in kept.items() if key != "last" for label in labels]
    same = f", chosen on these very images, which flatters {_joined(chosen)}" if chosen and split != "test" else ""
    return f"The weights scored are {'; '.join(told)}{same}"


def _listed(keys: list[str], measures: Mapping[str, Measure]) -> str:
    return _joined([measures[key].label for key in keys])


def _joined(words: list[str]) -> str:
    """A, B and C."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
