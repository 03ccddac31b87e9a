"""Which files make a pair: the layouts in which people keep image pairs, detected and told.

    side-by-side   images that hold both sides, left | right: in the folder itself or in train, val, test
    folders        a folder a side, paired by stem: A/, B/ · train/A/, train/B/ · A/train/, B/train/ · trainA/, trainB/
    manifest       a CSV or JSONL file with a column a side, and optionally 'split', 'name' and others, such as a group
    photos         plain images, in the folder itself or in train, val, test: a task makes the pairs
    unpaired       a folder a side as in folders, and no image has a partner: two sets of any sizes
    domains        a folder a domain, two or more, of any sizes: cat/, dog/, wild/ · train/cat/, test/cat/ … · trainA/ …

The two sides have names (left and right, the folders' names, the columns' names); a direction is "NAME-to-NAME".
"""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from i2i.data.folders import (
    SPLIT_NAMES,
    Split,
    by_stem,
    domain_folders,
    need_folder,
    side_folders,
    split_folders,
    subfolders,
    without_side,
)
from i2i.data.manifest import MANIFEST_NAMES, is_manifest, read_manifest
from i2i.errors import PairsError, listed, nearest
from i2i.images import is_image

Half = Literal["left", "right"]
Layout = Literal["side-by-side", "folders", "manifest", "photos", "unpaired", "domains"]

UNPAIRED_LAYOUTS = ("unpaired", "domains")
"""Those in which no image has a partner."""

DOMAIN = "domain"
"""The column of a pair that names its domain, in the layout "domains"."""


@dataclass(frozen=True)
class Side:
    """One image of a pair: a file, or a half of a side-by-side file."""

    path: Path
    half: Half | None = None


@dataclass(frozen=True)
class Pair:
    """The two files of a pair, in the direction of the task. `name` is unique in its split.

    Of sets without partners, any input beside any target. `columns` is what else a manifest says of it, by column.
    """

    name: str
    input: Side
    target: Side
    columns: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class PairFolder:
    """What was found at `root`: pairs by split, with the layout and the direction that were settled on.

    `sets` has, of the layout "unpaired", the inputs and the targets of each split by themselves, both sides of a pair
    the same image. So they are in "domains", whose names `domains` has; which one a pair is of is its column `DOMAIN`.
    """

    root: Path
    layout: Layout
    direction: str
    splits: dict[Split, list[Pair]]
    unmatched: list[str] = field(default_factory=list)
    sets: dict[Split, tuple[list[Pair], list[Pair]]] = field(default_factory=dict)
    domains: tuple[str, ...] = ()

    @property
    def paired(self) -> bool:
        """Whether the two sides of a pair belong together."""
        return self.layout not in UNPAIRED_LAYOUTS

    def describe(self) -> str:
        """One line: what was found, how it was read, in which direction."""
        if self.domains:
            sizes = ", ".join(f"{len(images)} {split}" for split, images in self.splits.items() if images)
            return f"{self.root}: images of {len(self.domains)} domains ({sizes}): {', '.join(self.domains)}"
        if not self.paired:
            sizes = ", ".join(f"{len(a)} and {len(b)} {split}" for split, (a, b) in self.sets.items() if a)
            return f"{self.root}: two sets of images without partners ({sizes}), {self.direction}"
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
        layout: "side-by-side", "folders", "manifest", "photos", "unpaired", "domains", or "auto" to detect one of the
            first three.
        direction: "left-to-right", "right-to-left" or "NAME-to-NAME"; by default from the first side to the second.
            Domains have none.
        unmatched: whether a file without a partner is an error or is left out and named.

    Raises:
        PairsError: nothing there, no pairs, files without a partner, a direction that names no side.
    """
    root = Path(root)
    if not root.exists():
        raise PairsError(f"{root}: no such folder or manifest; expected image pairs; check the path")
    found: Layout = detect_layout(root) if layout == "auto" else layout
    if found == "domains":
        return _find_domains(root, direction)
    names, raw, columns = _READERS[found](root)
    first, second = _direct(names, direction, root)
    if found == "unpaired":
        return _find_sets(root, raw, first, second)
    splits: dict[Split, list[Pair]] = {"train": [], "val": [], "test": []}
    alone: list[str] = []
    for split, sides in raw.items():
        splits[split], missing = _match(sides, first, second, columns.get(split, {}))
        alone += missing
    matched = sum(map(len, splits.values()))
    if alone and not matched:
        raise PairsError(
            f"{root}: no file has a partner of the same stem: {listed(alone)}; these look unpaired: --recipe cyclegan "
            "(or cut) learns from two sets without partners; for pairs give both files the same name"
        )
    if alone and unmatched == "error":
        unpaired = "; or, if none has, --recipe cyclegan (or cut)" if len(alone) > 2 * matched else ""
        raise PairsError(
            f"{root}: {len(alone)} files have no partner of the same stem: {listed(alone)}; "
            f"add the missing ones, or leave these out with --set data.unmatched=skip{unpaired}"
        )
    if not any(splits.values()):
        raise PairsError(f"{root}: no image pairs found as {found}; {EXPECTED}")
    return PairFolder(root, found, f"{first}-to-{second}", splits, alone)


EXPECTED = (
    "expected side-by-side images (also in train/, val/, test/), a folder a side (A/ and B/, trainA/ and trainB/), "
    "or a manifest.csv"
)


def couple(inputs: Sequence[Pair], targets: Sequence[Pair]) -> list[Pair]:
    """Images of two sets side by side, each at least once, those of the smaller set again and again.

    In the order of a hash of their names, so that what stands at the beginning is a fair sample of both.
    """
    first, second = (sorted(each, key=lambda image: _shuffled(image.name)) for each in (inputs, targets))
    count = max(len(first), len(second)) if first and second else 0
    both = ((first[k % len(first)], second[k % len(second)]) for k in range(count))
    return [Pair(f"{a.name} + {b.name}", a.input, b.target) for a, b in both]


def each_once(pairs: Sequence[Pair], side: Literal["input", "target"]) -> list[Pair]:
    """The first pair of each image of one side."""
    found: dict[Side, Pair] = {}
    for pair in pairs:
        found.setdefault(pair.input if side == "input" else pair.target, pair)
    return list(found.values())


def swapped(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs in the other direction."""
    return [replace(pair, input=pair.target, target=pair.input) for pair in pairs]


