"""Values that look like no reading though nobody says so: 0 in a depth map, 65535, -9999."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from i2i.config import Data
from i2i.data.doctor.evidence import entries_of, settings_of, sides_of
from i2i.data.doctor.finding import Finding
from i2i.data.doctor.look import MANY_VALUES
from i2i.data.doctor.sides import Image, SideName, read_headers, read_sides
from i2i.data.doctor.words import number, percent
from i2i.data.layouts import Pair, PairFolder
from i2i.images import Header

_FILES = 32
_SHARE = 0.001
_GAP = 0.02
"""A value at an end of the range looks like no reading if more of the samples than that have it, and it is further from
the next value than that share of the range of all others …"""
_FEW = 10
_FAR = 1.0
"""… or if some samples have it, and it is further from the next value than all others are from each other."""


@dataclass(frozen=True)
class Presumed:
    """The settings with such values filled in, and a remark on each side that has them."""

    data: Data
    findings: list[Finding]


def presume_nodata(found: PairFolder, data: Data, seed: int) -> Presumed:
    """Look at some files of more than 8 bits, of sides for which nothing is said, for values that are no reading."""
    entries = entries_of(found)
    chosen = np.random.default_rng(seed).permutation(len(entries))[:_FILES]
    pairs = [read_sides(pair, data) for pair in (entries[place].pair for place in chosen) if _is_deep(pair)]
    findings = []
    for side in sides_of(found):
        settings = settings_of(data, side)
        images = [both[0 if side == "input" else 1] for both in pairs]
        values = _values([image for image in images if isinstance(image, Image)])
        suspects = [] if settings.nodata or settings.classes else _suspects(values)
        if suspects:
            findings.append(_remark(side, suspects, values))
            settings = replace(settings, nodata=tuple(suspects))
            data = replace(data, input=settings) if side == "input" else replace(data, target=settings)
    return Presumed(data, findings)


def _is_deep(pair: Pair) -> bool:
    """Whether a side has more than 8 bits, where not every value is a likely one."""
    return any(isinstance(header, Header) and header.dtype != "uint8" for header in read_headers(pair))


def _values(images: Sequence[Image]) -> NDArray[np.float64]:
    """All readings of images of more than 8 bits, thinned."""
    planes = [
        (image.pixels if image.readings is None else image.pixels[image.readings]).ravel()
        for image in images
        if image.pixels.dtype != np.uint8
    ]
    return (
        np.concatenate([plane[:: 1 + plane.size // 2**18] for plane in planes]).astype(float) if planes else np.empty(0)
    )


def _suspects(values: NDArray[np.float64]) -> list[float]:
    """The least value, the greatest, both, or none."""
    levels, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    if len(levels) <= MANY_VALUES:
        return []
    rest = float(levels[-2] - levels[1])
    suspects = []
    for end, next_one in ((0, 1), (-1, -2)):
        gap = float(abs(levels[end] - levels[next_one]))
        frequent = counts[end] > _SHARE * len(values) and gap > _GAP * rest
        if frequent or (counts[end] >= _FEW and gap > _FAR * rest):
            suspects.append(float(levels[end]))
    return suspects


def _remark(side: SideName, suspects: Sequence[float], values: NDArray[np.float64]) -> Finding:
    shares = {number(value): float(np.mean(values == value)) for value in suspects}
    words = " and ".join(f"{value} ({percent(share)} of the samples)" for value, share in shares.items())
    return Finding(
        "nodata",
        "advice",
        f"{side}: {words} looks like no reading: nothing is near it; left out of this examination",
        f"if so, say it when training: --set data.{side}.nodata=[{', '.join(shares)}]",
        figures={"shares": shares},
    )
