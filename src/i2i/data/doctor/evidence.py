"""What was gathered of all pairs, each decoded once, and what the checks ask of it."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from i2i.config import Data
from i2i.config import Side as Settings
from i2i.data.doctor.kinds import Kind, kind_of
from i2i.data.doctor.look import MANY_LABELS, MANY_VALUES, Look, look_at
from i2i.data.doctor.sides import Failure, Image, SideName, read_sides
from i2i.data.doctor.structure import Structure, compare
from i2i.data.folders import Split
from i2i.data.layouts import Pair, PairFolder, Side

Progress = Callable[[int, int], None]
"""Called with (done, of how many)."""

_DRAWN_IN_ALL = 2**20
_FEWEST_DRAWN, _MOST_DRAWN = 32, 4096
_RUN = 10
"""Pairs are sampled in runs of neighbours, so that targets that are one file late are seen beside their inputs."""


@dataclass(frozen=True)
class Entry:
    """A pair and the split it is in."""

    split: Split
    pair: Pair


@dataclass(frozen=True)
class Seen:
    """What is kept of a pair: a look at each side, and of a sampled one how its edges run."""

    looks: tuple[Look | Failure, Look | Failure]
    structure: Structure | None = None


@dataclass(frozen=True)
class Evidence:
    """All that the checks know.

    Attributes:
        found: the pairs.
        data: the settings, with the values that are taken for no reading filled in.
        entries: the pairs, in the order of `found`.
        seen: what is kept of each.
        seed: of what a check draws.
    """

    found: PairFolder
    data: Data
    entries: list[Entry]
    seen: list[Seen]
    seed: int
    _kinds: dict[SideName, Kind] = field(default_factory=dict, repr=False)
    _spans: dict[SideName, tuple[NDArray[np.float64], NDArray[np.float64]]] = field(default_factory=dict, repr=False)

    @cached_property
    def sides(self) -> tuple[SideName, ...]:
        """The sides to look at."""
        return sides_of(self.found)

    @cached_property
    def splits(self) -> tuple[Split, ...]:
        """The splits that hold pairs."""
        return tuple(split for split, pairs in self.found.splits.items() if pairs)

    def settings(self, side: SideName) -> Settings:
        """What the user said of a side."""
        return settings_of(self.data, side)

    def kind(self, side: SideName) -> Kind:
        """What the images of a side are."""
        if side not in self._kinds:
            self._kinds[side] = kind_of([look for _, look in self.looks(side)])
        return self._kinds[side]

    def looks(self, side: SideName, split: Split | None = None) -> Iterator[tuple[int, Look]]:
        """Numbers of entries and the looks at one side, where it could be read and is of the type of most."""
        place = 0 if side == "input" else 1
        usual = self._usual_types[place]
        for number, (entry, seen) in enumerate(zip(self.entries, self.seen, strict=True)):
            look = seen.looks[place]
            if isinstance(look, Look) and look.type == usual and split in (None, entry.split):
                yield number, look

    def figures(self, side: SideName, name: str) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """A figure of every image of a side: numbers of entries (n,), values (n, C)."""
        kept = [(number, look.figures[name]) for number, look in self.looks(side)]
        numbers = np.array([number for number, _ in kept], np.intp)
        return numbers, np.array([values for _, values in kept], np.float64).reshape(len(kept), -1)

    def drawn(self, side: SideName, split: Split | None = None) -> NDArray[np.float32]:
        """Readings drawn from all images of a side, (n, C); NaN where there is none."""
        looks = [look.drawn for _, look in self.looks(side, split)]
        return np.concatenate(looks) if looks else np.empty((0, 1), np.float32)

    def span(self, side: SideName) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The range in which nearly all readings of each channel are: 0.1th and 99.9th percentiles, (C,) each."""
        if side not in self._spans:
            values = self.drawn(side)
            values = np.where(np.isfinite(values).any(axis=0), values, 0)  # a channel without readings has no span
            low, high = np.nanpercentile(np.where(np.isfinite(values), values, np.nan), (0.1, 99.9), axis=0)
            self._spans[side] = low, high
        return self._spans[side]

    def structures(self) -> list[tuple[int, Structure]]:
        """Numbers of entries and the structures of the sampled pairs."""
        return [(number, seen.structure) for number, seen in enumerate(self.seen) if seen.structure is not None]

    def file(self, number: int, side: SideName = "input") -> str:
        """The name of an entry's file, relative to the folder of pairs."""
        return relative(file_of(self.entries[number].pair, side).path, self.found.root)

    @cached_property
    def _usual_types(self) -> tuple[tuple[int, str] | None, tuple[int, str] | None]:
        """Channels and sample type that most images of either side have."""
        given, wanted = (
            Counter(look.type for look in looks if isinstance(look, Look))
            for looks in zip(*(seen.looks for seen in self.seen), strict=True)
        )
        return max(given, key=given.__getitem__, default=None), max(wanted, key=wanted.__getitem__, default=None)


