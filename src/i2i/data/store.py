"""All pairs decoded once and kept in their own type, in memory or, when they would not fit, in a memory-mapped file."""

import math
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from i2i.data.layouts import Pair
from i2i.data.samples import Reading, read_apart, read_pair, read_photo, read_side
from i2i.errors import StorageError
from i2i.images import Pixels

Kept = Literal["pairs", "apart", "inputs", "targets", "photos"]
"""What a store keeps: pairs; inputs and targets that don't belong together; one side alone; photos for a task."""

Progress = Callable[[int, int], None]
"""Called with (done, of how many)."""

_GIB = 2**30


class PairStore:
    """A sequence of (input, target) pixels, (H, W, C) each, that is cheap to index at random.

    The pairs stand one behind the other in one flat buffer. A buffer larger than `memory_gib` (by default half of the
    memory that is free) is an unnamed temporary file in `spill`, which vanishes with the process. Where one image of a
    pair alone is kept (an input, a target, or a photo of which a task makes pairs while training), both sides are it.

    Raises:
        ImageError, PairsError: from the first file that can't be used.
        StorageError: neither memory nor the folder `spill` has room.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        reading: Reading,
        *,
        keep: Kept = "pairs",
        memory_gib: float = 0.0,
        spill: Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.names = [pair.name for pair in pairs]
        self._budget = int(memory_gib * _GIB) or _free_memory() // 2
        self._spill = spill
        self._places: list[tuple[_Place, _Place]] = []
        self._used = 0
        self._buffer = np.empty(0, np.uint8)
        for done, (given, wanted) in enumerate(_decode(pairs, reading, keep), start=1):
            self._append(given, wanted, expected=len(pairs))
            if progress:
                progress(done, len(pairs))

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> tuple[Pixels, Pixels]:
        given, wanted = self._places[index]
        return given.read(self._buffer), wanted.read(self._buffer)

    @property
    def in_memory(self) -> bool:
        """Whether the pairs fitted in memory."""
        return not isinstance(self._buffer, np.memmap)

    def _append(self, given: Pixels, wanted: Pixels, expected: int) -> None:
        both = [wanted] if given is wanted else [given, wanted]
        needed = sum(_aligned(pixels.nbytes) for pixels in both)
        if self._used + needed > self._buffer.size:
            rest = (expected - len(self)) * needed
            self._grow(max(self._used + rest, self._buffer.size * 3 // 2))
        places = [self._put(pixels) for pixels in both]
        self._places.append((places[0], places[-1]))

    def _put(self, pixels: Pixels) -> "_Place":
        place = _Place(self._used, pixels.shape, pixels.dtype)
        place.read(self._buffer)[...] = pixels
        self._used += _aligned(pixels.nbytes)
        return place

    def _grow(self, size: int) -> None:
        larger = np.empty(size, np.uint8) if size <= self._budget else self._map(size)
        larger[: self._used] = self._buffer[: self._used]
        self._buffer = larger

    def _map(self, size: int) -> Pixels:
        try:
            with tempfile.TemporaryFile(dir=self._spill) as file:
                os.posix_fallocate(file.fileno(), 0, size) if hasattr(os, "posix_fallocate") else file.truncate(size)
                return np.memmap(file, np.uint8, mode="r+", shape=(size,))
        except OSError as error:
            raise StorageError(
                f"{self._spill or tempfile.gettempdir()}: no room for {size / _GIB:.1f} GiB of decoded pairs "
                f"({error.strerror}); free some, or train with a smaller --size"
            ) from error


@dataclass(frozen=True)
class _Place:
    """Where in the buffer an image stands, and what it is."""

    start: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def read(self, buffer: Pixels) -> Pixels:
        count = math.prod(self.shape)
        return np.frombuffer(buffer, self.dtype, count, self.start).reshape(self.shape)


def _aligned(size: int) -> int:
    """So that each image starts where any type may."""
    return -(-size // 8) * 8


def _decode(pairs: Sequence[Pair], reading: Reading, keep: Kept) -> Iterator[tuple[Pixels, Pixels]]:
    """The pairs in order, decoded by a few threads that never run far ahead."""
    ahead = 32
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, len(pairs), ahead):
            yield from pool.map(lambda pair: _read(pair, reading, keep), pairs[start : start + ahead])


def _read(pair: Pair, reading: Reading, keep: Kept) -> tuple[Pixels, Pixels]:
    if keep == "pairs":
        return read_pair(pair, reading)
    if keep == "apart":
        return read_apart(pair, reading)
    if keep == "photos":
        image = read_photo(pair, reading)
    elif keep == "inputs":
        image = read_side(pair.input, reading.input, reading)
    else:
        image = read_side(pair.target, reading.target, reading)
    return image, image


def _free_memory() -> int:
    if not hasattr(os, "sysconf") or "SC_AVPHYS_PAGES" not in os.sysconf_names:
        return 4 * _GIB
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
