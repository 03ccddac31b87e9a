"""Which recipe makes the better pictures: several sets, several seeds, an equal budget, one table and its pages.

    python benchmarks/quality.py choose --data DATA --to runs/quality --methods pix2pix-pytorch,pix2pix \\
        --budget 6000images --seeds 3 --features DATA/squeezenet_v1.0/weights.npz
    python benchmarks/quality.py final  …the same…      scores the test splits, once: the result is kept, whatever it is
    python benchmarks/quality.py check  …the same…      how often seeds of one method are told apart

`choose` scores on pairs held out of the training split; of a set without a test split a part is kept away from both.
Each set is an `i2i compare` in a folder of its own below --to, with its own page; the same command goes on where it was
stopped. `check` is the yardstick's own: half of a method's seeds is compared with the other half, in every way, and
these should seldom differ by more than chance.
"""

import argparse
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

from i2i.cli.terminal import bar
from i2i.comparing import Comparison, compare
from i2i.comparing.leads import lead
from i2i.comparing.rows import MARKS
from i2i.data.sketches import write_pairs
from i2i.images import is_image, read_image, shrunk, write_image
from i2i.metrics.measure import Measure
from i2i.training import train

SKETCHES = 1000

PAPER = (
    "pix2pix-paper",  # L1 + cGAN, U-Net, patches of 70 pixels
    "pix2pix-paper+loss.adversarial=none",  # L1
    "pix2pix-paper+loss.reconstruction=none+discriminator.conditional=false",  # GAN
    "pix2pix-paper+loss.reconstruction=none",  # cGAN
    "pix2pix-paper+discriminator.conditional=false",  # L1 + GAN
    "pix2pix-paper+generator.name=encoder-decoder+loss.adversarial=none",
    "pix2pix-paper+generator.name=encoder-decoder",
    "pix2pix-paper+discriminator.name=pixel",  # patches of 1 pixel
    "pix2pix-paper+discriminator.depth=1",  # 16
    "pix2pix-paper+discriminator.depth=5",  # 286
)
"""The rows of the paper's first three tables (Isola et al. 2017, §4): objectives, generators, patch sizes."""


@dataclass(frozen=True)
class Set:
    """One of the sets of pairs, with what must be said of it.

    Attributes:
        pairs: its folder below DATA.
        flags: as for `i2i train`.
        settings: of its data.
        test: what no choice has seen and `final` is scored on: its own "test" split, its "val" split, or a "share", a
            quarter of its images, by their names.
        reads: direction of a translator from photos to label maps, trained on real pairs, that reads the outputs.
    """

    pairs: str
    flags: Mapping[str, str] = field(default_factory=dict)
    settings: tuple[str, ...] = ()
    test: Literal["test", "val", "share"] = "test"
    reads: str = ""


SETS = {
    "facades": Set("facades", {"direction": "right-to-left"}, reads="left-to-right"),
    "edges2shoes": Set("edges2shoes", {"direction": "right-to-left"}, test="val"),
    "colourise": Set("photos", {"task": "colourise"}, test="share"),
    "super-resolve": Set("photos", {"task": "super-resolve-4"}, test="share"),
    "sketch-to-cad": Set(""),
    "depth": Set(
        "rgb2depth16", {"direction": "A-to-B"}, (r"data.group=frame-(\d{4})", "data.target.nodata=[0, 65535]")
    ),
}
"""labels to photo, edges to photo, grey to colour, small to large, sketch to CAD, photo to depth."""


def main() -> None:
    arguments = parse()
    found = {name: compared(arguments, name) for name in arguments.sets}
    report = checked(found) if arguments.what == "check" else summary(arguments, found)
    file = arguments.to / f"{arguments.what}.md"
    file.write_text(report, encoding="utf-8")
    print(report)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["choose", "final", "check"])
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds the sets")
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument(
        "--methods",
        required=True,
        help="as for i2i compare; the first is what others are compared with; 'paper': those of the paper's tables",
    )
    parser.add_argument("--sets", type=lambda text: text.split(","), default=list(SETS), help="parted by commas")
    parser.add_argument("--budget", default="6000images")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--features", type=Path)
    parser.add_argument("--precision", choices=["fp32", "bf16"], help="of all trainings; default: each recipe's")
    parser.add_argument("--reader-images", type=int, default=6000, help="to train what reads outputs on")
    for name, default in {"size": "128", "width": 32, "batch": 4}.items():
        parser.add_argument(f"--{name}", default=default, type=type(default))
    arguments = parser.parse_args()
    unknown = [name for name in arguments.sets if name not in SETS]
    if unknown:
        parser.error(f"--sets {unknown[0]}: expected some of {', '.join(SETS)}")
    if arguments.methods == "paper":
        arguments.methods = ",".join(PAPER)
    arguments.to.mkdir(parents=True, exist_ok=True)
    return arguments


