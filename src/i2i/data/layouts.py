"""Which files make a pair: the layouts in which people keep image pairs, detected and told.

    side-by-side   images that hold both sides, left | right: in the folder itself or in train, val, test
    folders        a folder a side, paired by stem: A/, B/ · train/A/, train/B/ · A/train/, B/train/ · trainA/, trainB/
    manifest       a CSV or JSONL file with a column a side, and optionally 'split', 'name' and others, such as a group
    photos         plain images, in the folder itself or in train, val, test: a task makes the pairs

The two sides have names (left and right, the folders' names, the columns' names); a direction is "NAME-to-NAME".
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from i2i.data.manifest import MANIFEST_NAMES, is_manifest, read_manifest
from i2i.errors import PairsError
from i2i.images import is_image, stem_of

Split = Literal["train", "val", "test"]
Half = Literal["left", "right"]
Layout = Literal["side-by-side", "folders", "manifest", "photos"]

SPLIT_NAMES: dict[str, Split] = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
"""What a split's folder may be called, and what it is."""

MANY = 5
"""Names listed in a message before it says 'and N more'."""


@dataclass(frozen=True)
class Side:
    """One image of a pair: a file, or a half of a side-by-side file."""

    path: Path
    half: Half | None = None


@dataclass(frozen=True)
class Pair:
    """The two files of a pair, in the direction of the task. `name` is unique in its split.

    `columns` is what else a manifest says of it, by column.
    """

    name: str
    input: Side
    target: Side
    columns: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class PairFolder:
    """What was found at `root`: pairs by split, with the layout and the direction that were settled on."""

    root: Path
    layout: Layout
    direction: str
    splits: dict[Split, list[Pair]]
    unmatched: list[str] = field(default_factory=list)

    def describe(self) -> str:
        """One line: what was found, how it was read, in which direction."""
        counts = ", ".join(f"{len(pairs)} {split}" for split, pairs in self.splits.items() if pairs)
        skipped = f"; without a partner and skipped: {listed(self.unmatched)}" if self.unmatched else ""
        return f"{self.root}: {self.layout} pairs ({counts}), {self.direction}{skipped}"


def find_pairs(
    root: str | os.PathLike[str],
    layout: Layout | Literal["auto"] = "auto",
    direction: str = "",
    unmatched: Literal["error", "skip"] = "error",
) -> PairFolder:
    """Find the pairs below a folder, or in a manifest file.

    Args:
        root: the folder or the CSV/JSONL file.
        layout: "side-by-side", "folders", "manifest", "photos", or "auto" to detect one of the first three.
        direction: "left-to-right", "right-to-left" or "NAME-to-NAME"; by default from the first side to the second.
        unmatched: whether a file without a partner is an error or is left out and named.

    Raises:
        PairsError: nothing there, no pairs, files without a partner, a direction that names no side.
    """
    root = Path(root)
    if not root.exists():
        raise PairsError(f"{root}: no such folder or manifest; expected image pairs; check the path")
    found: Layout = _detect(root) if layout == "auto" else layout
    names, raw, columns = _READERS[found](root)
    first, second = _direct(names, direction, root)
    splits: dict[Split, list[Pair]] = {"train": [], "val": [], "test": []}
    alone: list[str] = []
    for split, sides in raw.items():
        splits[split], missing = _match(sides, first, second, columns.get(split, {}))
        alone += missing
    if alone and unmatched == "error":
        raise PairsError(
            f"{root}: {len(alone)} files have no partner of the same stem: {listed(alone)}; "
            "add the missing ones, or leave these out with --set data.unmatched=skip"
        )
    if not any(splits.values()):
        raise PairsError(f"{root}: no image pairs found as {found}; {EXPECTED}")
    return PairFolder(root, found, f"{first}-to-{second}", splits, alone)


EXPECTED = (
    "expected side-by-side images (also in train/, val/, test/), a folder a side (A/ and B/, trainA/ and trainB/), "
    "or a manifest.csv"
)


