"""Held-out pairs where the user has no validation split of their own."""

import hashlib
from collections.abc import Sequence

from i2i.data.layouts import Pair


def hold_out(pairs: Sequence[Pair], share: float, seed: int) -> tuple[list[Pair], list[Pair]]:
    """Cut pairs into (kept, held out), by a hash of seed and name, not by position in the folder.

    At least one pair is held out where `share` > 0 and there are two; the counts follow `share`, rounded.
    """
    if share <= 0 or len(pairs) < 2:
        return list(pairs), []
    count = max(1, round(share * len(pairs)))
    held = set(sorted((pair.name for pair in pairs), key=lambda name: _rank(name, seed))[:count])
    return [pair for pair in pairs if pair.name not in held], [pair for pair in pairs if pair.name in held]


def _rank(name: str, seed: int) -> bytes:
    return hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
