"""`i2i train`."""

import logging
import os
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import bar, complain, out, say, write_json
from i2i.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from i2i.config import Config
    from i2i.training import Run
    from i2i.training.session import Progress


def train(
    pairs: Path,
    *,
    to: Annotated[Path | None, Parameter(help="The run folder. The same command again continues it.")] = None,
    recipe: flags.Recipe = None,
    direction: flags.Direction = None,
    layout: flags.Layout = None,
    task: flags.Task = None,
    size: flags.Size = None,
    images: flags.Images = None,
    batch: flags.Batch = None,
    width: flags.Width = None,
    seed: flags.Seed = None,
    device: flags.Device = None,
    precision: flags.Precision = None,
    config: Annotated[Path | None, Parameter(help="YAML file with any settings, laid over the recipe.")] = None,
    set_: Annotated[list[str] | None, Parameter(name="--set", help="Any one setting: group.key=value.")] = None,
    watch: Annotated[bool, Parameter(help="Serve the page of 'i2i watch' over the run meanwhile.")] = False,
    dry_run: Annotated[bool, Parameter(help="Print the resolved configuration and train nothing.")] = False,
    json: flags.Json = None,
) -> int:
    """Train a translator on image pairs; the best one is left in RUN/bundle.

    Parameters
    ----------
    pairs
        Side-by-side images (also in train/, val/, test/), a folder a side, a manifest; or photos, with a task.
    """
    from i2i.config import read_tree
    from i2i.training.compose import compose

    chosen = {
        "pairs": str(pairs), "direction": direction, "layout": layout, "task": task, "size": size, "images": images,
        "batch": batch, "width": width, "seed": seed, "device": device, "precision": precision,
    }  # fmt: skip
    composed = compose(recipe, chosen, read_tree(config) if config else None, set_ or [])
    if dry_run:
        return print_resolved(composed, json)
    if to is None:
        raise ConfigError("--to: missing; expected the run folder in which everything is left, such as --to runs/first")
    with _page_beside(to) if watch else nullcontext():
        run = train_with_bar(composed, to)
    write_json(json, {"run": run.folder, "images_seen": run.images_seen, "images": run.images, "scores": run.scores})
    if run.signal:
        complain(f"stopped at image {run.images_seen} of {run.images} and saved; the same command continues")
        return 128 + run.signal
    say(f"{run.bundle}: trained on {run.images_seen} images" + _scores(run))
    into = " --to-domain NAME" if _domains(run) else ""
    say(f"next: i2i translate {run.folder} IMAGE_OR_FOLDER --to OUT{into}   or   i2i evaluate {run.folder} {pairs}")
    return 0


def _page_beside(run: Path) -> "AbstractContextManager[None]":
    """The page of `i2i watch` over the run, beside the first process of a training."""
    from i2i.watch.beside import watched

    return nullcontext() if os.environ.get("LOCAL_RANK", "0") != "0" else watched(run, say)


def train_with_bar(config: "Config", to: Path, run: "Callable[..., Run] | None" = None) -> "Run":
    """Train, with a live bar of the images seen, the terms of the objective and the last validation.

    By `run_training`, or by another function `run` that takes the same.
    """
    from i2i.training.train import run_training

    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it greets every process at length
    with bar("training") as show:

        def report(progress: "Progress") -> None:
            terms = (
                f"{name.replace('generator', 'G').replace('discriminator', 'D')} {value:.2f}"
                for name, value in progress.terms.items()
            )
            show(progress.images_seen, progress.images, "  ".join(terms))

        return (run or run_training)(config, to, report, decoding=lambda done, of: show(done, of, "decoding pairs"))


def _domains(run: "Run") -> tuple[str, ...]:
    """Into which it translates, where they are several."""
    from i2i.bundle import read_bundle_config

    return read_bundle_config(run.bundle).domains


def _scores(run: "Run") -> str:
    from i2i.bundle import read_bundle_config
    from i2i.training.validation import measures_of

    if not run.scores:
        return ""
    config = read_bundle_config(run.bundle)
    measures = measures_of(config.target.measured, config.domains)
    found = (f"{measures[name].label} {value:.{measures[name].decimals}f}" for name, value in run.scores.items())
    return f"; on held-out pairs: {', '.join(found)}"


def print_resolved(config: "Config", json: Path | None) -> int:
    """The configuration with nothing left open, for a look before anything is trained."""
    from i2i.config import to_tree, to_yaml
    from i2i.training.resolve import resolve

    resolved, found, train_pairs, held_out = resolve(config)
    out.print(f"# {found.describe()}; {len(train_pairs)} to train on, {len(held_out)} held out", markup=False)
    out.print(to_yaml(resolved), markup=False, end="")
    write_json(json, to_tree(resolved))
    return 0