def compared(arguments: argparse.Namespace, name: str) -> Comparison:
    """The methods on one set, each trained unless it has been."""
    with bar(name) as show:
        return comparison(arguments, name, lambda what, done, of: show(done, of, f"{name}: {what}"))


def comparison(arguments: argparse.Namespace, name: str, progress: Callable[[str, int, int], None]) -> Comparison:
    chosen = SETS[name]
    return compare(
        pairs_of(arguments, name),
        methods=[arguments.methods],
        budget=arguments.budget,
        to=arguments.to / name,
        seeds=arguments.seeds,
        split="test" if arguments.what == "final" else "auto",
        settings=(*chosen.settings, "training.loggers=[]"),
        features=arguments.features if name != "depth" else None,
        lpips=None,
        reader=reader_of(arguments, name),
        progress=progress,
        size=arguments.size,
        width=arguments.width,
        batch=arguments.batch,
        precision=arguments.precision,
        **chosen.flags,
    )


def reader_of(arguments: argparse.Namespace, name: str) -> Path | None:
    """A small network that was trained on the set's real pairs to read the input off a target, as FCN-score has one."""
    if not SETS[name].reads:
        return None
    run = train(
        pairs_of(arguments, name),
        to=arguments.to / "readers" / name,
        config={
            "data": {"target": {"classes": "auto"}},
            # Grid, skip, rate and precision are named: a yardstick does not move with the default.
            "loss": {"adversarial": "none", "checkerboard_weight": 0.0},
            "generator": {"full_size_skip": False},
            "optimizer": {"learning_rate": 2e-4},
            "training": {"images": arguments.reader_images, "loggers": [], "precision": "fp32"},
        },
        direction=SETS[name].reads,
        size=arguments.size,
        width=arguments.width,
        batch=arguments.batch,
    )
    return run.bundle


def pairs_of(arguments: argparse.Namespace, name: str) -> Path:
    """The set's folder, in which a test split is told from the rest; sketches are drawn.

    Photos are made small, twice the training size: they are translated as they are, and some have a million pixels.
    """
    chosen = SETS[name]
    given, pairs = arguments.data / chosen.pairs, arguments.to / "pairs" / (chosen.pairs or name)
    if name == "sketch-to-cad":
        if not pairs.exists():
            side = int(arguments.size)
            write_pairs(pairs, SKETCHES, size=(side, side), seed=0)
        return pairs
    if chosen.test == "test":
        return given
    for file in sorted(path for path in given.rglob("*") if is_image(path)):
        place = pairs / ("test" if is_test(file, given, chosen) else "train") / f"{file.stem}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists():
            pixels = read_image(file)
            write_image(place, shrunk(pixels, 2 * int(arguments.size)) if chosen.test == "share" else pixels)
    return pairs


def is_test(file: Path, given: Path, chosen: Set) -> bool:
    """Whether an image of a set without a test split goes into one."""
    if chosen.test == "val":
        return file.relative_to(given).parts[0] == "val"
    return hashlib.blake2b(file.stem.encode(), digest_size=8).digest()[0] % 4 == 0


