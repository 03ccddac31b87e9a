"""What a bridge costs and gives: steps against quality, beside pix2pix trained by as many multiply-adds.

    python benchmarks/bridge.py ../shared/data/facades --direction right-to-left --to runs/bridge \
        --features ../shared/data/squeezenet_v1.0/weights.npz

Trains `--recipe pix2pix` and `--recipe bridge` with the same budget of multiply-adds, keeps the last weights of each,
and scores them on the pairs that were held out of the training split, the bridge at several numbers of steps. Then
times both, one image at a time, taking turns. Writes `results.json`, `results.md` and a sheet of pictures; a run that
was stopped is continued by the same command.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from itertools import count
from pathlib import Path

import torch

from i2i.config import read_size
from i2i.data.layouts import find_pairs
from i2i.data.samples import Reading, read_pair
from i2i.evaluation import contact_sheet, evaluate_samples
from i2i.evaluation.pairs import choose_pairs
from i2i.generators import find_generator
from i2i.images import ImageSpec, Pixels, write_image
from i2i.layers.multiply_adds import multiply_adds
from i2i.methods import build_method
from i2i.methods.recipes import find_recipe
from i2i.training.compose import lay
from i2i.translator import Translator, load

RECIPES = ("pix2pix", "bridge")
BATCH = {"pix2pix": 4, "bridge": 8}
STEPS = (1, 2, 4, 8, 16, 32)
SHOWN, TURNS = 6, 3
MEASURES = ("psnr", "ssim", "l1", "feature_distance", "sharpness", "sliced_wasserstein", "frechet", "kernel")


def main() -> None:
    arguments = parse()
    to = Path(arguments.to)
    if arguments.stage in ("all", "train"):
        for recipe in RECIPES:
            train(arguments, to / recipe, recipe, int(plan(arguments, recipe)["images"]))
    runs = {"pix2pix": (to / "pix2pix", 0)} | {f"bridge, {steps}": (to / "bridge", steps) for steps in STEPS}
    if arguments.stage in ("all", "score"):
        for run, steps in runs.values():
            score(arguments, run, steps)
    if arguments.stage in ("all", "time"):
        seconds = measure({row: load(run, steps=steps or None) for row, (run, steps) in runs.items()})
        (to / "seconds.json").write_text(json.dumps(seconds, indent=1) + "\n")
    if arguments.stage in ("all", "tell"):
        tell(arguments, to, {recipe: plan(arguments, recipe) for recipe in RECIPES}, runs)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs")
    parser.add_argument("--to", required=True)
    parser.add_argument("--direction", default="")
    for name, default in {"size": "64", "seed": 0, "budget": 3e12, "pix2pix-width": 32, "bridge-width": 16}.items():
        parser.add_argument(f"--{name}", default=default, type=type(default))
    parser.add_argument("--features", default="", help="a feature network, for Fréchet, kernel and feature distances")
    parser.add_argument("--stage", choices=["all", "train", "score", "time", "tell"], default="all")
    return parser.parse_args()


def plan(arguments: argparse.Namespace, recipe: str) -> dict[str, float]:
    """How much a training image costs, and how many of them the budget has."""
    changes = {"data": {side: {"channels": 3} for side in ("input", "target")}}
    width = getattr(arguments, f"{recipe}_width")
    config = lay(find_recipe(recipe), {"size": arguments.size, "width": width}, changes, [])
    height, side = config.data.size
    config = replace(config, generator=find_generator(config.generator.name).settle(config.generator, (height, side)))
    networks = build_method(config).networks()
    generator, judge = networks["generator"], networks.get("discriminator")
    generator.steps = min(generator.steps, 1)
    forward = multiply_adds(generator, 1, 3, height, side)
    judged = multiply_adds(judge, 1, 6, height, side) if judge else 0
    # Backward is twice the forward, once the forward where weights are frozen: 3 G, and of D 2 × 3 for itself, 2 for G.
    cost = 3 * forward + 8 * judged
    images = int(arguments.budget / cost) // 8 * 8
    parameters = sum(weights.numel() for weights in generator.parameters())
    return {"images": images, "training_cost": cost, "evaluation_cost": forward, "parameters": parameters}


def train(arguments: argparse.Namespace, to: Path, recipe: str, images: int) -> None:
    command = ["train", arguments.pairs, "--to", str(to), "--recipe", recipe, "--images", str(images)]
    command += ["--width", str(getattr(arguments, f"{recipe}_width"))]
    for flag in ("direction", "size", "seed"):
        command += [f"--{flag}", str(getattr(arguments, flag))]
    command += ["--batch", str(BATCH[recipe])]
    for setting in (
        "training.best=last",
        "training.ema_halflife_images=0",
        f"training.validate_every_images={images // 64 * 8}",
    ):
        command += ["--set", setting]
    i2i(*command)


def score(arguments: argparse.Namespace, run: Path, steps: int) -> None:
    """On the held-out pairs, each under a seed of its own; without the baselines, which i2i compare has."""
    file = run / f"scores-{steps}.json"
    if file.is_file():
        return
    translator = load(run, steps=steps or None)
    config, seeds = translator.config, count()
    chosen = choose_pairs(config, arguments.pairs, split="held-out")
    found = evaluate_samples(
        lambda pixels, name: translator.translate(pixels, seed=next(seeds)),
        chosen.scored,
        protocol=f"{chosen.protocol}.",
        specs=(config.input, config.target),
        features=Path(arguments.features) if arguments.features else None,
        lpips=None,
    )
    file.write_text(found.to_json())


def measure(translators: dict[str, Translator]) -> dict[str, tuple[float, float, float]]:
    """Seconds an image of the training size, one at a time, taking turns: median, least, most."""
    config = next(iter(translators.values())).config
    image = torch.rand(1, config.input.planes, *config.size) * 2 - 1
    times: dict[str, list[float]] = {row: [] for row in translators}
    for turn in range(1 + TURNS):
        for row, translator in translators.items():
            started = time.perf_counter()
            translator.predict(image)
            if turn:
                times[row].append(time.perf_counter() - started)
    return {row: (statistics.median(own), min(own), max(own)) for row, own in times.items()}


def i2i(*command: str) -> None:
    subprocess.run([sys.executable, "-m", "i2i", *command], check=True)


def tell(
    arguments: argparse.Namespace, to: Path, plans: dict[str, dict[str, float]], runs: dict[str, tuple[Path, int]]
) -> None:
    scores = {row: json.loads((run / f"scores-{steps}.json").read_text()) for row, (run, steps) in runs.items()}
    seconds = json.loads((to / "seconds.json").read_text())
    facts = made(arguments, plans)
    rows = {row: found["rows"]["i2i"] for row, found in scores.items()}
    first = scores["pix2pix"]
    others = {row: values for row, values in first["rows"].items() if row != "i2i" and values}
    result = {"made": facts, "rows": rows | others, "seconds_an_image": seconds, "protocol": first["protocol"]}
    (to / "results.json").write_text(json.dumps(result, indent=1) + "\n")
    keys = [key for key in MEASURES if key in first["measures"]]
    headings = [f"{first['measures'][key]['label']} {first['measures'][key]['unit']}".strip() for key in keys]
    lines = [f"| | ms an image | {' | '.join(headings)} |", "|---" * (len(keys) + 2) + "|"]
    for row, values in (rows | others).items():
        spent = f"{1e3 * seconds[row][0]:.1f}" if row in seconds else ""
        lines.append(f"| {row} | {spent} | {' | '.join(interval(values.get(key)) for key in keys)} |")
    lines += ["", *(f"- {key}: {value}" for key, value in facts.items())]
    lines += ["", "Protocol:", "", *(f"- {line}" for line in first["protocol"].splitlines()), ""]
    (to / "results.md").write_text("\n".join(lines))
    write_image(to / "pictures.png", pictures(arguments, to, runs))
    print((to / "results.md").read_text())


def interval(value: dict | None) -> str:
    if value is None:
        return "-"
    decimals = 2 if abs(value["mean"]) >= 1 else 3
    mean = f"{value['mean']:.{decimals}f}"
    return mean if value["low"] is None else f"{mean} [{value['low']:.{decimals}f}, {value['high']:.{decimals}f}]"


def made(arguments: argparse.Namespace, plans: dict[str, dict[str, float]]) -> dict[str, str]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    trained = {
        recipe: f"{found['images']:,} training images at {found['training_cost'] / 1e9:.2f} G multiply-adds each, "
        f"{found['evaluation_cost'] / 1e9:.3f} G an evaluation, {found['parameters']:,} parameters"
        for recipe, found in plans.items()
    }
    return {
        "pairs": f"{Path(arguments.pairs).name}, {arguments.direction}, {arguments.size} pixels, seed {arguments.seed}",
        **trained,
        "commit": commit.stdout.strip() or "unknown",
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}",
    }


def pictures(arguments: argparse.Namespace, to: Path, runs: dict[str, tuple[Path, int]]) -> Pixels:
    """Input, pix2pix, the bridge in steps, another sample of the most steps, target; of held-out pairs."""
    held_out = json.loads((to / "bridge" / "split.json").read_text())["held out"]
    pairs = find_pairs(arguments.pairs, direction=arguments.direction).splits["train"]
    chosen = [pair for pair in pairs if pair.name in held_out][:SHOWN]
    translators = {row: load(run, steps=steps or None) for row, (run, steps) in runs.items()}
    sheet = []
    for pair in chosen:
        given, target = read_pair(pair, Reading(ImageSpec(3), ImageSpec(3), read_size(arguments.size)))
        row = [given, *(translator(given) for translator in translators.values())]
        sheet.append([*row, [*translators.values()][-1](given, seed=1), target])
    return contact_sheet(sheet, ["input", *translators, "another", "target"])


if __name__ == "__main__":
    main()
