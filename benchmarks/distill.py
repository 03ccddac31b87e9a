"""A student of a tenth of its teacher's multiply-adds: distilled, and trained from scratch by the same images.

    python benchmarks/distill.py ../shared/data/facades --direction right-to-left --to runs/distill

Trains a teacher by the recipe, then students of one shape: distilled, from scratch, from scratch against the teacher's
discriminator, and distilled with part of the images spent on a search for the widths. Every tenth training pair is held
out from all of them alike. The test split is read once, at the end. Writes `results.json`, `results.md` and a sheet of
pictures; a run that was stopped is continued by the same command.
"""

import argparse
import csv
import json
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
import yaml

from i2i.bundle import load_bundle
from i2i.config import read_size
from i2i.data.layouts import find_pairs
from i2i.data.samples import Reading, read_pair
from i2i.evaluation import contact_sheet
from i2i.images import ImageSpec, resize, write_image
from i2i.methods.distill import cost
from i2i.metrics.bootstrap import difference_interval
from i2i.translator import load

SHOWN = 8
SEARCH_SHARE = 0.3
SEARCHED, INHERITED = "distilled, widths searched", "from scratch, teacher's D"


def main() -> None:
    arguments = parse()
    to = Path(arguments.to)
    held_out = hold_out(arguments, to)
    teacher = to / "teacher"
    train(arguments, teacher, arguments.teacher_images, 0, [f"generator.width={arguments.width}"], held_out)
    rows: dict[str, list[Path]] = {"teacher": [teacher]}
    for seed in range(arguments.seeds):
        distilled, scratch = to / f"distilled-{seed}", to / f"scratch-{seed}"
        distil(arguments, teacher, distilled, arguments.images, seed)
        widths = yaml.safe_load((distilled / "config.yaml").read_text())["generator"]["widths"]
        train(arguments, scratch, arguments.images, seed, [f"generator.widths={widths}"], held_out)
        rows.setdefault("distilled", []).append(distilled)
        rows.setdefault("from scratch", []).append(scratch)
    for seed in range(arguments.searches):
        spent = round(SEARCH_SHARE * arguments.images)
        searched = to / f"searched-{seed}"
        distil(arguments, teacher, searched, arguments.images - spent, seed, "--search", str(spent))
        rows.setdefault(SEARCHED, []).append(searched)
    for seed in range(arguments.ablations):
        inherited = to / f"inherited-{seed}"
        alone = ["distill.output_weight=0", "distill.feature_weight=0", "loss.reconstruction_weight=100"]
        distil(arguments, teacher, inherited, arguments.images, seed, *(f"--set={setting}" for setting in alone))
        rows.setdefault(INHERITED, []).append(inherited)
    results = summarise(arguments, rows)
    (to / "results.json").write_text(json.dumps({"made": made(arguments), **results}, indent=1) + "\n")
    (to / "results.md").write_text(table(arguments, results))
    write_image(to / "pictures.png", pictures(arguments, rows))
    print((to / "results.md").read_text())


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs")
    parser.add_argument("--to", required=True)
    parser.add_argument("--direction", default="")
    numbers = {
        "width": 32,
        "teacher_images": 10_000,
        "images": 2800,
        "batch": 4,
        "seeds": 2,
        "searches": 1,
        "ablations": 1,
    }
    for name, default in {"size": "64", "budget": 0.1, **numbers}.items():
        parser.add_argument(f"--{name.replace('_', '-')}", default=default, type=type(default))
    parser.add_argument("--features", default="", help="a feature network, for Fréchet, kernel and feature distances")
    return parser.parse_args()


def hold_out(arguments: argparse.Namespace, to: Path) -> Path:
    """Every tenth training pair, by name: the same whatever the seed of a run."""
    file = to / "held-out.txt"
    if not file.exists():
        pairs = find_pairs(arguments.pairs, direction=arguments.direction).splits["train"]
        to.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{pair.name}\n" for pair in pairs[9::10]))
    return file


def train(arguments: argparse.Namespace, to: Path, images: int, seed: int, settings: list[str], held_out: Path) -> None:
    command = ["train", arguments.pairs, "--to", str(to), "--images", str(images), "--seed", str(seed)]
    for flag in ("direction", "size", "width", "batch"):
        command += [f"--{flag}", str(getattr(arguments, flag))]
    for setting in [f"data.validation_list={held_out}", "training.loggers=[]", *settings]:
        command += ["--set", setting]
    i2i(*command)


def distil(arguments: argparse.Namespace, teacher: Path, to: Path, images: int, seed: int, *more: str) -> None:
    flags = ["--images", str(images), "--seed", str(seed), "--budget", str(arguments.budget)]
    i2i("distill", str(teacher), "--to", str(to), *flags, *more)


def i2i(*command: str) -> None:
    subprocess.run([sys.executable, "-m", "i2i", *command], check=True)


