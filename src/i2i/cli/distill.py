"""`i2i distill`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import complain, say, write_json
from i2i.cli.train import print_resolved, train_with_bar
from i2i.errors import ConfigError


def distill(
    bundle: Path,
    *,
    to: Annotated[Path | None, Parameter(help="The run folder. The same command again continues it.")] = None,
    pairs: Annotated[
        Path | None, Parameter(help="The teacher's training pairs. Default: where they lay when it was trained.")
    ] = None,
    budget: Annotated[
        float | None,
        Parameter(help="Multiply-adds: a share of the teacher's up to 1, or their number for an image. Default: 0.1."),
    ] = None,
    search: Annotated[
        int | None,
        Parameter(help="Training images to spend on finding the stages' widths. Default: none, one factor for all."),
    ] = None,
    direction: flags.Direction = None,
    images: flags.Images = None,
    batch: flags.Batch = None,
    seed: flags.Seed = None,
    device: flags.Device = None,
    precision: flags.Precision = None,
    config: Annotated[Path | None, Parameter(help="YAML file with any settings, laid over the teacher's.")] = None,
    set_: Annotated[list[str] | None, Parameter(name="--set", help="Any one setting: group.key=value.")] = None,
    dry_run: Annotated[bool, Parameter(help="Print the resolved configuration and train nothing.")] = False,
    json: flags.Json = None,
) -> int:
    """Train a slimmer generator to do what a translator does; it is left in RUN/bundle.

    It is trained as its teacher was, on the same pairs, and learns from the teacher's features besides. The same pairs
    are held out; on them the two are compared in the end.

    Parameters
    ----------
    bundle
        The teacher: a bundle, or hub:OWNER/NAME, or a run, from whose checkpoint the discriminator then begins.
    """
    import json as json_text

    from i2i.bundle import read_bundle_config
    from i2i.config import read_tree
    from i2i.training.comparison import COMPARISON, describe
    from i2i.training.distillation import compose_student, run_distillation
    from i2i.training.validation import instruments

    chosen = {
        "pairs": None if pairs is None else str(pairs), "budget": budget, "search": search, "direction": direction,
        "images": images, "batch": batch, "seed": seed, "device": device, "precision": precision,
    }  # fmt: skip
    composed = compose_student(bundle, chosen, read_tree(config) if config else None, set_ or [])
    if dry_run:
        return print_resolved(composed, json)
    if to is None:
        raise ConfigError("--to: missing; expected the run folder in which everything is left, such as --to runs/slim")
    run = train_with_bar(composed, to, run_distillation)
    if run.signal:
        complain(f"stopped at image {run.images_seen} of {run.images} and saved; the same command continues")
        return 128 + run.signal
    compared = json_text.loads((run.folder / COMPARISON).read_text(encoding="utf-8"))
    write_json(json, {"run": run.folder, "images_seen": run.images_seen, "images": run.images, **compared})
    measures = instruments(read_bundle_config(run.bundle).target.measured).measures
    say(f"{run.bundle}: {describe(compared, measures)}")
    say(f"next: i2i translate {run.folder} IMAGE_OR_FOLDER --to OUT")
    return 0
