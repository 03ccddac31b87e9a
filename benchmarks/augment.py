"""Whether made pairs help where real ones are few: a segmenter of photos, trained with and without them.

    python benchmarks/augment.py PAIRS --direction right-to-left --classes CLASSES.csv --to runs/augment

For each seed some pairs of the training split are taken for all the real ones that there are, and a translator learns
from them to make photos of label maps. Then one small network learns to segment photos, as many steps each time, from

    real                       the real pairs alone
    real + made, same maps     these, and pairs made of their own label maps, varied
    real + made, other maps    these, and pairs made of further label maps that have no photos
    real, all                  these, and the real photos of the further label maps: what no made photo can beat

and is scored on the real test pairs. Writes `results.json` and `results.md`. A part that is done is not done again.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from i2i.data.classes import read_classes
from i2i.data.layouts import Pair, find_pairs
from i2i.data.order import random_of
from i2i.data.samples import Reading, read_pair
from i2i.images import ImageSpec, LabelClass, Pixels, encode, write_pixels

PHOTO = ImageSpec(3)
VARY = "mirror,rotate=3,scale=1.15,shift=0.05"
STUDENT_T = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26}
"""Of 95 %, two-sided, for the mean of so many."""

Examples = list[tuple[Pixels, Pixels]]
"""(label map (H, W, 1), photo (H, W, 3)) each."""


def main() -> None:
    arguments = parse()
    torch.set_num_threads(1)
    table = read_classes(Path(arguments.classes))
    labels = ImageSpec(3, classes=tuple(LabelClass(*each) for each in table), coding="colour")
    found = find_pairs(arguments.pairs, direction=arguments.direction)
    reading = Reading(labels, PHOTO, (arguments.size, arguments.size))
    test = [read_pair(pair, reading) for pair in found.splits["test"]]
    to, scores = Path(arguments.to), {}
    for seed in range(arguments.seeds):
        scores[seed] = scores_of(arguments, found.splits["train"], reading, test, to / f"seed{seed}", seed)
    results = {"made": vars(arguments), "scores": scores, "summary": summarise(list(scores.values()))}
    (to / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (to / "results.md").write_text(table_of(results))
    print((to / "results.md").read_text())


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs")
    parser.add_argument("--to", required=True)
    parser.add_argument("--classes", required=True, help="class table of the label maps")
    parser.add_argument("--direction", default="", help="from label maps to photos")
    numbers = {"size": 64, "real": 40, "further": 200, "seeds": 3, "images": 4000, "width": 16, "steps": 600}
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", default=default, type=int)
    return parser.parse_args()


def scores_of(
    arguments: argparse.Namespace, pairs: list[Pair], reading: Reading, test: Examples, to: Path, seed: int
) -> dict[str, dict[str, float]]:
    """The scores of each set of training pairs, by its name."""
    done = to / "scores.json"
    if done.exists():
        return json.loads(done.read_text())
    order = random_of(seed, "pairs").permutation(len(pairs))
    chosen = [read_pair(pairs[place], reading) for place in order[: arguments.real + arguments.further]]
    real, further = chosen[: arguments.real], chosen[arguments.real :]
    write(to / "real", real, reading.input, photos=True)
    write(to / "maps", further, reading.input, photos=False)
    run("train", to / "real", "--to", to / "run", "--direction", "map-to-photo", "--size", arguments.size, "--width",
        arguments.width, "--images", arguments.images, "--batch", 4, "--seed", seed, "--set",
        f"data.input.classes={arguments.classes}")  # fmt: skip
    samples = arguments.further // arguments.real
    run("augment", to / "run", to / "real", "--to", to / "same", "--samples", samples, "--vary", VARY, "--seed", seed)
    run("augment", to / "run", to / "maps", "--to", to / "other", "--against", to / "real", "--seed", seed)
    same, other = (made(to / name, reading) for name in ("same", "other"))
    sets = {
        "real": real,
        "real + made, same maps": real + same,
        "real + made, other maps": real + other,
        "real, all": real + further,
    }
    classes = len(reading.input.classes)
    scores = {
        name: score(segmenter(some, len(real), classes, arguments, seed), test, classes) for name, some in sets.items()
    }
    done.write_text(json.dumps(scores, indent=1) + "\n")
    return scores


def write(folder: Path, examples: Examples, labels: ImageSpec, photos: bool) -> None:
    for number, (label_map, photo) in enumerate(examples):
        write_pixels(folder / ("map" if photos else "") / f"{number}.png", label_map, labels)
        if photos:
            write_pixels(folder / "photo" / f"{number}.png", photo, PHOTO)


def run(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "i2i", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def made(folder: Path, reading: Reading) -> Examples:
    return [read_pair(pair, reading) for pair in find_pairs(folder).splits["train"]]


def segmenter(examples: Examples, real: int, classes: int, arguments: argparse.Namespace, seed: int) -> nn.Module:
    """A small U-shaped network that was trained on the examples; of each batch half are of the `real` first ones."""
    torch.manual_seed(seed)
    network = Segmenter(classes)
    optimizer = torch.optim.Adam(network.parameters(), 2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, arguments.steps)
    random = np.random.default_rng(seed)
    for _ in range(arguments.steps):
        first = random.integers(0, real, 4)
        rest = random.integers(real if len(examples) > real else 0, len(examples), 4)
        photos, targets = batch([examples[place] for place in (*first, *rest)], random)
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(photos), targets).backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def batch(examples: Examples, random: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Photos (N, 3, H, W) in [-1, 1] and labels (N, H, W), each mirrored or not and shifted by up to an eighth."""
    photos, targets = [], []
    for label_map, photo in examples:
        both = np.concatenate([photo, label_map], axis=2)
        both = both[:, ::-1] if random.random() < 0.5 else both
        reach = both.shape[0] // 8
        top, left = random.integers(0, 2 * reach + 1, 2)
        both = np.pad(both, ((reach, reach), (reach, reach), (0, 0)), mode="reflect")
        both = np.ascontiguousarray(both[top : top + photo.shape[0], left : left + photo.shape[1]])
        photos.append(encode(both[:, :, :3], PHOTO))
        targets.append(torch.from_numpy(both[:, :, 3].astype(np.int64)))
    return torch.stack(photos), torch.stack(targets)


