"""The order in which training images come: a function of (seed, images seen) and of nothing else."""

import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


def random_at(seed: int, purpose: int, position: int) -> np.random.Generator:
    """A random stream of its own for each (seed, purpose, position), the same on every machine."""
    return np.random.Generator(np.random.Philox(key=[seed & 0xFFFFFFFFFFFFFFFF, (purpose << 48) + position]))


def random_of(seed: int, name: str) -> np.random.Generator:
    """A random stream of its own for each (seed, name), the same on every machine."""
    digest = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))


def index_at(seed: int, images_seen: int, count: int) -> int:
    """Which of `count` samples comes after `images_seen` images: every epoch a new permutation, none left out."""
    epoch, position = divmod(images_seen, count)
    return int(_permutation(seed, epoch, count)[position])


def balanced_at(seed: int, images_seen: int, counts: tuple[int, ...]) -> tuple[int, int]:
    """Which of several sets, of `counts` samples each, and which of it comes after `images_seen` images.

    As many of each set: of so many images as there are sets one of each, in an order anew each time. In each set every
    sample comes once before any comes again.
    """
    turn, place = divmod(images_seen, len(counts))
    chosen = int(_permutation(seed, turn, len(counts), _TURNS)[place])
    epoch, position = divmod(turn, counts[chosen])
    return chosen, int(_permutation(seed, (chosen << 32) + epoch, counts[chosen], _WITHIN)[position])


_TURNS, _WITHIN = 4, 5
"""Purposes of the random streams of which set comes when, and of the order within each; of one set it is purpose 0."""


@lru_cache(maxsize=64)
def _permutation(seed: int, epoch: int, count: int, purpose: int = 0) -> NDArray[np.int64]:
    return random_at(seed, purpose, position=epoch).permutation(count)
