"""A folder of photos to a folder of pairs."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np

from i2i.data.folders import Split
from i2i.data.layouts import Pair, find_pairs
from i2i.data.order import random_of
from i2i.data.splits import HoldOut, hold_out
from i2i.data.tasks.task import COLOUR, Task
from i2i.errors import ConfigError, ImageError, InputError
from i2i.files import refuse_filled, write_text
from i2i.images import Pixels, read_pixels, write_pixels

INPUT, TARGET = "input", "target"
"""The folders of the two sides."""


@dataclass(frozen=True)
class Making:
    """How pairs are made of photos; see `write_pairs`."""

    size: tuple[int, int] | None = None
    per_photo: int = 1
    seed: int = 0
    validation: float = 0.1
    test: float = 0.1

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ConfigError(f"seed: found {self.seed}; expected 0 or more")
        if self.size is not None and min(self.size) < 1:
            height, width = self.size
            raise ConfigError(f"size: found {height}x{width}; expected a height and a width of 1 pixel or more")
        if self.per_photo < 1 or (self.per_photo > 1 and self.size is None):
            raise ConfigError(f"{self.per_photo} pairs a photo: expected 1, or more with a size for the crops")
        if min(self.validation, self.test) < 0 or self.validation + self.test >= 1:
            raise ConfigError(
                f"shares of validation {self.validation} and test {self.test}: expected 0 or more each, less than 1 "
                "together"
            )


@dataclass(frozen=True)
class Made:
    """What `write_pairs` did: pairs written by split, and why photos could not be read, by their path."""

    folder: Path
    pairs: dict[Split, int] = field(default_factory=dict)
    failed: dict[Path, str] = field(default_factory=dict)


def write_pairs(
    task: Task,
    photos: str | os.PathLike[str],
    to: str | os.PathLike[str],
    *,
    size: tuple[int, int] | None = None,
    per_photo: int = 1,
    seed: int = 0,
    validation: float = 0.1,
    test: float = 0.1,
    progress: Callable[[int, int], None] | None = None,
) -> Made:
    """Make pairs of all photos below a folder: `to/SPLIT/input/NAME.png`, `to/SPLIT/target/NAME.png`.

    Beside them, `task.json` and `README.md` say how they were made. A photo that can't be read is left out.

    Args:
        task: what to make of each photo.
        photos: folder of images of 8 bits, grey or colour. Where it has folders train, val or test, photos stay in
            their split.
        to: new, or empty.
        size: (height, width) of crops cut out at random; a photo that is smaller is continued by its mirror image.
            None: photos as they are.
        per_photo: crops of each photo.
        seed: 0 or more. What is done to a photo depends on the seed and its name, not on the other photos.
        validation, test: shares of the photos (not of the crops) in these splits, drawn by a hash of seed and name.
        progress: called with (photos done, of how many) after each photo.

    Raises:
        PairsError: no photos, or two of the same name but for the ending.
        InputError: no photo can be read.
        StorageError: `to` holds something, or can't be written.
        ConfigError: a negative seed, a size or a number of crops below 1, several crops without a size, or shares that
            leave nothing to train on.
    """
    making, made = Making(size, per_photo, seed, validation, test), Made(Path(to))
    refuse_filled(made.folder)
    splits = _divided(find_pairs(photos, "photos").splits, making)
    jobs = [(split, photo) for split, found in splits.items() for photo in found]
    numbered = per_photo > 1 or _look_like_sides([photo.name for _, photo in jobs])
    for done, (split, photo) in enumerate(jobs, start=1):
        try:
            pixels = read_pixels(photo.target.path, COLOUR)
        except ImageError as error:
            made.failed[photo.target.path] = str(error)
        else:
            names = [f"{photo.name}-{number}" for number in range(per_photo)] if numbered else [photo.name]
            for name in names:
                _write_pair(made.folder / split, name, task, pixels, making)
            made.pairs[split] = made.pairs.get(split, 0) + per_photo
        if progress:
            progress(done, len(jobs))
    if not made.pairs:
        raise InputError(f"{photos}: no photo can be read; the first: {next(iter(made.failed.values()))}")
    _write_origin(made, task, making)
    return made


def train_command(task: Task, pairs: str, size: tuple[int, int] | None = None) -> str:
    """What to type to train on written pairs, of which `size` is that of their crops."""
    crop = f" --size {size[0]}x{size[1]}" if size else ""
    return f"i2i train {pairs} --to RUN{crop} {' '.join(f'--set {setting}' for setting in task.settings)}"


def cut_out(photo: Pixels, size: tuple[int, int], random: np.random.Generator) -> Pixels:
    """A crop of (height, width) at a random place; a photo that is smaller is first continued by its mirror image."""
    missing = [max(0, wanted - side) for wanted, side in zip(size, photo.shape[:2], strict=True)]
    photo = np.pad(photo, [(each // 2, each - each // 2) for each in missing] + [(0, 0)], mode="symmetric")
    top, left = (random.integers(side - wanted + 1) for wanted, side in zip(size, photo.shape[:2], strict=True))
    return photo[top : top + size[0], left : left + size[1]]


def _divided(splits: Mapping[Split, Sequence[Pair]], making: Making) -> dict[Split, Sequence[Pair]]:
    """The photos by split: as their folders say, or else held out as the shares say."""
    if splits["val"] or splits["test"]:
        return dict(splits)
    rest, test = hold_out(splits["train"], HoldOut(making.test, making.seed))
    train, val = hold_out(rest, HoldOut(making.validation / (1 - making.test), making.seed))
    return {"train": train, "val": val, "test": test}


def _look_like_sides(names: Sequence[str]) -> bool:
    """Whether a name ends like that of a side, which is no part of a pair's name when the pairs are found again."""
    return any(name.endswith((f"_{side}", f"-{side}")) for name in names for side in (INPUT, TARGET))


def _write_pair(folder: Path, name: str, task: Task, photo: Pixels, making: Making) -> None:
    random = random_of(making.seed, name)
    given, wanted = task.make(photo if making.size is None else cut_out(photo, making.size, random), random)
    write_pixels(folder / INPUT / f"{name}.png", given, task.input)
    write_pixels(folder / TARGET / f"{name}.png", wanted, task.target)


def _write_origin(made: Made, task: Task, making: Making) -> None:
    """How the pairs were made, for programs and for people; last, so that it stands only beside what is whole."""
    origin = {
        "task": task.name,
        **asdict(making),
        "i2i": version("i2i"),
        "settings": task.settings,
        "pairs": made.pairs,
    }
    write_text(made.folder / "task.json", json.dumps(origin, indent=2) + "\n")
    size = "whole photos" if making.size is None else f"{making.size[0]}x{making.size[1]} crops"
    write_text(
        made.folder / "README.md",
        f"# Pairs for {task.name}\n\n{task.summary}\n\n"
        f"Made of photos by i2i {version('i2i')}, seed {making.seed}, {making.per_photo} a photo, {size}: "
        f"{', '.join(f'{count} {split}' for split, count in made.pairs.items())}.\n"
        "No photo has pairs in two splits. `task.json` holds all that is needed to make them again.\n\n"
        f"    {train_command(task, 'PAIRS', making.size)}\n",
    )