def gather(found: PairFolder, data: Data, *, sample: int, seed: int, progress: Progress | None = None) -> Evidence:
    """Read every pair once, and compare the edges of `sample` of them."""
    entries = entries_of(found)
    keep = int(np.clip(_DRAWN_IN_ALL // max(1, len(entries)), _FEWEST_DRAWN, _MOST_DRAWN))
    chosen = _sample(len(entries), sample, seed) if len(sides_of(found)) == 2 else frozenset()
    see = partial(_see, data=data, keep=keep, chosen=chosen, seed=seed)
    seen: list[Seen] = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for one in pool.map(see, range(len(entries)), entries):
            seen.append(one)
            if progress is not None:
                progress(len(seen), len(entries))
    return Evidence(found, data, entries, _with_colour(seen), seed)


def entries_of(found: PairFolder) -> list[Entry]:
    """All pairs with their splits, in order."""
    return [Entry(split, pair) for split, pairs in found.splits.items() for pair in pairs]


def sides_of(found: PairFolder) -> tuple[SideName, ...]:
    """Both sides; of plain photos, of which a task makes the pairs, only the target."""
    return ("target",) if found.layout == "photos" else ("input", "target")


def file_of(pair: Pair, side: SideName) -> Side:
    """The image of one side of a pair."""
    return pair.input if side == "input" else pair.target


def settings_of(data: Data, side: SideName) -> Settings:
    """What the user said of one side."""
    return data.input if side == "input" else data.target


def relative(path: Path, root: Path) -> str:
    """A file's name as a report has it: relative to the folder of pairs, or to the manifest's."""
    folder = root.parent if root.is_file() else root
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _see(number: int, entry: Entry, *, data: Data, keep: int, chosen: frozenset[int], seed: int) -> Seen:
    given, wanted = read_sides(entry.pair, data)
    random = np.random.default_rng((seed, number))
    looks = (_look(given, data.input, keep, random), _look(wanted, data.target, keep, random))
    if number not in chosen or isinstance(given, Failure) or isinstance(wanted, Failure):
        return Seen(looks)
    if given.pixels.shape[:2] != wanted.pixels.shape[:2]:
        return Seen(looks)
    return Seen(looks, compare(_outlined(given, looks[0]), _outlined(wanted, looks[1])))


def _with_colour(seen: list[Seen]) -> list[Seen]:
    """Grey images as colour on a side where some have colour, as training takes them."""
    given, wanted = zip(*(each.looks for each in seen), strict=True)
    sides = zip(_all_in_colour(given), _all_in_colour(wanted), strict=True)
    return [replace(each, looks=looks) for each, looks in zip(seen, sides, strict=True)]


def _all_in_colour(looks: Sequence[Look | Failure]) -> Sequence[Look | Failure]:
    types = {look.type[0] for look in looks if isinstance(look, Look)}
    if types != {1, 3}:
        return looks
    return [look.in_colour() if isinstance(look, Look) and look.type[0] == 1 else look for look in looks]


def _outlined(image: Image, look: Look | Failure) -> Image:
    """A map of class values in colours that have nothing to do with them, so that all borders of areas count alike."""
    if isinstance(look, Failure) or look.values is None or look.type[0] > 1 or len(np.unique(look.flat_colours)) < 2:
        return image
    colours = np.random.default_rng(0).integers(0, 256, (MANY_LABELS, 3), np.uint8)
    return replace(image, pixels=colours[image.pixels[:, :, 0].astype(np.intp) % MANY_LABELS])


def _look(image: Image | Failure, settings: Settings, keep: int, random: np.random.Generator) -> Look | Failure:
    if isinstance(image, Failure):
        return image
    return look_at(image, keep, random, MANY_LABELS if settings.classes else MANY_VALUES)


def _sample(count: int, wanted: int, seed: int) -> frozenset[int]:
    """Numbers of at most `wanted` of the entries, in runs."""
    if wanted >= count:
        return frozenset(range(count))
    starts = np.random.default_rng(seed).permutation(range(0, count, _RUN))
    runs = [number for start in starts for number in range(start, min(start + _RUN, count))]
    return frozenset(runs[:wanted])
