"""What the data doctor finds of faults planted in real pairs, and what it finds where there are none.

    python benchmarks/doctor.py ../shared/data/facades --of test --to benchmarks/results/doctor

Takes the side-by-side pairs of one split (photo left, labels right), cuts them into a train and a test split of their
own, plants one fault after the other in copies of them, then many together, examines each copy, and writes the tables
to TO.md and TO.json. The doctor's thresholds were set with `--of train`.
"""

import argparse
import io
import json
import platform
import re
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from PIL import Image

from i2i.config import Config, overlay
from i2i.data.doctor import Diagnosis, examine
from i2i.data.layouts import find_pairs
from i2i.images import Pixels, read_image, write_image

SHARE = 0.08
TEST_SHARE = 0.3
MOST_PAIRS = 106
COLOURS = np.array(
    [[0, 0, 170], [0, 0, 255], [0, 85, 255], [0, 170, 255], [0, 255, 255], [85, 255, 170], [170, 255, 85],
     [255, 255, 0], [255, 170, 0], [255, 85, 0], [255, 0, 0], [170, 0, 0]]
)  # fmt: skip
"""Of the classes of CMP Facades, in the order of their index."""
TABLE = [[value, f"class {value}", colour] for value, colour in enumerate(COLOURS.tolist())]


@dataclass(frozen=True)
class Item:
    """A pair of the set: labels and photo; `content` is a file as it stands, `quality` that of JPEG (0: PNG)."""

    name: str
    split: str
    labels: Pixels
    photo: Pixels
    photo_name: str = ""
    content: bytes | None = None
    quality: int = 0

    @property
    def key(self) -> str:
        """As the names in findings are compared."""
        return f"{self.split}/{self.name}"


@dataclass
class Case:
    """A set with a fault: the check that has to find it, and in which pairs; none of them: in the set as a whole."""

    check: str
    items: list[Item]
    planted: set[str] = field(default_factory=set)
    folders: bool = False
    settings: dict[str, object] = field(default_factory=dict)
    direction: str = "right-to-left"


Change = Callable[[Item], Item]
Plant = Callable[[list[Item], np.random.Generator], Case]