def summary(arguments: argparse.Namespace, found: Mapping[str, Comparison]) -> str:
    """The leads over the first method, a table a method, a line a set; then the scores themselves."""
    one = next(iter(found.values()))
    split = "test" if arguments.what == "final" else "held-out"
    lines = [
        f"# Pictures for the same compute, {split} pairs",
        "",
        f"{arguments.size} pixels, width {arguments.width}, batch {arguments.batch}, {one.budget.describe()} and "
        f"{arguments.seeds} seeds a method and set.",
        f"{MARKS['better']} better, {MARKS['worse']} worse than {one.methods[0].label}: the interval of the "
        f"difference excludes 0, images and seeds both counted, at a level corrected for a set's comparisons; "
        f"{MARKS['level']} neither. Distances of sets have no images to compare: theirs is the difference of the "
        "means, marked where all seeds of one are better than all of the other.",
        "",
    ]
    for label in [row.label for row in one.methods[1:]]:
        lines += [f"## {label} over {one.methods[0].label}", "", *leads(found, label), ""]
    for name, comparison in found.items():
        lines += [f"## {name}: {len(comparison.names)} images", "", *scores(comparison), "", comparison.protocol, ""]
    made = {"made": one.made, "arguments": {key: str(value) for key, value in vars(arguments).items()}}
    return "\n".join([*lines, "```json", json.dumps(made, indent=1), "```", ""])


def leads(found: Mapping[str, Comparison], label: str) -> list[str]:
    """A table: a line a set, a column a measure."""
    measures = {key: measure for comparison in found.values() for key, measure in comparison.measures.items()}
    table = [["", *(measure.label for measure in measures.values())]]
    for name, comparison in found.items():
        table.append([name, *(lead_text(comparison, label, key) for key in measures)])
    return markdown(table)


def lead_text(comparison: Comparison, label: str, key: str) -> str:
    """Such as "▲ +0.031 [0.022, 0.041]": the sign says better or worse."""
    row = next(row for row in comparison.methods if row.label == label)
    first, measure = comparison.methods[0], comparison.measures.get(key)
    if measure is None or key not in row.scores or key not in first.scores:
        return ""
    if found := row.leads.get(key):
        return f"{MARKS[found.standing]} {found.interval.mean:+.3g} [{found.interval.bounds_text(3)}]"
    ours, theirs = ([measure.shortfall(mean) for mean in each.by_seed[key]] for each in (row, first))
    mark = "better" if max(ours) < min(theirs) else "worse" if min(ours) > max(theirs) else "level"
    return f"{MARKS[mark]} {sum(theirs) / len(theirs) - sum(ours) / len(ours):+.3g}"


def scores(comparison: Comparison) -> list[str]:
    """A line a method: mean and interval, and the spread over seeds."""
    table = [["", *(measure.heading for measure in comparison.measures.values())]]
    for row in comparison.rows:
        cells = [score_text(row.scores.get(key), row.by_seed.get(key, ()), m) for key, m in comparison.measures.items()]
        table.append([row.label + (f" ({row.reason})" if row.reason else ""), *cells])
    return markdown(table)


def score_text(interval: Any, by_seed: Sequence[float], measure: Measure) -> str:
    if interval is None:
        return ""
    bounds = interval.bounds_text(measure.decimals)
    text = f"{interval.mean:.{measure.decimals}f}" + (f" [{bounds}]" if bounds else "")
    return text + (f" ±{max(by_seed) - min(by_seed):.{measure.decimals}f}" if len(by_seed) > 1 else "")


def checked(found: Mapping[str, Comparison]) -> str:
    """How often halves of the same method's seeds are told apart."""
    lines = [["", "", "comparisons", "told apart"]]
    for name, comparison in found.items():
        for row in comparison.scored:
            standings = list(halves(comparison, row.label, row.seeds))
            apart = sum(each != "level" for each in standings) / max(1, len(standings))
            lines.append([name, row.label, str(len(standings)), f"{apart:.1%}"])
    return "\n".join(["# Seeds against seeds", "", *markdown(lines), ""])


def halves(comparison: Comparison, label: str, seeds: Sequence[int]) -> Iterator[str]:
    """What is said of each half of a method's seeds against as many others, measure by measure."""
    half = len(seeds) // 2
    for ours in combinations(seeds, half):
        for theirs in combinations([seed for seed in seeds if seed not in ours], half):
            for key, values in comparison.per_image[label].items() if ours < theirs else ():
                sides = ({place: values[seed] for place, seed in enumerate(side)} for side in (ours, theirs))
                found = lead(comparison.measures[key], *sides)
                if found is not None:
                    yield found.standing


def markdown(table: Sequence[Sequence[str]]) -> list[str]:
    """The rows of a Markdown table; the first is its head."""
    head, *rows = (f"| {' | '.join(row)} |" for row in table)
    return [head, "|" + "---|" * len(table[0]), *rows]


if __name__ == "__main__":
    main()
