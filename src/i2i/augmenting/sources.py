"""Of which inputs pairs are made, and of which classes these are."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np

from i2i.bundle import BundleConfig
from i2i.data.folders import Split
from i2i.data.layouts import Layout, Pair, PairFolder, detect_layout, find_pairs
from i2i.data.layouts import Side as File
from i2i.data.samples import Reading, read_side
from i2i.errors import ConfigError, ImageError, PairsError, nearest
from i2i.images import ImageSpec, Pixels, is_image, read_header

Inputs = Literal["auto", "images", "side-by-side", "folders", "manifest", "unpaired", "domains"]
"""How the inputs lie in their folder: a layout of pairs, of which the input side is taken, or plain images."""

PRESENT = 0.001
"""Share of a label map's pixels from which on it holds a class: less is the blur of a compressed file."""

FOLDER, LABELS, DOMAIN = "folder", "labels", "domain"
"""Where classes may come from, beside a manifest's columns."""


@dataclass(frozen=True)
class Source:
    """An input.

    Attributes:
        name: unique, and a path that stays within its folder; made pairs are called by it.
        file: of the input.
        where: the file's path, from the folder of the inputs.
        classes: that it is of, or holds.
        target: its real partner, if it has one.
    """

    name: str
    file: File
    where: str
    classes: tuple[str, ...] = ()
    target: File | None = None

    def read(self, spec: ImageSpec) -> Pixels:
        """Its pixels, (H, W, C), at their own size. Raises `ImageError`, `PairsError`."""
        return read_side(self.file, spec, Reading(spec, spec))


@dataclass(frozen=True)
class Real:
    """The target of a real pair, and of which classes the pair is."""

    name: str
    split: Split
    file: File
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sources:
    """What was found.

    Attributes:
        root: the folder or the manifest.
        inputs: of the training split.
        pairs: those that the inputs are of; None of plain images.
        by: where the classes come from: "folder", "labels", a manifest's column; empty if there are none.
        names: all classes that there are, also those without an input.
        largest: images of the largest domain, of a bundle that translates into several.
        unread: inputs whose classes could not be read, with the reason.
    """

    root: Path
    inputs: list[Source]
    pairs: PairFolder | None
    by: str = ""
    names: tuple[str, ...] = ()
    largest: int = 0
    unread: tuple[str, ...] = ()

    def describe(self) -> str:
        """One line: what was taken for inputs."""
        kind = f"the input side of {self.pairs.layout} pairs" if self.pairs else "plain images"
        classes = f", classes by {self.by}" if self.by else ""
        return f"{self.root.name}: {len(self.inputs)} inputs, {kind}{classes}"


def find_sources(
    config: BundleConfig,
    root: Path,
    *,
    layout: Inputs = "auto",
    direction: str | None = None,
    by: str = "",
    to_domain: str = "",
) -> Sources:
    """The inputs below a folder or in a manifest of pairs; only those of the training split, where there are splits.

    Of a folder a domain they are the images of all other domains, and of the class `to_domain`, which they become.

    Args:
        config: of the bundle.
        root: a folder of images, with a folder a class or without, or pairs as for training.
        layout: how they lie there; "auto" takes for pairs what has the sides that the bundle was trained on.
        direction: of the pairs; by default the bundle's.
        by: where classes come from: a manifest's column, "folder", "labels" for what the label maps hold; by default
            the folders, where there are some.
        to_domain: into which they are translated, of a bundle of several.

    Raises:
        PairsError, ImageError: nothing there, or pairs that can't be read as such.
        ConfigError: `by` names nothing of the kind.
    """
    if not root.exists():
        raise ImageError(f"{root}: no such folder or manifest; check the path")
    found = _find(config, root, layout, config.direction if direction is None else direction)
    pairs = _inputs(found)
    if not pairs:
        there = ", ".join(split for split, some in found.splits.items() if some)
        raise PairsError(
            f"{root}: has no train split, only {there}; give that split's own folder, if pairs may be made of it"
        )
    if to_domain:
        return _of_domains(root, found, pairs, to_domain, by)
    by = by or (FOLDER if any("/" in pair.name for pair in pairs) else "")
    classes, unread = _classes(pairs, by, config, root)
    known = sorted({each for some in classes for each in some})
    return Sources(
        root,
        _sources(root, pairs, classes, real=found.paired and found.layout != "photos"),
        None if found.layout == "photos" else found,
        by if known else "",
        tuple(each.name for each in config.input.classes) if by == LABELS else tuple(known),
        unread=unread,
    )