def reversed_direction(direction: str) -> str:
    """ "B-to-A" for "A-to-B"; where a side's own name has "-to-" in it, "reverse"."""
    names = direction.split("-to-")
    return f"{names[1]}-to-{names[0]}" if len(names) == 2 else "reverse"


Sides = dict[str, dict[str, Side]]  # side's name → pair's name → image
Columns = dict[Split, dict[str, dict[str, str]]]  # split → pair's name → what a manifest says of it
Found = tuple[tuple[str, str], dict[Split, Sides], Columns]  # the names of the two sides, and what each split holds


def detect_layout(root: Path) -> Layout:
    """The layout by which the pairs of a folder or a manifest are read if nobody says which.

    Raises:
        PairsError: it is nothing that can hold pairs.
    """
    if not root.exists():
        raise PairsError(f"{root}: no such folder or manifest; expected image pairs; check the path")
    if root.is_file():
        if is_manifest(root):
            return "manifest"
        raise PairsError(
            f"{root}: is a file of an unknown kind; expected a folder of pairs, or a .csv or .jsonl manifest"
        )
    if any((root / name).is_file() for name in MANIFEST_NAMES):
        return "manifest"
    if side_folders(root):
        return "folders"
    children = [child for child in subfolders(root) if child.name.lower() not in SPLIT_NAMES]
    if len(children) > 1 and not any(is_image(path) for path in root.iterdir()):
        raise PairsError(
            f"{root}: holds the folders {listed(child.name for child in children)}; expected two sides, such as A/ and "
            "B/; leave those two alone in a folder, or say --layout side-by-side if each image holds both sides; if "
            "each folder is a domain to translate into, --recipe stargan learns them all"
        )
    return "side-by-side"


def _read_side_by_side(root: Path) -> Found:
    need_folder(root, "side-by-side")
    raw: dict[Split, Sides] = {}
    for split, folder in split_folders(root).items():
        files = by_stem(folder)
        raw[split] = {
            "left": {name: Side(path, "left") for name, path in files.items()},
            "right": {name: Side(path, "right") for name, path in files.items()},
        }
    return ("left", "right"), raw, {}


def _read_photos(root: Path) -> Found:
    need_folder(root, "photos")
    raw: dict[Split, Sides] = {}
    for split, folder in split_folders(root).items():
        photos = {name: Side(path) for name, path in by_stem(folder).items()}
        raw[split] = {"made": photos, "photo": photos}
    return ("made", "photo"), raw, {}


