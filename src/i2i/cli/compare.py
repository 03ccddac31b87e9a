"""`i2i compare`."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import bar, complain, out, say


def compare(
    pairs: Path,
    *,
    methods: Annotated[
        list[str],
        Parameter(help="Recipes, parted by commas, each with its own +group.key=value; or NAME.yaml of settings."),
    ],
    budget: Annotated[str, Parameter(help="Of each training: 20min of steps, 6000images, or 5e15macs.")],
    to: Annotated[Path, Parameter(help="The folder of the comparison. The same command again continues it.")],
    seeds: Annotated[int, Parameter(help="Trainings of each method, with as many seeds.")] = 1,
    split: Annotated[
        Literal["auto", "val", "held-out", "test"],
        Parameter(help="On which to score; auto: val, else what training held out, never test."),
    ] = "auto",
    direction: flags.Direction = None,
    layout: flags.Layout = None,
    task: flags.Task = None,
    size: flags.Size = None,
    batch: flags.Batch = None,
    width: flags.Width = None,
    seed: flags.Seed = None,
    device: flags.Device = None,
    precision: flags.Precision = None,
    config: Annotated[Path | None, Parameter(help="YAML file with any settings, laid over each recipe.")] = None,
    set_: Annotated[list[str] | None, Parameter(name="--set", help="Any one setting of all: group.key=value.")] = None,
    lpips: flags.Lpips = "alex",
    lpips_weights: flags.LpipsWeights = None,
    features: flags.Features = None,
    reader: flags.Reader = None,
    dry_run: Annotated[bool, Parameter(help="Settle who trains for how long, and train nothing.")] = False,
    json: flags.Json = None,
) -> int:
    """Train methods for an equal budget and lay them side by side: one table, one page of pictures.

    Each is an ordinary run below TO/runs. All are scored on the same images by the same measures, and compared with the
    first, image by image.

    Parameters
    ----------
    pairs
        As for training.
    """
    import logging

    from i2i.comparing.page import save
    from i2i.comparing.running import train_all
    from i2i.comparing.scoring import check_given, score
    from i2i.comparing.side_by_side import assemble, plan_comparison, results
    from i2i.config import read_tree
    from i2i.files import write_text

    chosen = {
        "pairs": str(pairs), "direction": direction, "layout": layout, "task": task, "size": size, "batch": batch,
        "width": width, "seed": seed, "device": device, "precision": precision,
    }  # fmt: skip
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it greets every process at length
    check_given(features, reader)
    network = flags.lpips_network(lpips, lpips_weights)
    with bar("comparing") as show:

        def report(what: str, done: int, of: int) -> None:
            show(done, of, what)

        plan = plan_comparison(
            chosen, methods, budget, to, seeds, split, read_tree(config) if config else None, set_ or [], report
        )
        if dry_run:
            return 0
        stopped = train_all(plan, report)
        if stopped:
            complain(f"stopped; what was trained is in {to}, and the same command continues")
            return 128 + stopped
        comparison = assemble(plan, score(plan, features=features, lpips=network, reader=reader, progress=report))
    page = save(comparison, results(plan))
    if json is not None:
        write_text(json, comparison.to_json())
    for table in comparison.tables():
        out.print(table)
    for line in (*comparison.verdict(), *comparison.notes):
        say(line)
    say(f"page: {page}")
    return 1 if any(row.reason for row in comparison.methods) else 0