def listed(names: Iterable[str]) -> str:
    """The first few names, and how many more there are."""
    names = list(names)
    more = f" and {len(names) - MANY} more" if len(names) > MANY else ""
    return ", ".join(names[:MANY]) + more


Sides = dict[str, dict[str, Side]]  # side's name → pair's name → image
Columns = dict[Split, dict[str, dict[str, str]]]  # split → pair's name → what a manifest says of it
Found = tuple[tuple[str, str], dict[Split, Sides], Columns]  # the names of the two sides, and what each split holds


def _detect(root: Path) -> Layout:
    if root.is_file():
        if is_manifest(root):
            return "manifest"
        raise PairsError(
            f"{root}: is a file of an unknown kind; expected a folder of pairs, or a .csv or .jsonl manifest"
        )
    if any((root / name).is_file() for name in MANIFEST_NAMES):
        return "manifest"
    if _side_folders(root):
        return "folders"
    children = [child for child in _subfolders(root) if child.name.lower() not in SPLIT_NAMES]
    if len(children) > 1 and not any(is_image(path) for path in root.iterdir()):
        raise PairsError(
            f"{root}: holds the folders {listed(child.name for child in children)}; expected two sides, such as A/ and "
            "B/; leave those two alone in a folder, or say --layout side-by-side if each image holds both sides"
        )
    return "side-by-side"


def _read_side_by_side(root: Path) -> Found:
    _need_folder(root, "side-by-side")
    raw: dict[Split, Sides] = {}
    for split, folder in _split_folders(root).items():
        files = _by_stem(folder)
        raw[split] = {
            "left": {name: Side(path, "left") for name, path in files.items()},
            "right": {name: Side(path, "right") for name, path in files.items()},
        }
    return ("left", "right"), raw, {}


def _read_photos(root: Path) -> Found:
    _need_folder(root, "photos")
    raw: dict[Split, Sides] = {}
    for split, folder in _split_folders(root).items():
        photos = {name: Side(path) for name, path in _by_stem(folder).items()}
        raw[split] = {"made": photos, "photo": photos}
    return ("made", "photo"), raw, {}


def _split_folders(root: Path) -> dict[Split, Path]:
    """The folders train, val, test; where there are none the folder itself is all there is to train on."""
    found = {SPLIT_NAMES[child.name.lower()]: child for child in _subfolders(root) if child.name.lower() in SPLIT_NAMES}
    return found or {"train": root}


def _read_folders(root: Path) -> Found:
    _need_folder(root, "folders")
    found = _side_folders(root)
    if not found:
        there = listed(child.name for child in _subfolders(root)) or "no folders"
        raise PairsError(f"{root}: found {there}; expected a folder a side, such as A/ and B/ or trainA/ and trainB/")
    names = sorted({side for sides in found.values() for side in sides})
    raw: dict[Split, Sides] = {}
    for split, sides in found.items():
        if len(sides) != 2:
            raise PairsError(
                f"{root}: {split} has only the side {listed(sides)}; expected both {names[0]} and {names[-1]}"
            )
        raw[split] = {
            side: {_without_side(name, side): Side(path) for name, path in _by_stem(folder).items()}
            for side, folder in sides.items()
        }
    return (names[0], names[1]), raw, {}


def _side_folders(root: Path) -> dict[Split, dict[str, Path]]:
    """The folder of each side in each split, for every arrangement of the folders layout; empty if it is none."""
    found: dict[Split, dict[str, Path]] = {}
    children = _subfolders(root)
    for child in children:  # trainA, trainB
        for name, split in SPLIT_NAMES.items():
            if child.name.lower().startswith(name) and child.name[len(name) :].strip("_-") in ("A", "B", "a", "b"):
                found.setdefault(split, {})[child.name[-1].upper()] = child
    if found:
        return found
    for child in children:  # train/A, train/B
        inner = _subfolders(child)
        if child.name.lower() in SPLIT_NAMES and len(inner) == 2:
            found[SPLIT_NAMES[child.name.lower()]] = {grandchild.name: grandchild for grandchild in inner}
    if found or len(children) != 2 or any(child.name.lower() in SPLIT_NAMES for child in children):
        return found
    for child in children:  # A/train, B/train
        for grandchild in _subfolders(child):
            if grandchild.name.lower() in SPLIT_NAMES:
                found.setdefault(SPLIT_NAMES[grandchild.name.lower()], {})[child.name] = grandchild
    return found or {"train": {child.name: child for child in children}}  # A, B


