"""`i2i demo`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import bar, out, say
from i2i.cli.train import train_with_bar

SETTINGS = {
    "data": {"direction": "left-to-right", "size": 64, "jitter": 1.0},
    "generator": {"width": 16},
    "discriminator": {"width": 16, "depth": 2},
    "training": {"images": 12_000, "batch": 8, "loggers": []},
}
"""What fits in four minutes on two cores: small drawings, a slim network."""

COUNTS = 1200
"""Pairs that are drawn, over all splits."""


def demo(
    *,
    to: Annotated[Path, Parameter(help="The run folder. The same command again continues it.")] = Path("runs/demo"),
    seed: flags.Seed = 0,
    device: flags.Device = None,
) -> int:
    """Draw sketch → CAD pairs, train on them, and score the result: the whole job in a few minutes on two cores."""
    from i2i.data.sketches import write_pairs
    from i2i.evaluation import evaluate
    from i2i.training.compose import compose

    pairs, report = to / "pairs", to / "report"
    run = to / "run"
    if not pairs.exists():
        with bar("drawing pairs") as show:
            write_pairs(pairs, COUNTS, size=(64, 64), seed=seed or 0, progress=show)
    config = compose("pix2pix", {"pairs": str(pairs), "seed": seed, "device": device}, SETTINGS)
    result = train_with_bar(config, run)
    if result.signal:
        say("stopped and saved; the same command continues")
        return 128 + result.signal
    return 0
