"""Compare methods: train each for an equal budget, score all alike, and lay it all beside each other."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from i2i.comparing.budget import Budget
from i2i.comparing.curves import read_curves
from i2i.comparing.entries import read_entries
from i2i.comparing.leads import Lead, correction, lead
from i2i.comparing.made import made
from i2i.comparing.page import save
from i2i.comparing.plan import Plan, Planned, Progress, SplitChoice
from i2i.comparing.planning import make_plan
from i2i.comparing.result import Comparison
from i2i.comparing.rows import Cost, Row
from i2i.comparing.running import train_all
from i2i.comparing.scoring import Scored, Scoring, check_given, score
from i2i.comparing.verdict import notes
from i2i.errors import ConfigError
from i2i.metrics.bootstrap import Interval
from i2i.metrics.perceptual import LPIPS, LPIPSNetwork
from i2i.runs import RunReader


def compare(
    pairs: str | os.PathLike[str],
    *,
    methods: Sequence[str],
    budget: str,
    to: str | os.PathLike[str],
    seeds: int = 1,
    split: SplitChoice = "auto",
    config: Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
    features: Path | None = None,
    lpips: LPIPS | LPIPSNetwork | None = "alex",
    reader: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
    **flags: Any,
) -> Comparison:
    """Train each method for an equal budget, and score all on the same images.

    Args:
        pairs: as for training.
        methods: recipes, each with settings of its own if need be: "pix2pix", "pix2pix+loss.reconstruction_weight=10",
            "mine.yaml".
        budget: of each training: "20min" of steps on this machine, "6000images", "5e15macs".
        to: the folder of the comparison; the same call again goes on where it was stopped.
        seeds: trainings of each method, with as many seeds from `seed` on.
        split: on which they are scored: "auto" takes the validation split, else what training held out; "test" must be
            named.
        config: nested settings of all methods.
        settings: `group.key=value` settings of all methods.
        features: file of a feature network, for Fréchet, kernel and feature distances.
        lpips: network of LPIPS to look for on this machine, or the module itself; None leaves it out.
        reader: a bundle of the other direction, trained on real images: by how well it reads the inputs off the outputs
            these are judged too.
        progress: called with (what is done, how much of it, of how much).
        **flags: layout, direction, task, size, width, batch, seed, device, precision, as for `i2i.train`.

    Returns:
        What was found; it is also written into the folder, a page of it too.

    Raises:
        I2IError: one line that says what is wrong and what to do; nothing that was trained is lost.
        KeyboardInterrupt: a signal stopped a training.
    """
    check_given(features, reader)
    plan = plan_comparison(
        {"pairs": str(pairs), **flags}, methods, budget, to, seeds, split, config, settings, progress
    )
    if train_all(plan, progress):
        raise KeyboardInterrupt
    comparison = assemble(plan, score(plan, features=features, lpips=lpips, reader=reader, progress=progress))
    save(comparison, results(plan))
    return comparison


def plan_comparison(
    flags: Mapping[str, Any],
    methods: Sequence[str],
    budget: str,
    to: str | os.PathLike[str],
    seeds: int = 1,
    split: SplitChoice = "auto",
    config: Mapping[str, Any] | None = None,
    settings: Sequence[str] = (),
    progress: Progress | None = None,
) -> Plan:
    """The first part of `compare`, which takes the same: all is settled, nothing is trained."""
    if seeds < 1:
        raise ConfigError(f"--seeds {seeds}: expected one at least")
    spent = Budget.read(budget)
    entries = read_entries(methods, flags, config, settings)
    first = entries[0].config.training.seed
    return make_plan(entries, spent, range(first, first + seeds), Path(to), split, progress)


def results(plan: Plan) -> Path:
    """Where what was found is written: another folder for each split."""
    return plan.folder / f"on-{plan.split}"


def assemble(plan: Plan, scoring: Scoring) -> Comparison:
    """The last part of `compare`: trainings and scores as one table."""
    ready = [planned for planned in plan.methods if planned.entry.label in scoring.methods]
    paired = [key for key in scoring.measures if key in scoring.methods[ready[0].entry.label].per_image]
    comparisons = (len(ready) - 1) * len(paired)
    methods = [_row(plan, planned, scoring, ready[0].entry.label, comparisons) for planned in plan.methods]
    baselines = [Row(label, scores=_intervals(scored, scoring)) for label, scored in scoring.baselines.items()]
    everything = scoring.methods | scoring.baselines
    name = Path(plan.methods[0].entry.config.data.pairs).resolve().name
    return Comparison(
        title=f"{len(plan.methods)} methods on {name}, {plan.budget.describe()} each",
        budget=plan.budget,
        split=plan.split,
        names=scoring.names,
        methods=methods,
        baselines=baselines,
        measures=scoring.measures,
        per_image={label: scored.per_image for label, scored in everything.items()},
        correction=correction(comparisons, len(plan.seeds)) if comparisons else "",
        protocol=scoring.protocol,
        notes=notes(methods, baselines, scoring.measures, plan.budget, plan.split, len(scoring.names), len(plan.seeds)),
        missing=scoring.missing,
        made=made(plan.methods[0].entry.config.training.device),
        pictures=scoring.pictures,
        curves=read_curves(plan),
    )


def _row(plan: Plan, planned: Planned, scoring: Scoring, first: str, comparisons: int) -> Row:
    label, recipe = planned.entry.label, planned.entry.config.recipe
    scored = scoring.methods.get(label)
    if scored is None:
        return Row(label, recipe, planned.reason)
    leads: dict[str, Lead] = {}
    for key, values in scored.per_image.items():
        other = scoring.methods[first].per_image.get(key)
        found = lead(scoring.measures[key], values, other, comparisons) if other and label != first else None
        if found:
            leads[key] = found
    return Row(
        label,
        recipe,
        seeds=tuple(planned.trained),
        kept=RunReader(plan.run(planned, planned.trained[0])).read().setting("training.best", ""),
        scores=_intervals(scored, scoring),
        by_seed={key: tuple(means.values()) for key, means in scored.means.items()},
        leads=leads,
        cost=_cost(planned, scoring),
    )


def _intervals(scored: Scored, scoring: Scoring) -> dict[str, Interval]:
    found = {key: scored.interval(key) for key in scoring.measures}
    return {key: interval for key, interval in found.items() if interval is not None}


def _cost(planned: Planned, scoring: Scoring) -> Cost:
    outcomes = [planned.outcomes[seed] for seed in planned.trained]
    use = scoring.uses[planned.entry.label]
    images, seconds, wall = (
        sum(getattr(outcome, name) for outcome in outcomes) / len(outcomes)
        for name in ("images_seen", "seconds", "wall")
    )
    each = planned.work.multiply_adds
    pace = images / seconds if seconds else 0.0
    return Cost(images, seconds, wall, pace, each, each * images, use.parameters, use.multiply_adds)
