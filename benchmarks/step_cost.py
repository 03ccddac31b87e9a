"""What a training step of each method costs, beside the first: whether equal images are equal time.

    python benchmarks/step_cost.py PAIRS --direction right-to-left --methods pix2pix-pytorch,pix2pix --to FILE.json

Each method as it comes for these pairs on this processor, precision included, with the size, width and batch of
`quality.py`. In one process they take turns of a step each, a method's place in the turn moving on; told is the median
over the turns of the ratio to the first in the same turn, and between what bounds nine of ten ratios lie. The batches
are noise: reading pairs is not in it. Leave the machine alone while it runs.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from i2i.allocator import keep_pages
from i2i.comparing.entries import read_entries
from i2i.comparing.made import made
from i2i.config import Config
from i2i.data.samples import Batch
from i2i.data.survey import spec_of
from i2i.training.loop import Step
from i2i.training.resolve import resolve
from i2i.training.setup import make_fabric, make_method, make_state

DEFAULTS = {"size": "128", "width": 32, "batch": 4, "turns": 30}

WARM_UP = 2
"""Turns that are not counted."""


def main() -> None:
    arguments = parse()
    flags = {name: getattr(arguments, name) for name in ("pairs", "direction", "size", "width", "batch")}
    keep_pages()  # as `run_training` does while it lasts
    steps, precisions = {}, {}
    for entry in read_entries([arguments.methods], flags | {"device": "cpu", "images": 10**6}):
        config, *_ = resolve(entry.config)
        steps[entry.label], precisions[entry.label] = stepper(config), config.training.precision
    seconds = take_turns(steps, arguments.turns)
    result = {
        "made": made("cpu"),
        "settings": {name: getattr(arguments, name) for name in ("direction", *DEFAULTS)},
        "methods": {label: told(seconds, label) | {"precision": precisions[label]} for label in steps},
    }
    if arguments.to:
        Path(arguments.to).write_text(json.dumps(result, indent=1) + "\n")
    for label, facts in result["methods"].items():
        low, high = facts["nine_of_ten"]
        print(
            f"{label}, {facts['precision']}: {facts['seconds']:.3f} s, {facts['ratio']:.2f} ({low:.2f} to {high:.2f})"
        )


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs", help="a folder of pairs, as for i2i train")
    parser.add_argument("--direction")
    parser.add_argument("--methods", required=True, help="as for i2i compare; the others are set beside the first")
    for name, default in DEFAULTS.items():
        parser.add_argument(f"--{name}", default=default, type=type(default))
    parser.add_argument("--to", help="a JSON file")
    return parser.parse_args()


def stepper(config: Config) -> Callable[[], object]:
    """A training step on noise."""
    method, fabric = make_method(config), make_fabric(config)
    step = Step(config, method, make_state(config, method, fabric.device), fabric)
    given, wanted = (noise(config, spec_of(side).channels) for side in (config.data.input, config.data.target))
    batch = Batch(given, wanted)
    return lambda: step(batch)


def noise(config: Config, channels: int) -> torch.Tensor:
    """(N, C, H, W) in [-1, 1]."""
    return torch.rand(config.training.batch, channels, *config.data.size) * 2 - 1


def take_turns(steps: dict[str, Callable[[], object]], turns: int) -> dict[str, list[float]]:
    """Seconds of each step, by method."""
    seconds: dict[str, list[float]] = {label: [] for label in steps}
    labels = list(steps)
    for turn in range(WARM_UP + turns):
        place = turn % len(labels)
        for label in labels[place:] + labels[:place]:
            started = time.perf_counter()
            steps[label]()
            if turn >= WARM_UP:
                seconds[label].append(time.perf_counter() - started)
    return seconds


def told(seconds: dict[str, list[float]], label: str) -> dict[str, object]:
    """The median of a method's steps, and of their ratios to the first's."""
    first = next(iter(seconds.values()))
    ratios = [own / base for own, base in zip(seconds[label], first, strict=True)]
    twentieths = statistics.quantiles(ratios, n=20)
    return {
        "seconds": round(statistics.median(seconds[label]), 4),
        "ratio": round(statistics.median(ratios), 3),
        "nine_of_ten": [round(twentieths[0], 3), round(twentieths[-1], 3)],
    }


if __name__ == "__main__":
    main()
