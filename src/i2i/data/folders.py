"""How people arrange images in folders: by split, by side, by domain; and the images in one, by stem."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from i2i.errors import PairsError, listed
from i2i.images import is_image, stem_of

Split = Literal["train", "val", "test"]

SPLIT_NAMES: dict[str, Split] = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
"""What a split's folder may be called, and what it is."""


def need_folder(root: Path, layout: str) -> None:
    """Refuse a file where the layout is one of folders. Raises `PairsError`."""
    if not root.is_dir():
        raise PairsError(f"{root}: is a file; expected a folder for the layout {layout}")


def subfolders(root: Path) -> list[Path]:
    """The folders in a folder, in order; hidden ones left out."""
    return sorted(child for child in root.iterdir() if child.is_dir() and not child.name.startswith("."))


def split_folders(root: Path) -> dict[Split, Path]:
    """The folders train, val, test; where there are none the folder itself is all there is to train on."""
    found = {SPLIT_NAMES[child.name.lower()]: child for child in subfolders(root) if child.name.lower() in SPLIT_NAMES}
    return found or {"train": root}


def side_folders(root: Path) -> dict[Split, dict[str, Path]]:
    """The folder of each side in each split, for every arrangement of the folders layout; empty if it is none."""
    children = subfolders(root)
    found = _joined_folders(children)
    if found:
        return found
    for child in children:  # train/A, train/B
        inner = subfolders(child)
        if child.name.lower() in SPLIT_NAMES and len(inner) == 2:
            found[SPLIT_NAMES[child.name.lower()]] = {grandchild.name: grandchild for grandchild in inner}
    if found or len(children) != 2 or any(child.name.lower() in SPLIT_NAMES for child in children):
        return found
    for child in children:  # A/train, B/train
        for grandchild in subfolders(child):
            if grandchild.name.lower() in SPLIT_NAMES:
                found.setdefault(SPLIT_NAMES[grandchild.name.lower()], {})[child.name] = grandchild
    return found or {"train": {child.name: child for child in children}}  # A, B


def domain_folders(root: Path) -> dict[Split, dict[str, Path]]:
    """The folder of each domain in each split: cat/, dog/ · train/cat/, train/dog/ … · trainA/, trainB/ …

    Raises:
        PairsError: a split has fewer than two domains, or images beside their folders.
    """
    found = _joined_folders(subfolders(root))
    if found:
        _refuse_loose(root)
        return found
    for split, top in split_folders(root).items():
        _refuse_loose(top)
        found[split] = {child.name: child for child in subfolders(top)}
        if len(found[split]) < 2 and split != "test":
            there = f"only {listed(found[split])}" if found[split] else "no folders"
            raise PairsError(f"{top}: found {there}; expected two folders or more, one a domain, such as cat/ and dog/")
    return found


def by_stem(folder: Path) -> dict[str, Path]:
    """Images below a folder by their path without the ending; two of one stem can't be told apart."""
    files: dict[str, Path] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and is_image(path)):
        stem = stem_of(path.relative_to(folder)).as_posix()
        if stem in files:
            raise PairsError(f"{path}: has the same stem as {files[stem].name}; keep one of the two")
        files[stem] = path
    return files


def without_side(name: str, side: str) -> str:
    """`17_A` in folder A and `17_B` in folder B are a pair too."""
    return name.removesuffix(f"_{side}").removesuffix(f"-{side}")


def _joined_folders(children: Sequence[Path]) -> dict[Split, dict[str, Path]]:
    """Of folders such as trainA, trainB and testA, which is which side of which split."""
    found: dict[Split, dict[str, Path]] = {}
    for child in children:
        for name, split in SPLIT_NAMES.items():
            if child.name.lower().startswith(name) and child.name[len(name) :].strip("_-") in ("A", "B", "a", "b"):
                found.setdefault(split, {})[child.name[-1].upper()] = child
    return found


def _refuse_loose(folder: Path) -> None:
    loose = [path.name for path in sorted(folder.iterdir()) if path.is_file() and is_image(path)]
    if loose:
        raise PairsError(
            f"{folder}: images lie beside the folders of the domains: {listed(loose)}; put each into the folder of its "
            "domain"
        )