def evaluate(arguments: argparse.Namespace, run: Path) -> tuple[dict, dict[str, np.ndarray]]:
    """Scores on the test split, and those of each image."""
    report = run / "test"
    if not report.exists():  # the test split is read once
        features = ["--features", arguments.features] if arguments.features else []
        i2i("evaluate", str(run), arguments.pairs, "--to", str(report), "--lpips", "none", *features)
    scores = json.loads((report / "scores.json").read_text())
    with (report / "per_image.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["row"] == "i2i"]
    return scores, {key: np.array([float(row[key]) for row in rows]) for key in rows[0] if key not in ("row", "image")}


def summarise(arguments: argparse.Namespace, rows: dict[str, list[Path]]) -> dict:
    """Of each row the means over its seeds; and image by image, over the seeds' mean, what sets rows apart."""
    found = {row: [evaluate(arguments, run) for run in runs] for row, runs in rows.items()}
    images = {
        row: {key: np.mean([values[key] for _, values in pairs], axis=0) for key in pairs[0][1]}
        for row, pairs in found.items()
    }
    differences = {}
    for row, other in (("distilled", "teacher"), ("from scratch", "teacher"), ("distilled", "from scratch")):
        differences[f"{row} - {other}"] = {
            key: vars(difference_interval(images[row][key], images[other][key])) for key in images[row]
        }
    for row in [row for row in (SEARCHED, INHERITED) if row in images]:  # against the same seeds
        same = [values for _, values in found["distilled"][: len(rows[row])]]
        differences[f"{row} - distilled, seeds alike"] = {
            key: vars(difference_interval(images[row][key], np.mean([values[key] for values in same], axis=0)))
            for key in images[row]
        }
    scores = {row: [score["rows"]["i2i"] for score, _ in pairs] for row, pairs in found.items()}
    first = found["teacher"][0][0]
    return {
        "measures": first["measures"],
        "protocol": first["protocol"],
        "networks": {row: network(runs[0], arguments) for row, runs in rows.items()},
        "milliseconds": milliseconds({row: runs[0] for row, runs in rows.items()}),
        "rows": scores,
        "baselines": {row: values for row, values in first["rows"].items() if row != "i2i"},
        "differences": differences,
        "search": json.loads((rows[SEARCHED][0] / "search" / "search.json").read_text()) if SEARCHED in rows else {},
    }


def network(run: Path, arguments: argparse.Namespace) -> dict:
    generator = load_bundle(run).generator
    return {
        "widths": list(generator.widths),
        "multiply_adds": cost(generator, read_size(arguments.size)),
        "parameters": sum(weights.numel() for weights in generator.parameters()),
    }


def milliseconds(runs: dict[str, Path], rounds: int = 60) -> dict[str, float]:
    """Median time of one image through the network alone, the rows taking turns."""
    translators = {row: load(run, device="cpu") for row, run in runs.items()}
    taken: dict[str, list[float]] = {row: [] for row in translators}
    for _ in range(rounds):
        for row, translator in translators.items():
            image = torch.zeros(1, translator.config.input.planes, *translator.config.size)
            started = time.perf_counter()
            translator.predict(image)
            taken[row].append(1000 * (time.perf_counter() - started))
    return {row: statistics.median(values[10:]) for row, values in taken.items()}


def table(arguments: argparse.Namespace, results: dict) -> str:
    measures = results["measures"]
    headings = " | ".join(f"{measure['label']} {measure['unit']}".strip() for measure in measures.values())
    teacher = results["networks"]["teacher"]
    lines = ["| | widths | multiply-adds | parameters | ms an image |", "|---|---|---|---|---|"]
    for row, found in results["networks"].items():
        shares = (f"{found[key]:,} ({found[key] / teacher[key]:.1%})" for key in ("multiply_adds", "parameters"))
        widths = ", ".join(map(str, found["widths"]))
        lines.append(f"| {row} | {widths} | {' | '.join(shares)} | {results['milliseconds'][row]:.2f} |")
    lines += ["", f"| | {headings} |", "|---" * (len(measures) + 1) + "|"]
    for row, seeds in results["rows"].items():
        for seed, values in enumerate(seeds):
            name = row if len(seeds) == 1 else f"{row}, seed {seed}"
            lines.append(f"| {name} | {' | '.join(interval(values.get(key)) for key in measures)} |")
    for row, values in results["baselines"].items():
        lines.append(f"| {row} | {' | '.join(interval(values.get(key)) for key in measures)} |")
    paired = list(next(iter(results["differences"].values())))
    lines += ["", f"| difference | {' | '.join(measures[key]['label'] for key in paired)} |"]
    lines.append("|---" * (len(paired) + 1) + "|")
    for row, values in results["differences"].items():
        lines.append(f"| {row} | {' | '.join(interval(values[key]) for key in paired)} |")
    lines += ["", *(f"- {key}: {value}" for key, value in made(arguments).items())]
    return "\n".join([*lines, "", "Protocol:", "", *(f"- {line}" for line in results["protocol"].splitlines())]) + "\n"


def interval(value: dict | None) -> str:
    if value is None:
        return "-"
    decimals = 2 if abs(value["mean"]) >= 1 else 3
    mean = f"{value['mean']:.{decimals}f}"
    return mean if value["low"] is None else f"{mean} [{value['low']:.{decimals}f}, {value['high']:.{decimals}f}]"


def made(arguments: argparse.Namespace) -> dict[str, str]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "pairs": Path(arguments.pairs).name,
        "settings": ", ".join(f"{k} {v}" for k, v in vars(arguments).items() if k not in ("to", "features", "pairs")),
        "commit": commit.stdout.strip() or "unknown",
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}",
    }


def pictures(arguments: argparse.Namespace, rows: dict[str, list[Path]]) -> np.ndarray:
    """Twice as large as the networks gave them."""
    test = find_pairs(arguments.pairs, direction=arguments.direction).splits["test"]
    size = read_size(arguments.size)
    translators = {row: load(runs[0]) for row, runs in rows.items()}
    sheet = []
    for pair in test[:: max(1, len(test) // SHOWN)][:SHOWN]:
        given, target = read_pair(pair, Reading(ImageSpec(3), ImageSpec(3), size))
        images = [given, *(translator(given) for translator in translators.values()), target]
        sheet.append([resize(image, 2 * size[0], 2 * size[1], "nearest") for image in images])
    return contact_sheet(sheet, ["input", *rows, "target"])


if __name__ == "__main__":
    main()