def _read_folders(root: Path) -> Found:
    need_folder(root, "folders")
    found = side_folders(root)
    if not found:
        there = listed(child.name for child in subfolders(root)) or "no folders"
        raise PairsError(f"{root}: found {there}; expected a folder a side, such as A/ and B/ or trainA/ and trainB/")
    names = sorted({side for sides in found.values() for side in sides})
    raw: dict[Split, Sides] = {}
    for split, sides in found.items():
        if len(sides) != 2:
            both = f"both {names[0]} and {names[-1]}" if len(names) > 1 else "a folder of the other side beside it"
            raise PairsError(f"{root}: {split} has only the side {listed(sides)}; expected {both}")
        raw[split] = {
            side: {without_side(name, side): Side(path) for name, path in by_stem(folder).items()}
            for side, folder in sides.items()
        }
        empty = [folder for side, folder in sides.items() if not raw[split][side]]
        if len(empty) == 1:
            raise PairsError(f"{empty[0]}: holds no images; expected those of one side; the other is beside it")
    return (names[0], names[1]), raw, {}


def _find_sets(root: Path, raw: dict[Split, Sides], first: str, second: str) -> PairFolder:
    sets = {split: (_alone(sides[first]), _alone(sides[second])) for split, sides in raw.items()}
    splits: dict[Split, list[Pair]] = {"train": [], "val": [], "test": []}
    splits |= {split: couple(*both) for split, both in sets.items()}
    if not any(splits.values()):
        raise PairsError(f"{root}: no images found as unpaired; expected a folder a side, such as trainA/ and trainB/")
    return PairFolder(root, "unpaired", f"{first}-to-{second}", splits, sets=sets)


def _alone(images: Mapping[str, Side]) -> list[Pair]:
    return [Pair(name, images[name], images[name]) for name in sorted(images, key=_natural)]


def domain_of(image: Pair) -> str:
    """The name of its domain, in the layout "domains"."""
    return image.columns[DOMAIN]


def by_turns(images: Sequence[Pair]) -> list[Pair]:
    """One of each domain, another of each …: in each domain in the order of a hash of the names.

    So what stands at the beginning is a fair sample of all of them.
    """
    ranked: dict[str, list[Pair]] = {}
    for image in sorted(images, key=lambda image: _shuffled(image.name)):
        ranked.setdefault(domain_of(image), []).append(image)
    places = [(place, name, image) for name, some in ranked.items() for place, image in enumerate(some)]
    return [image for _, _, image in sorted(places, key=lambda found: found[:2])]


def _find_domains(root: Path, direction: str) -> PairFolder:
    need_folder(root, "domains")
    if direction:
        raise PairsError(
            f"{root}: direction '{direction}': domains have no direction, each is translated into each; leave it out, "
            "and choose with --to-domain when you translate"
        )
    folders = domain_folders(root)
    splits: dict[Split, list[Pair]] = {"train": [], "val": [], "test": []}
    for split, domains in folders.items():
        for name, folder in domains.items():
            images = {f"{name}/{stem}": Side(path) for stem, path in by_stem(folder).items()}
            if not images:
                there = listed(path.name for path in sorted(folder.iterdir()) if not path.name.startswith("."))
                raise PairsError(
                    f"{folder}: holds no images{f', only {there}' if there else ''}; expected those of the domain "
                    f"'{name}'; add some, or take the folder away"
                )
            splits[split] += [Pair(image, side, side, {DOMAIN: name}) for image, side in images.items()]
    names = tuple(sorted(folders.get("train", next(iter(folders.values())))))
    for split, domains in folders.items():
        unknown = sorted(set(domains) - set(names))
        if unknown:
            raise PairsError(
                f"{root}: {split} has the domain '{unknown[0]}', which there is none of to train on; "
                f"{nearest(unknown[0], names)}"
            )
        if split == "val" and len(domains) < len(names):
            missing = sorted(set(names) - set(domains))
            raise PairsError(f"{root}: val has no folder of the domain '{missing[0]}', which train has; add it")
    return PairFolder(root, "domains", "", {split: by_turns(some) for split, some in splits.items()}, domains=names)


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


_READERS: dict[Layout, Callable[[Path], Found]] = {
    "side-by-side": _read_side_by_side,
    "folders": _read_folders,
    "manifest": _read_manifest,
    "photos": _read_photos,
    "unpaired": _read_folders,
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


def _shuffled(name: str) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=8).digest()
