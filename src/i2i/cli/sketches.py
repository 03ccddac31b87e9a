"""`i2i sketches`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import bar, say


def sketches(
    *,
    to: Annotated[Path, Parameter(help="New folder for the pairs.")],
    count: Annotated[int, Parameter(help="How many pairs, over all splits.")] = 1000,
    size: flags.Size = "256",
    seed: flags.Seed = 0,
    drawings: Annotated[
        Path | None, Parameter(name="--from", help="SketchGraphs JSON, a file or a folder: real sketches instead.")
    ] = None,
) -> None:
    """Draw pairs to train on: a sketch as by hand on the left, the clean CAD drawing on the right."""
    from i2i.config import read_size
    from i2i.data.sketches import read_sketchgraphs, write_pairs

    height_width = read_size(size or "256")
    with bar("drawing") as show:
        found = read_sketchgraphs(drawings) if drawings else None
        write_pairs(to, count, size=height_width, seed=seed or 0, drawings=found, progress=show)
    say(f"{to}: pairs in train, val and test; next: i2i train {to} --to RUN")