def _of_domains(root: Path, found: PairFolder, pairs: Sequence[Pair], to_domain: str, by: str) -> Sources:
    if by not in ("", DOMAIN):
        raise ConfigError(f"--by {by}: all that is made is of the domain {to_domain}; leave it out")
    sizes = Counter(pair.columns.get(DOMAIN, "") for pair in pairs)
    others = [pair for pair in pairs if pair.columns.get(DOMAIN, "") != to_domain]
    return Sources(
        root,
        _sources(root, others, [(to_domain,)] * len(others), real=False),
        None if found.layout == "photos" else found,
        DOMAIN,
        (to_domain,),
        max(sizes.values()),
    )


def _sources(root: Path, pairs: Sequence[Pair], classes: Sequence[tuple[str, ...]], real: bool) -> list[Source]:
    start = root if root.is_dir() else root.parent
    names = _safe_names(pair.name for pair in pairs)
    return [
        Source(name, pair.input, _relative(pair.input.path, start), some, pair.target if real else None)
        for name, pair, some in zip(names, pairs, classes, strict=True)
    ]


def find_real(config: BundleConfig, pairs: PairFolder, sources: Sources, to_domain: str = "") -> list[Real]:
    """The real targets of all splits of a folder of pairs; those of the training split with their classes.

    Args:
        config: of the bundle.
        pairs: the real ones.
        sources: of which classes the inputs are, and by what.
        to_domain: of a folder a domain, of which images are targets.

    Raises:
        ConfigError: what the classes of the inputs are found by is nothing of theirs.
    """
    found: list[Real] = []
    for split, some in pairs.splits.items():
        if to_domain:
            found += [Real(each.name, split, each.target, (to_domain,)) for each in some if _is_of(each, to_domain)]
        elif not pairs.paired:
            found += [Real(each.name, split, each.target) for each in pairs.sets.get(split, ([], []))[1]]
        else:
            classes = _classes_of_real(config, pairs, split, sources)
            found += [Real(pair.name, split, pair.target, each) for pair, each in zip(some, classes, strict=True)]
    return found


def _is_of(image: Pair, domain: str) -> bool:
    return image.columns.get(DOMAIN, domain) == domain


def _classes_of_real(config: BundleConfig, pairs: PairFolder, split: Split, sources: Sources) -> list[tuple[str, ...]]:
    some = pairs.splits[split]
    if pairs is sources.pairs and split == "train":
        return [source.classes for source in sources.inputs]
    return _classes(some, sources.by if split == "train" else "", config, pairs.root)[0]


def find_training(config: BundleConfig, root: Path, layout: Inputs, direction: str | None) -> PairFolder:
    """Real pairs, found as `find_sources` finds them. Raises `PairsError` where there are none."""
    if not root.exists():
        raise PairsError(f"{root}: no such folder or manifest; expected the real pairs of --against; check the path")
    found = _find(config, root, layout, config.direction if direction is None else direction)
    if found.layout == "photos":
        raise PairsError(
            f"{root}: holds plain images; expected real pairs for --against, as the bundle was trained on: "
            f"{config.direction or 'inputs and targets'}"
        )
    return found


def _find(config: BundleConfig, root: Path, layout: Inputs, direction: str) -> PairFolder:
    chosen = _detect(config, root, direction) if layout == "auto" else "photos" if layout == "images" else layout
    if chosen == "domains":
        return find_pairs(root, chosen)
    if chosen == "photos":
        if root.is_file():
            raise ImageError(f"{root}: is a file; expected a folder of inputs, or a manifest")
        if not any(path.is_file() and is_image(path) for path in root.rglob("*")):
            raise ImageError(f"{root}: holds no images; expected inputs of the bundle: {config.input.describe()}")
        return find_pairs(root, "photos")
    skipped = config.training.get("data", {}).get("unmatched") == "skip"
    try:
        return find_pairs(root, chosen, direction, "skip" if skipped else "error")
    except PairsError as error:
        if f"direction '{direction}'" not in str(error):
            raise
        raise PairsError(f"{error} (--direction; the bundle was trained {config.direction})") from error


