"""`i2i demo`."""

import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import bar, out, say
from i2i.cli.train import train_with_bar

SIDE = 96
"""Pixels: small enough for two cores, large enough that the drawings can be read."""

PAIRS = 1000
"""Drawn, over all splits."""

SETTINGS = {
    "data": {"size": SIDE, "jitter": 1.0, "direction": "left-to-right"},
    "generator": {"width": 16},
    "discriminator": {"width": 16, "depth": 2},
    "optimizer": {"learning_rate": 1e-3, "discriminator_learning_rate": 2e-4},
    "training": {"images": 5000, "batch": 4, "ema_halflife_images": 400.0, "loggers": []},
}
"""The recipe on a diet: a slim generator, brought far in few steps by a higher learning rate, and averaged."""


def demo(
    *,
    to: Annotated[Path, Parameter(help="New folder. The same command again continues a demo that was stopped.")] = Path(
        "runs/demo"
    ),
    images: flags.Images = None,
    seed: flags.Seed = 0,
    device: flags.Device = None,
) -> int:
    """Draw sketch → CAD pairs, train on them, score the result: the whole job, in about four minutes on two cores."""
    from i2i.evaluation import evaluate
    from i2i.training.compose import compose

    started = time.monotonic()
    pairs, run, report = to / "pairs", to / "run", to / "report"
    _draw(pairs, seed or 0)
    chosen = {"pairs": str(pairs), "seed": seed, "images": images, "device": device}
    result = train_with_bar(compose("pix2pix", chosen, SETTINGS), run)
    if result.signal:
        say(f"stopped and saved; the same command continues at image {result.images_seen}")
        return 128 + result.signal
    with bar("evaluating") as show:
        scores = evaluate(run, pairs, lpips=None, device=device or "auto", progress=show)
    out.print(scores.table())
    page = scores.save(report, "Sketch to CAD", losses=run / "losses.csv", validation=run / "validation.csv")
    say(
        f"\ndone in {time.monotonic() - started:.0f} s; look at\n"
        f"  {page}   scores, curves and pictures, for a browser\n"
        f"  {report / 'contact_sheet.png'}   input, output, target\n"
        f"  {run / 'bundle'}   the translator: weights, configuration, model card\n"
        "next, on drawings of your own or on your own pairs:\n"
        f"  i2i translate {run} DRAWING.png --to CLEAN.png\n"
        "  i2i train PAIRS --to RUN\n"
        "(i2i is .venv/bin/i2i here; 'source .venv/bin/activate' puts it on the path)"
    )
    return 0


def _draw(pairs: Path, seed: int) -> None:
    """The pairs, drawn aside and moved into place when all are there, so that a stopped drawing is not half a set."""
    from shutil import rmtree

    from i2i.data.sketches import write_pairs

    if pairs.exists():
        return
    partial = pairs.with_name("pairs.partial")
    rmtree(partial, ignore_errors=True)
    with bar("drawing pairs") as show:
        write_pairs(partial, PAIRS, size=(SIDE, SIDE), seed=seed, progress=show)
    partial.rename(pairs)
