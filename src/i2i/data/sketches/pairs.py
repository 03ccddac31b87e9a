"""Pairs of (hand-drawn sketch, clean drawing): one at a time, or a folder of them side by side."""

import os
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from i2i.data.sketches.compose import HAND, compose, stream
from i2i.data.sketches.drawing import Drawing
from i2i.data.sketches.hand import drawn
from i2i.data.sketches.ink import painted
from i2i.data.sketches.linework import linework
from i2i.errors import ConfigError
from i2i.files import refuse_filled
from i2i.images import Pixels, write_image

SPLITS: Mapping[str, float] = {"train": 0.8, "val": 0.1, "test": 0.1}
"""How the pairs of a folder are divided, unless the caller says otherwise."""

_SEEDS = 10**9
"""Pair k of a folder has the seed `seed * _SEEDS + k`, so folders and splits share no drawing."""


def sketch_pair(seed: int, size: tuple[int, int] = (256, 256)) -> tuple[Pixels, Pixels]:
    """A new drawing for each seed: as a hand would sketch it, and as CAD would print it.

    Args:
        seed: 0 or more. The same seed is the same drawing by the same hand at every size, on every machine.
        size: (height, width) in pixels; the drawing keeps its shape and is centred.

    Returns:
        (input, target), both (H, W, 1) uint8, dark ink on white (255).

    Raises:
        ConfigError: a negative seed, or a size below 1.
    """
    _check(seed, size)
    return render_pair(compose(seed), seed, size)


def render_pair(drawing: Drawing, seed: int, size: tuple[int, int] = (256, 256)) -> tuple[Pixels, Pixels]:
    """A drawing as the hand `seed` would sketch it, and as CAD would print it; see `sketch_pair`."""
    _check(seed, size)
    return painted(drawn(drawing, stream(seed, HAND)), size), painted(linework(drawing), size)


def write_pairs(
    folder: str | os.PathLike[str],
    count: int,
    *,
    size: tuple[int, int] = (256, 256),
    seed: int = 0,
    splits: Mapping[str, float] = SPLITS,
    drawings: Sequence[Drawing] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write pairs side by side, input left and target right, as `folder/SPLIT/00000.png` and so on.

    Args:
        folder: new, or empty.
        count: pairs in all splits together; at least one a split.
        size: (height, width) of each side, in pixels; a file is twice as wide.
        seed: 0 or more; with the same arguments the same seed writes the same pixels.
        splits: relative sizes by name.
        drawings: draw these instead of new ones. The splits divide them in blocks, in their order, so that no split
            sees another's; within a split they come in turn, each time by another hand.
        progress: called with (pairs written, `count`) after each pair.

    Returns:
        `folder`.

    Raises:
        StorageError: the folder holds something, or can't be written.
        ConfigError: a negative seed, a size below 1, fewer pairs or drawings than splits, a share that is not positive.
    """
    folder = Path(folder)
    _check(seed, size)
    counts = _divided(count, splits, "pairs")
    blocks = _blocks(drawings, splits)
    refuse_filled(folder)
    written = 0
    for split, in_split in counts.items():
        for number in range(in_split):
            own = seed * _SEEDS + written
            drawing = blocks[split][number % len(blocks[split])] if blocks else compose(own)
            write_image(folder / split / f"{number:05d}.png", np.concatenate(render_pair(drawing, own, size), axis=1))
            written += 1
            if progress:
                progress(written, count)
    return folder


def _blocks(drawings: Sequence[Drawing] | None, splits: Mapping[str, float]) -> dict[str, Sequence[Drawing]]:
    """Which drawings each split may draw; empty if they are to be new."""
    if drawings is None:
        return {}
    remaining = iter(drawings)
    return {split: list(islice(remaining, size)) for split, size in _divided(len(drawings), splits, "drawings").items()}


def _divided(count: int, splits: Mapping[str, float], what: str) -> dict[str, int]:
    """`count` in whole numbers as near to the shares as they come, at least 1 each."""
    if not splits or min(splits.values()) <= 0:
        raise ConfigError(f"splits: found {dict(splits)}; expected a share above 0 for each split")
    if count < len(splits):
        raise ConfigError(f"{what}: found {count}; expected at least one for each of {', '.join(splits)}")
    quotas = {name: count * share / sum(splits.values()) for name, share in splits.items()}
    sizes = {name: int(quota) for name, quota in quotas.items()}
    for name in sorted(splits, key=lambda name: sizes[name] - quotas[name])[: count - sum(sizes.values())]:
        sizes[name] += 1
    for name in [name for name, size in sizes.items() if size == 0]:
        sizes[max(sizes, key=sizes.__getitem__)] -= 1
        sizes[name] = 1
    return sizes


def _check(seed: int, size: tuple[int, int]) -> None:
    if seed < 0:
        raise ConfigError(f"seed: found {seed}; expected 0 or more")
    if min(size) < 1:
        raise ConfigError(f"size: found {size[0]}x{size[1]}; expected a height and a width of 1 pixel or more")