def main() -> None:
    arguments = parse()
    items = load(arguments)
    started = time.monotonic()
    results = {
        "made": made(arguments, items),
        "clean": raised(diagnose(Case("", items), arguments.seed)),
        "alone": {name: run(plant, items, arguments.seed) for name, plant in ALONE.items()},
        "copies": {name: run(plant, items, arguments.seed) for name, plant in COPIES.items()},
        "shifted_pairs": {f"{size} px": run(some_shifted(size), items, arguments.seed) for size in SHIFTS},
        "shifted_set": {str(moved): run(all_shifted(moved), items, arguments.seed) for moved in SET_SHIFTS},
        "together": together(items, arguments.seed),
    }
    results["made"]["minutes"] = f"{(time.monotonic() - started) / 60:.1f}"
    Path(f"{arguments.to}.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    Path(f"{arguments.to}.md").write_text(tables(results))
    print(tables(results))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pairs")
    parser.add_argument("--to", required=True)
    parser.add_argument("--of", default="test", choices=["train", "test"])
    parser.add_argument("--seed", default=0, type=int)
    return parser.parse_args()


def load(arguments: argparse.Namespace) -> list[Item]:
    pairs = find_pairs(arguments.pairs).splits[arguments.of][:MOST_PAIRS]
    random = np.random.default_rng(arguments.seed)
    held = set(random.choice(len(pairs), round(TEST_SHARE * len(pairs)), replace=False).tolist())
    items = []
    for number, pair in enumerate(pairs):
        whole = read_image(pair.input.path, 3)
        half = whole.shape[1] // 2
        items.append(Item(f"p{number:03d}", "test" if number in held else "train", whole[:, half:], whole[:, :half]))
    return items


# --- planting ---------------------------------------------------------------------------------------------------------


def some(items: list[Item], random: np.random.Generator, split: str = "") -> list[int]:
    """Numbers of the pairs that get the fault."""
    allowed = [number for number, item in enumerate(items) if split in ("", item.split)]
    return sorted(random.choice(allowed, max(3, round(SHARE * len(items))), replace=False).tolist())


def changed(check: str, change: Change, first: Change | None = None, **case: object) -> Plant:
    """A fault in some pairs, after a change of all."""

    def plant(items: list[Item], random: np.random.Generator) -> Case:
        chosen = some(items, random)
        new = [first(item) if first else item for item in items]
        new = [change(item) if number in chosen else item for number, item in enumerate(new)]
        return Case(check, new, {new[number].key for number in chosen}, **case)

    return plant


def whole_set(check: str, change: Change, split: str = "", **case: object) -> Plant:
    """A fault of all pairs, or of all in a split."""
    return lambda items, _: Case(check, [change(i) if split in ("", i.split) else i for i in items], **case)


def copied(check: str, split: str, change: Change) -> Plant:
    """Some training pairs a second time, changed, in a split."""

    def plant(items: list[Item], random: np.random.Generator) -> Case:
        chosen = some(items, random, "train")
        copies = [replace(change(items[number]), name=f"c{items[number].name[1:]}", split=split) for number in chosen]
        return Case(check, [*items, *copies], {copy.key for copy in copies})

    return plant


def swapped(items: list[Item], random: np.random.Generator) -> Case:
    chosen = some(items, random)
    photos = dict(zip(chosen, [*chosen[1:], chosen[0]], strict=True))
    new = [replace(item, photo=items[photos.get(number, number)].photo) for number, item in enumerate(items)]
    return Case("partners", new, {items[number].key for number in chosen})


def one_late(items: list[Item], random: np.random.Generator) -> Case:
    photos = [items[-1].photo, *(item.photo for item in items[:-1])]
    return Case("partners", [replace(item, photo=photo) for item, photo in zip(items, photos, strict=True)])


def strangers(items: list[Item], random: np.random.Generator) -> Case:
    """Labels of one half of the set, photos of the other: no input has its target anywhere."""
    half = len(items) // 2
    return Case("partners", [replace(items[n], photo=items[n + half].photo) for n in range(half)])


def some_shifted(size: int) -> Plant:
    """Some pairs whose photo is moved by `size` pixels."""

    def plant(items: list[Item], random: np.random.Generator) -> Case:
        chosen = some(items, random)
        new = [window(item, shift(size, random) if n in chosen else (0, 0)) for n, item in enumerate(items)]
        return Case("register", new, {items[n].key for n in chosen})

    return plant


def all_shifted(moved: tuple[int, int]) -> Plant:
    """All pairs with one shift."""
    return lambda items, _: Case("register", [window(item, moved) for item in items])


def shift(size: int, random: np.random.Generator) -> tuple[int, int]:
    """(down, right) of about this length, in one of eight directions."""
    angle = random.integers(8) * np.pi / 4
    return round(size * float(np.sin(angle))), round(size * float(np.cos(angle)))


def window(item: Item, moved: tuple[int, int], margin: int = 10) -> Item:
    """Both sides without a margin, of the photo another window, so that what it shows moves (down, right)."""
    height, width = item.labels.shape[:2]
    down, right = moved
    still = np.s_[margin : height - margin, margin : width - margin]
    other = np.s_[margin - down : height - margin - down, margin - right : width - margin - right]
    return replace(item, labels=item.labels[still], photo=item.photo[other])


def same(item: Item) -> Item:
    return item


def jpeg(quality: int) -> Change:
    return lambda item: replace(item, quality=quality)


def brighter(factor: float) -> Change:
    return lambda item: replace(item, photo=scaled(item.photo, factor))


def both_brighter(factor: float) -> Change:
    return lambda item: replace(item, photo=scaled(item.photo, factor), labels=scaled(item.labels, factor))


def scaled(pixels: Pixels, factor: float) -> Pixels:
    return (pixels * factor).clip(0, 255).astype(np.uint8)


def resized(factor: float) -> Change:
    def change(item: Item) -> Item:
        size = round(item.photo.shape[1] * factor), round(item.photo.shape[0] * factor)
        labels, photo = (np.asarray(Image.fromarray(s).resize(size, Image.Resampling.BICUBIC)) for s in sides(item))
        return replace(item, labels=labels, photo=photo)

    return change


def mirrored(item: Item) -> Item:
    return replace(item, labels=item.labels[:, ::-1], photo=item.photo[:, ::-1])


def damaged(kind: str) -> Change:
    def change(item: Item) -> Item:
        whole = encoded(side_by_side(item), item.quality)
        return replace(item, content={"cut": whole[: len(whole) // 2], "empty": b"", "text": b"not found\n"}[kind])

    return change


def odd_width(item: Item) -> Item:
    return replace(item, photo=item.photo[:, 1:])


def grey(item: Item) -> Item:
    whole = Image.fromarray(side_by_side(item)).convert("L")
    return replace(item, content=encoded(np.asarray(whole), 0))


def misspelt(item: Item) -> Item:
    return replace(item, photo_name=item.name.replace("0", "O", 1))


def smaller_photo(item: Item) -> Item:
    return replace(item, photo=item.photo[:-16])


def flat(item: Item) -> Item:
    return replace(item, photo=np.full_like(item.photo, 128))


def dark(item: Item) -> Item:
    return replace(item, photo=(item.photo // 32).astype(np.uint8))


def sixteen_bits(item: Item) -> Item:
    """A depth-like photo: one channel, 1,000 to 5,000."""
    return replace(item, photo=(1000 + item.photo.mean(axis=2, keepdims=True) * (4000 / 255)).astype(np.uint16))


def eight_bit_values(item: Item) -> Item:
    return replace(item, photo=(item.photo.astype(np.int64) * 255 // 5000).astype(np.uint16))


def eight_bit_type(item: Item) -> Item:
    return replace(item, photo=(item.photo.astype(np.int64) * 255 // 5000).astype(np.uint8))


def with_holes(share: float) -> Change:
    def change(item: Item) -> Item:
        photo = item.photo.copy()
        photo[: round(len(photo) * share)] = 0
        return replace(item, photo=photo)

    return change


def indexed(item: Item) -> Item:
    away = np.square(item.labels[:, :, None].astype(np.int32) - COLOURS).sum(axis=3)
    return replace(item, labels=away.argmin(axis=2).astype(np.uint8)[:, :, None])


def stray_label(item: Item) -> Item:
    labels = item.labels.copy()
    labels[40:60, 40:60] = 37
    return replace(item, labels=labels)


def one_stray(items: list[Item], random: np.random.Generator) -> Case:
    number = some(items, random)[0]
    new = [stray_label(indexed(item)) if n == number else indexed(item) for n, item in enumerate(items)]
    return Case("label-values", new, {items[number].key}, folders=True)


def second_target(items: list[Item], random: np.random.Generator) -> Case:
    chosen = some(items, random, "train")
    copies = [replace(items[n], name=f"c{items[n].name[1:]}", photo=items[n].photo[::-1]) for n in chosen]
    return Case("copies", [*items, *copies], {copy.key for copy in copies})


SHIFTS = (1, 2, 3, 4, 5, 6, 8, 10)
SET_SHIFTS = ((0, 0), (0, 1), (1, 1), (0, 2), (-2, 1), (3, 0), (0, -5), (5, 5), (-10, 3))

ALONE: dict[str, Plant] = {
    "file cut short": changed("unreadable", damaged("cut")),
    "empty file": changed("unreadable", damaged("empty")),
    "text named .png": changed("unreadable", damaged("text")),
    "odd width": changed("halves", odd_width),
    "misspelt name": changed("unmatched", misspelt, folders=True),
    "sides of different size": changed("pair-sizes", smaller_photo, folders=True),
    "another size": changed("sizes", resized(0.8)),
    "grey among colour": changed("channels", grey),
    "uint8 among uint16": changed("types", eight_bit_type, sixteen_bits, folders=True),
    "8-bit values in uint16": changed("scale", eight_bit_values, sixteen_bits, folders=True),
    "no reading, undeclared": whole_set("nodata", lambda item: with_holes(0.1)(sixteen_bits(item)), folders=True),
    "mostly no reading": changed(
        "gaps", with_holes(0.8), sixteen_bits, folders=True, settings={"target": {"nodata": [0]}}
    ),
    "label outside the table": changed(
        "label-values", stray_label, indexed, folders=True, settings={"input": {"classes": TABLE}}
    ),
    "stray label, no table": one_stray,
    "label map, undeclared": whole_set("labels", same),
    "one value": changed("constant", flat),
    "nearly black": changed("near-black", dark),
    "overexposed (2x)": changed("clipping", brighter(2.0)),
    "test 1.6 times brighter": whole_set("splits", brighter(1.6), "test"),
    "partners swapped": swapped,
    "targets one file late": one_late,
    "targets of other inputs": strangers,
    "one input, two targets": second_target,
    "direction reversed": whole_set("direction", same, direction="left-to-right"),
}

COPIES: dict[str, Plant] = {
    "same pixels, across": copied("leaks", "test", same),
    "same pixels, within": copied("copies", "train", same),
    **{f"JPEG quality {quality}, across": copied("leaks", "test", jpeg(quality)) for quality in (90, 70, 50)},
    "half the size, across": copied("leaks", "test", resized(0.5)),
    "1.5 times the size, across": copied("leaks", "test", resized(1.5)),
    "10 % brighter, across": copied("leaks", "test", both_brighter(1.1)),
    "10 % darker, across": copied("leaks", "test", both_brighter(0.9)),
    "mirrored, across": copied("leaks", "test", mirrored),
    "JPEG quality 50, within": copied("copies", "train", jpeg(50)),
}

TOGETHER = (
    "file cut short", "odd width", "another size", "grey among colour", "one value", "nearly black",
    "overexposed (2x)", "partners swapped", "same pixels, across", "JPEG quality 50, across", "mirrored, across",
    "shifted 8 px",
)  # fmt: skip


# --- judging ----------------------------------------------------------------------------------------------------------


def run(plant: Plant, items: list[Item], seed: int) -> dict[str, object]:
    """Plant, examine, compare: what of the planted was found, and what else was told by that check and by others."""
    case = plant(items, np.random.default_rng(seed))
    diagnosis = diagnose(case, seed)
    others = {check: count for check, count in raised(diagnosis).items() if check != case.check}
    return score(case.check, case.planted, diagnosis) | {"also_raised": others}


def score(check: str, planted: set[str], diagnosis: Diagnosis, explained: set[str] | None = None) -> dict[str, object]:
    findings = [finding for finding in diagnosis.findings if finding.check == check]
    lines = [line for finding in findings for line in finding.files]
    right = [line for line in lines if named(line) & (explained or planted)]
    found = planted & {name for line in lines for name in named(line)}
    return {
        "check": check,
        "severity": next((f.severity for f in findings if not planted or named(" ".join(f.files)) & planted), ""),
        "planted": len(planted) or "set",
        "found": len(found) if planted else len(findings),
        "false": len(lines) - len(right) if planted else 0,
        "told": [finding.summary for finding in findings],
    }


def together(items: list[Item], seed: int) -> dict[str, object]:
    """Faults of many kinds, each in pairs of its own, in one set; false is what no fault of that check explains."""
    random = np.random.default_rng(seed)
    plants = ALONE | COPIES | {"shifted 8 px": changed("register", lambda item: rolled(item, shift(8, random)))}
    free, done, planted = list(items), [], {}
    for name in TOGETHER:
        case = plants[name](free, random)
        before = {id(item) for item in free}
        new = [item for item in case.items if id(item) not in before and item.key in case.planted]
        sources = {f"p{item.name[1:]}" for item in new}
        kept = [item for item in free if item.name in sources and item.key not in case.planted]  # copied, not changed
        free = [item for item in free if item.name not in sources]
        done += new + kept
        planted[name] = case
    diagnosis = diagnose(Case("", done + free), seed)
    explained = {case.check: set() for case in planted.values()}
    for case in planted.values():
        explained[case.check] |= case.planted
    return {name: score(case.check, case.planted, diagnosis, explained[case.check]) for name, case in planted.items()}


def rolled(item: Item, moved: tuple[int, int]) -> Item:
    """The photo moved, its border repeated: in a set whose other pairs keep their size."""
    down, right = moved
    pad = [(max(0, down), max(0, -down)), (max(0, right), max(0, -right)), (0, 0)]
    height, width = item.photo.shape[:2]
    padded = np.pad(item.photo, pad, mode="edge")
    return replace(item, photo=padded[max(0, -down) :, max(0, -right) :][:height, :width])


def diagnose(case: Case, seed: int) -> Diagnosis:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for item in case.items:
            write(root, item, case.folders)
        direction = "A-to-B" if case.folders else case.direction
        found = find_pairs(root, direction=direction, unmatched="skip")
        return examine(found, data=overlay(Config(), {"data": case.settings}).data, seed=seed)


def write(root: Path, item: Item, folders: bool) -> None:
    """Side by side as the originals, the photo left; or labels in A, photo in B."""
    if folders:
        write_image(root / item.split / "A" / f"{item.name}.png", item.labels)
        write_image(root / item.split / "B" / f"{item.photo_name or item.name}.png", item.photo)
        return
    path = root / item.split / f"{item.name}.{'jpg' if item.quality else 'png'}"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(encoded(side_by_side(item), item.quality) if item.content is None else item.content)


def sides(item: Item) -> tuple[Pixels, Pixels]:
    return item.labels, item.photo


def side_by_side(item: Item) -> Pixels:
    return np.concatenate([item.photo, item.labels], axis=1)


def encoded(pixels: Pixels, quality: int) -> bytes:
    file = io.BytesIO()
    image = Image.fromarray(pixels)
    if quality:
        image.save(file, "JPEG", quality=quality)
    else:
        image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def named(line: str) -> set[str]:
    """The pairs that a line of a finding names."""
    return {f"{split}/{name}" for split, name in re.findall(r"(train|test)/(?:[AB]/)?(\w+)\.\w+", line)}


def raised(diagnosis: Diagnosis) -> dict[str, str]:
    """Errors and warnings by check."""
    return {each.check: each.summary for each in diagnosis.findings if each.severity != "advice"}


# --- telling ----------------------------------------------------------------------------------------------------------


def tables(results: dict) -> str:
    parts = ["# What the data doctor finds of planted faults", ""]
    parts += [f"In the clean pairs: {results['clean'] or 'no error and no warning'}.", ""]
    for key, heading in HEADINGS.items():
        columns = ["planted", "by check", "as", "pairs", "found", "recall", "false", "precision", "also raised"]
        parts += [f"## {heading}", "", f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
        parts += [row(name, result) for name, result in results[key].items()] + [""]
    parts += ["## All pairs out of register by one shift", "", "| planted (down, right) | told |", "|---|---|"]
    parts += [f"| {name} | {'; '.join(result['told']) or '-'} |" for name, result in results["shifted_set"].items()]
    parts += ["", *(f"- {name}: {value}" for name, value in results["made"].items())]
    return "\n".join(parts) + "\n"


HEADINGS = {
    "alone": "One fault at a time",
    "copies": "Copies of training pairs",
    "shifted_pairs": "Some pairs out of register",
    "together": "Many faults in one set, each in pairs of its own",
}


def row(name: str, result: dict) -> str:
    planted, found, false = result["planted"], result["found"], result["false"]
    cells = [name, result["check"], result["severity"] or "-"]
    if planted == "set":
        cells += ["all", "", "yes" if found else "no", "", ""]
    else:
        precision = f"{found / (found + false):.2f}" if found + false else "-"
        cells += [planted, found, f"{found / planted:.2f}", false, precision]
    return f"| {' | '.join(str(cell) for cell in cells)} | {', '.join(result.get('also_raised', {}))} |"


def made(arguments: argparse.Namespace, items: list[Item]) -> dict[str, str]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "pairs": f"{Path(arguments.pairs).name}, {len(items)} of the {arguments.of} split",
        "seed": str(arguments.seed),
        "commit": commit.stdout.strip() or "unknown",
        "machine": f"{platform.machine()}, numpy {np.__version__}",
    }


if __name__ == "__main__":
    main()