def _read_manifest(root: Path) -> Found:
    file = root if root.is_file() else next((root / n for n in MANIFEST_NAMES if (root / n).is_file()), None)
    if file is None:
        raise PairsError(f"{root}: holds no manifest; expected one of {', '.join(MANIFEST_NAMES)}")
    names, rows = read_manifest(file)
    raw: dict[Split, Sides] = {}
    columns: Columns = {}
    for row in rows:
        split = SPLIT_NAMES.get(row.split.lower())
        if split is None:
            raise PairsError(f"{file}: line {row.line}: split '{row.split}'; expected train, val or test")
        sides = raw.setdefault(split, {side: {} for side in names})
        for side, path in zip(names, row.paths, strict=True):
            if row.name in sides[side]:
                raise PairsError(
                    f"{file}: line {row.line}: the name '{row.name}' stands twice in {split}; make it unique"
                )
            sides[side][row.name] = Side(path)
        columns.setdefault(split, {})[row.name] = row.columns
    return names, raw, columns


_READERS = {
    "side-by-side": _read_side_by_side,
    "folders": _read_folders,
    "manifest": _read_manifest,
    "photos": _read_photos,
}


def _direct(names: tuple[str, str], direction: str, root: Path) -> tuple[str, str]:
    """The names of input and target side."""
    if not direction:
        return names
    known = {f"{a}-to-{b}".lower(): (a, b) for a, b in (names, names[::-1])}
    known |= {f"{a}to{b}".lower(): (a, b) for a, b in (names, names[::-1])}
    if direction.lower() not in known:
        raise PairsError(
            f"{root}: direction '{direction}'; the sides are {names[0]} and {names[1]}: "
            f"use {names[0]}-to-{names[1]} or {names[1]}-to-{names[0]}"
        )
    return known[direction.lower()]


def _match(
    sides: Sides, first: str, second: str, columns: Mapping[str, Mapping[str, str]]
) -> tuple[list[Pair], list[str]]:
    inputs, targets = sides[first], sides[second]
    pairs = [
        Pair(name, inputs[name], targets[name], columns.get(name, {}))
        for name in sorted(inputs.keys() & targets.keys(), key=_natural)
    ]
    alone = [str(side.path) for name, side in (inputs | targets).items() if name not in inputs or name not in targets]
    return pairs, sorted(alone)


def _natural(name: str) -> tuple[int, str]:
    """Sorts 2 before 10: shorter numbers first."""
    return (len(name), name)


def _by_stem(folder: Path) -> dict[str, Path]:
    """Images below a folder by their path without the ending; two of one stem can't be told apart."""
    files: dict[str, Path] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and is_image(path)):
        stem = stem_of(path.relative_to(folder)).as_posix()
        if stem in files:
            raise PairsError(f"{path}: has the same stem as {files[stem].name}; keep one of the two")
        files[stem] = path
    return files


def _without_side(name: str, side: str) -> str:
    """`17_A` in folder A and `17_B` in folder B are a pair too."""
    return name.removesuffix(f"_{side}").removesuffix(f"-{side}")


def _subfolders(root: Path) -> list[Path]:
    return sorted(child for child in root.iterdir() if child.is_dir() and not child.name.startswith("."))


def _need_folder(root: Path, layout: str) -> None:
    if not root.is_dir():
        raise PairsError(f"{root}: is a file; expected a folder for the layout {layout}")
