"""`i2i data`."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from i2i.cli import flags
from i2i.cli.terminal import bar, complain, out, say, write_json

data_app = App(name="data", help="Pairs made from plain photos: colourise, inpaint, super-resolve, denoise …")


@data_app.command
def make(
    task: str,
    photos: Path,
    *,
    to: Annotated[Path, Parameter(help="New folder for the pairs.")],
    size: Annotated[
        str | None, Parameter(help="Cut out crops of 256, or HEIGHTxWIDTH, pixels. Default: whole photos.")
    ] = None,
    per_photo: Annotated[int, Parameter(help="Crops of each photo.")] = 1,
    seed: flags.Seed = 0,
    validation: Annotated[float, Parameter(help="Share of the photos in val.")] = 0.1,
    test: Annotated[float, Parameter(help="Share of the photos in test.")] = 0.1,
    json: flags.Json = None,
) -> int:
    """Write pairs to train on, made of plain photos; no photo has pairs in two splits.

    Parameters
    ----------
    task
        What to make of each photo; 'i2i data tasks' lists them.
    photos
        A folder of photos. If it has folders train, val or test, these stay the splits.
    """
    from i2i.config import read_size
    from i2i.data.tasks import task_by_name, train_command, write_pairs

    chosen = task_by_name(task)
    height_width = read_size(size) if size else None
    with bar("making pairs") as show:
        made = write_pairs(
            chosen,
            photos,
            to,
            size=height_width,
            per_photo=per_photo,
            seed=seed or 0,
            validation=validation,
            test=test,
            progress=show,
        )
    counts = ", ".join(f"{count} {split}" for split, count in made.pairs.items())
    unread = f"; {len(made.failed)} photo{'s' * (len(made.failed) > 1)} could not be read" if made.failed else ""
    say(f"{to}: {counts}; {chosen.summary}{unread}")
    for reason in made.failed.values():
        complain(reason)
    say(f"next: {train_command(chosen, str(to), height_width)}")
    write_json(json, {"pairs": made.pairs, "failed": {str(path): reason for path, reason in made.failed.items()}})
    return 1 if made.failed else 0


@data_app.command
def tasks(*, json: flags.Json = None) -> None:
    """List the tasks: what is made of a photo, and what it is to become again."""
    from i2i.data.tasks import TASKS

    for name, task in TASKS.items():
        out.print(f"[bold]{name:<24}[/]{task.summary}")
    say("Make pairs with 'i2i data make TASK PHOTOS --to PAIRS', or train on photos with --task TASK.")
    write_json(json, {name: {"summary": task.summary, "best": task.measure} for name, task in TASKS.items()})
