"""The paper's first table, on any pairs: L1 alone, cGAN alone, L1 + cGAN (Isola et al. 2017, §4.1 and Figure 4).

    python benchmarks/ablation.py ../shared/data/facades --direction right-to-left --to runs/ablation

Trains each row by the same recipe, budget and seed, scores the last weights of each on the test split, and writes
`results.json`, `results.md` and one sheet of pictures. A run that was stopped is continued by the same command.
"""

import argparse
import json
import platform
import subprocess
import sys
from pathlib import Path

import torch

from i2i.config import read_size
from i2i.data.layouts import find_pairs
from i2i.data.samples import Reading, read_pair
from i2i.evaluation import contact_sheet
from i2i.images import ImageSpec, write_image
from i2i.translator import load

ROWS = {
    "L1": ["loss.adversarial=none"],
    "cGAN": ["loss.reconstruction=none"],
    "L1+cGAN": [],
}
SHOWN = 8


def main() -> None:
    arguments = parse()
    to = Path(arguments.to)
    for row, settings in ROWS.items():
        train(arguments, to / row, settings)
    results = {row: evaluate(arguments, to / row) for row in ROWS}
    (to / "results.json").write_text(json.dumps({"made": made(arguments), "rows": results}, indent=1) + "\n")
    (to / "results.md").write_text(table(arguments, results))
    write_image(to / "pictures.png", pictures(arguments, to))
    print((to / "results.md").read_text())


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs")
    parser.add_argument("--to", required=True)
    parser.add_argument("--direction", default="")
    parser.add_argument("--recipe", default="pix2pix")
    for name, default in {"size": "128", "width": 32, "images": 8000, "batch": 4, "seed": 0}.items():
        parser.add_argument(f"--{name}", default=default, type=type(default))
    parser.add_argument("--features", default="", help="a feature network, for Fréchet, kernel and feature distances")
    return parser.parse_args()


def train(arguments: argparse.Namespace, to: Path, settings: list[str]) -> None:
    command = ["train", arguments.pairs, "--to", str(to)]
    for flag in ("direction", "recipe", "size", "width", "images", "batch", "seed"):
        command += [f"--{flag}", str(getattr(arguments, flag))]
    for setting in ["training.best=last", *settings]:
        command += ["--set", setting]
    i2i(*command)


def evaluate(arguments: argparse.Namespace, run: Path) -> dict[str, object]:
    file = run / "scores.json"
    if file.is_file():  # the test split is read once
        return dict(json.loads(file.read_text()))
    features = ["--features", arguments.features] if arguments.features else []
    i2i("evaluate", str(run), arguments.pairs, "--json", str(file), *features)
    scores: dict[str, object] = json.loads(file.read_text())
    return scores


def i2i(*command: str) -> None:
    subprocess.run([sys.executable, "-m", "i2i", *command], check=True)


def table(arguments: argparse.Namespace, results: dict[str, dict]) -> str:
    first = next(iter(results.values()))
    rows = {row: found["rows"]["i2i"] for row, found in results.items()}
    rows |= {name: values for name, values in first["rows"].items() if name != "i2i"}
    headings = [f"{measure['label']} {measure['unit']}".strip() for measure in first["measures"].values()]
    lines = [f"| | {' | '.join(headings)} |", "|---" * (len(headings) + 1) + "|"]
    for row, values in rows.items():
        cells = [interval(values.get(key)) for key in first["measures"]]
        lines.append(f"| {row} | {' | '.join(cells)} |")
    facts = made(arguments)
    return (
        "\n".join(lines)
        + "\n\n"
        + "\n".join(f"- {key}: {value}" for key, value in facts.items())
        + "\n\nProtocol:\n\n"
        + "\n".join(f"- {line}" for line in first["protocol"].splitlines())
        + "\n"
    )


def interval(value: dict | None) -> str:
    if value is None:
        return "-"
    decimals = 2 if abs(value["mean"]) >= 1 else 3
    mean = f"{value['mean']:.{decimals}f}"
    return mean if value["low"] is None else f"{mean} [{value['low']:.{decimals}f}, {value['high']:.{decimals}f}]"


def made(arguments: argparse.Namespace) -> dict[str, str]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    settings = ", ".join(f"{k} {v}" for k, v in vars(arguments).items() if k not in ("to", "features", "pairs"))
    return {
        "pairs": Path(arguments.pairs).name,
        "settings": settings,
        "commit": commit.stdout.strip() or "unknown",
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}",
    }


def pictures(arguments: argparse.Namespace, to: Path):
    pairs = find_pairs(arguments.pairs, direction=arguments.direction).splits["test"][:: max(1, 106 // SHOWN)][:SHOWN]
    translators = {row: load(to / row) for row in ROWS}
    rows = []
    for pair in pairs:
        given, target = read_pair(pair, Reading(ImageSpec(3), ImageSpec(3), read_size(arguments.size)))
        rows.append([given, *(translator(given) for translator in translators.values()), target])
    return contact_sheet(rows, ["input", *ROWS, "target"])


if __name__ == "__main__":
    main()