class Segmenter(nn.Module):
    """Three halvings and back, with skips; (N, 3, H, W) to logits (N, classes, H, W)."""

    def __init__(self, classes: int, width: int = 16) -> None:
        super().__init__()
        widths = [width, 2 * width, 4 * width, 4 * width]
        self.down = nn.ModuleList(_stage(a, b) for a, b in zip([3, *widths[:-1]], widths, strict=True))
        pairs = zip(widths[:0:-1], widths[-2::-1], strict=True)
        self.up = nn.ModuleList(_stage(deep + skip, skip) for deep, skip in pairs)
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        skips = []
        for number, stage in enumerate(self.down):
            x = stage(x if number == 0 else nn.functional.max_pool2d(x, 2))
            skips.append(x)
        for stage, skip in zip(self.up, skips[-2::-1], strict=True):
            x = stage(torch.cat([nn.functional.interpolate(x, scale_factor=2.0), skip], dim=1))
        return self.head(x)


def _stage(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU())


@torch.inference_mode()
def score(network: nn.Module, test: Examples, classes: int) -> dict[str, float]:
    """Mean IoU over the classes that there are, and pixel accuracy, over all test pixels, in per cent."""
    confusion = torch.zeros(classes, classes)
    for label_map, photo in test:
        found = network(encode(photo, PHOTO)[None]).argmax(dim=1).flatten()
        target = torch.from_numpy(label_map.astype(np.int64)).flatten()
        confusion += torch.bincount(target * classes + found, minlength=classes**2).view(classes, classes)
    hits = confusion.diagonal()
    union = confusion.sum(dim=0) + confusion.sum(dim=1) - hits
    iou = (hits / union)[confusion.sum(dim=1) > 0].nan_to_num()
    return {"iou": 100 * float(iou.mean()), "accuracy": 100 * float(hits.sum() / confusion.sum())}


def summarise(scores: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, list[float]]]:
    """By set and measure: the mean over seeds, and the mean of the difference from the real pairs alone ± its half."""
    summary: dict[str, dict[str, list[float]]] = {}
    for name in scores[0]:
        for measure in ("iou", "accuracy"):
            values = [each[name][measure] for each in scores]
            gains = [each[name][measure] - each["real"][measure] for each in scores]
            half = (
                STUDENT_T[len(gains)] * statistics.stdev(gains) / len(gains) ** 0.5 if len(gains) > 1 else float("nan")
            )
            summary.setdefault(name, {})[measure] = [statistics.mean(values), statistics.mean(gains), half]
    return summary


def table_of(results: dict[str, dict]) -> str:
    lines = ["| trained on | mean IoU, % | gain | accuracy, % | gain |", "|---|---|---|---|---|"]
    for name, by_measure in results["summary"].items():
        cells = []
        for mean, gain, half in by_measure.values():
            cells += [f"{mean:.1f}", f"{gain:+.1f} ± {half:.1f}" if name != "real" else ""]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