def _detect(config: BundleConfig, root: Path, direction: str) -> Layout:
    """The layout of pairs, if they are such as the bundle was trained on; else "photos", which is plain images."""
    if config.domains:
        return "domains" if _has_domains(config, root) else "photos"
    try:
        found = detect_layout(root)
    except PairsError:
        return "photos"
    if found == "folders":
        sides = direction.lower().split("-to-")
        there = {path.name.lower() for depth in ("*", "*/*") for path in root.glob(depth) if path.is_dir()}
        ends = {name.removeprefix(split).strip("_-") for name in there for split in ("train", "val", "test")}
        if len(sides) != 2 or not set(sides) <= there | ends:
            return "photos"
        return "unpaired" if config.layout == "unpaired" else "folders"
    if found == "side-by-side":
        return found if config.layout == "side-by-side" and _has_two_sides(config, root) else "photos"
    return found


def _has_domains(config: BundleConfig, root: Path) -> bool:
    """Whether there is a folder of any of the domains, in a split or not."""
    return any(path.is_dir() and path.name in config.domains for depth in ("*", "*/*") for path in root.glob(depth))


def _has_two_sides(config: BundleConfig, root: Path) -> bool:
    """Whether the first image that can be read is twice as wide as those that the bundle was trained on."""
    height, width = config.size
    for path in sorted(path for path in root.rglob("*") if path.is_file() and is_image(path)):
        try:
            header = read_header(path)
        except ImageError:
            continue
        return header.width * height == 2 * header.height * width
    return False


def _inputs(found: PairFolder) -> list[Pair]:
    return found.splits["train"] if found.paired or found.domains else found.sets.get("train", ([], []))[0]


def _classes(
    pairs: Sequence[Pair], by: str, config: BundleConfig, root: Path
) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """The classes of each pair's input, and why some could not be read."""
    if not by or not pairs:
        return [()] * len(pairs), ()
    if by == LABELS:
        return _classes_held(pairs, config)
    if by == FOLDER:
        return [(pair.name.partition("/")[0],) if "/" in pair.name else () for pair in pairs], ()
    columns = {column for pair in pairs for column in pair.columns}
    if by not in columns:
        there = nearest(by, sorted(columns)) if columns else "there is no manifest that has columns"
        raise ConfigError(f"--by {by}: is no column of {root}; {there}; or --by {FOLDER}, --by {LABELS}")
    return [(value,) if (value := pair.columns.get(by, "")) else () for pair in pairs], ()


def _classes_held(pairs: Sequence[Pair], config: BundleConfig) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    spec = config.input
    if not spec.is_labels:
        raise ConfigError(f"--by {LABELS}: the bundle's inputs are no label maps but {spec.describe()}")
    found: list[tuple[str, ...]] = []
    unread = []
    for pair in pairs:
        try:
            found.append(classes_in(read_side(pair.input, spec, Reading(spec, spec)), spec))
        except (ImageError, PairsError) as error:
            found.append(())
            unread.append(str(error))
    return found, tuple(unread)


def classes_in(pixels: Pixels, spec: ImageSpec) -> tuple[str, ...]:
    """The classes that at least `PRESENT` of a label map's pixels, (H, W, 1 or more), are of, by name."""
    positions = pixels[:, :, 0]
    counts = np.bincount(positions.ravel(), minlength=len(spec.classes))[: len(spec.classes)]
    least = max(1, PRESENT * positions.size)
    return tuple(each.name for each, count in zip(spec.classes, counts, strict=True) if count >= least)


def _safe_names(names: Iterable[str]) -> list[str]:
    """The names as paths that stay within their folder; those that become alike are numbered."""
    unique: list[str] = []
    used: set[str] = set()
    for name in map(_safe, names):
        chosen, count = name, 1
        while chosen.lower() in used:
            count += 1
            chosen = f"{name}-{count}"
        used.add(chosen.lower())
        unique.append(chosen)
    return unique


def _safe(name: str) -> str:
    parts = [part for part in PurePosixPath(name).parts if part not in ("/", "..", ".")]
    return re.sub(r'[\x00-\x1f\\:*?"<>|]', "_", "/".join(parts)) or "input"


def _relative(path: Path, start: Path) -> str:
    """From the folder of the inputs on; of a file elsewhere the name alone, as its path is the user's own affair."""
    return path.relative_to(start).as_posix() if path.is_relative_to(start) else path.name
