"""All pairs decoded once and kept as uint8, in memory or, when they would not fit, in a memory-mapped file."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from i2i.data.layouts import Pair
from i2i.data.samples import Reading, read_pair
from i2i.errors import StorageError
from i2i.images import Pixels

Progress = Callable[[int, int], None]
"""Called with (done, of how many)."""

_GIB = 2**30


class PairStore:
    """A sequence of (input, target) pixels, (H, W, C) uint8, that is cheap to index at random.

    The pairs stand one behind the other in one flat buffer. A buffer larger than `memory_gib` (by default half of
    the memory that is free) is an unnamed temporary file in `spill`, which vanishes with the process.

    Raises:
        ImageError, PairsError: from the first file that can't be used.
        StorageError: neither memory nor the folder `spill` has room.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        reading: Reading,
        *,
        memory_gib: float = 0.0,
        spill: Path | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.names = [pair.name for pair in pairs]
        self._budget = int(memory_gib * _GIB) or _free_memory() // 2
        self._spill = spill
        self._shapes: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
        self._starts = [0]
        self._buffer = np.empty(0, np.uint8)
        for done, (given, wanted) in enumerate(_decode(pairs, reading), start=1):
            self._append(given, wanted, expected=len(pairs))
            if progress:
                progress(done, len(pairs))

    def __len__(self) -> int:
        return len(self._shapes)

    def __getitem__(self, index: int) -> tuple[Pixels, Pixels]:
        first, second = self._shapes[index]
        start = self._starts[index]
        middle = start + int(np.prod(first))
        end = middle + int(np.prod(second))
        return self._buffer[start:middle].reshape(first), self._buffer[middle:end].reshape(second)

    @property
    def in_memory(self) -> bool:
        """Whether the pairs fitted in memory."""
        return not isinstance(self._buffer, np.memmap)

    def _append(self, given: Pixels, wanted: Pixels, expected: int) -> None:
        start, end = self._starts[-1], self._starts[-1] + given.size + wanted.size
        if end > self._buffer.size:
            share = (expected - len(self)) * (given.size + wanted.size)
            self._grow(max(end, start + share, self._buffer.size * 3 // 2))
        self._buffer[start : start + given.size] = given.reshape(-1)
        self._buffer[start + given.size : end] = wanted.reshape(-1)
        self._shapes.append((given.shape, wanted.shape))
        self._starts.append(end)

    def _grow(self, size: int) -> None:
        used = self._starts[-1]
        larger = np.empty(size, np.uint8) if size <= self._budget else self._map(size)
        larger[:used] = self._buffer[:used]
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


def _decode(pairs: Sequence[Pair], reading: Reading) -> Iterator[tuple[Pixels, Pixels]]:
    """The pairs in order, decoded by a few threads that never run far ahead."""
    ahead = 32
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for start in range(0, len(pairs), ahead):
            yield from pool.map(lambda pair: read_pair(pair, reading), pairs[start : start + ahead])


def _free_memory() -> int:
    if not hasattr(os, "sysconf") or "SC_AVPHYS_PAGES" not in os.sysconf_names:
        return 4 * _GIB
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
