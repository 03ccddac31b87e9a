"""Pairs out of register: one that stands apart from the others, all of them by one shift, or each by its own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from i2i.data.doctor.evidence import Evidence
from i2i.data.doctor.finding import Finding, Outcome
from i2i.data.doctor.gallery import MOST, overlay
from i2i.data.doctor.words import counted

_SHARP = 5.5
"""Standard deviations from which on a peak is the pair's own: of pairs put together by chance hardly one has it."""
_FEWEST = 5
_SHARE = 0.05
"""Of the sampled pairs so many, and at least five, must have a sharp peak, or register can't be told."""

_LOOSE = 4.0
"""Pixels of the working copy: a set whose pairs differ more than this has no register to speak of."""
_APART = 5.0
_LEAST_APART = 1.5
"""A pair is told if it is apart from the common shift by five times what pairs of the set are, and 1.5 pixels."""
_COMMON = 1.5
_LEAST_COMMON = 0.75
"""A common shift is told if it is 1.5 times what single pairs differ by, and 0.75 pixels."""
_NO_SHIFT = 2.0


def check_register(evidence: Evidence) -> Outcome:
    """By the shifts of the sampled pairs, in pixels of a working copy of at most 256."""
    shifts = _measure(evidence)
    if len(shifts.numbers) < max(_FEWEST, _SHARE * len(evidence.structures())):
        return "too few pairs have edges that run alike on both sides"
    if shifts.spread > _LOOSE:
        return _scattered(evidence, shifts)
    return [*_common(evidence, shifts), *_apart(evidence, shifts)]


@dataclass(frozen=True)
class _Shifts:
    """Of the pairs with a sharp peak: numbers (n,), (down, right) in pixels of the working copy (n, 2), scales (n,)."""

    numbers: NDArray[np.intp]
    working: NDArray[np.float64]
    pixel: NDArray[np.float64]

    @property
    def common(self) -> NDArray[np.float64]:
        """The shift in the middle, (2,)."""
        return np.asarray(np.median(self.working, axis=0))

    @property
    def away(self) -> NDArray[np.float64]:
        """How far each pair is from the common shift, (n,)."""
        return np.asarray(np.linalg.norm(self.working - self.common, axis=1))

    @property
    def spread(self) -> float:
        """Within which three of four pairs are, where they scatter by chance, told from the nearer half of them."""
        return 1.8 * float(np.median(self.away))


def _measure(evidence: Evidence) -> _Shifts:
    sharp = [(number, each) for number, each in evidence.structures() if each.sharpness >= _SHARP]
    pixel = np.array([each.pixel for _, each in sharp])
    shift = np.array([each.shift for _, each in sharp]).reshape(-1, 2)
    return _Shifts(np.array([number for number, _ in sharp], np.intp), shift / pixel[:, None], pixel)


def _common(evidence: Evidence, shifts: _Shifts) -> list[Finding]:
    size = float(np.linalg.norm(shifts.common))
    if size <= max(_LEAST_COMMON, _COMMON * shifts.spread):
        return []
    down, right = shifts.common * np.median(shifts.pixel)
    nearest = shifts.numbers[np.argsort(shifts.away)][:MOST]
    compared = counted(evidence.structures(), "pair")
    return [
        Finding(
            "register",
            "warning",
            f"all out of register by one shift: target {_direction(down, right)} the input; {len(shifts.numbers)} of "
            f"{compared} show it",
            "crop or move one side of all pairs by that much; a network would learn to blur or to shift",
            figures={"down": float(down), "right": float(right), "pairs": len(shifts.numbers)},
            pictures=tuple(overlay(evidence, int(n), (down, right), evidence.file(n)) for n in nearest),
        )
    ]


def _apart(evidence: Evidence, shifts: _Shifts) -> list[Finding]:
    limit = max(_LEAST_APART, _APART * shifts.spread)
    order = np.argsort(-shifts.away)
    apart = [int(place) for place in order if shifts.away[place] > limit]
    if not apart:
        return []
    moved = {int(shifts.numbers[place]): shifts.working[place] * shifts.pixel[place] for place in apart}
    return [
        Finding(
            "register",
            "warning",
            f"{counted(moved, 'pair')} out of register, unlike the {len(shifts.numbers) - len(moved)} others",
            "look at them: move or crop one side, or give the input its own target",
            files=[f"{evidence.file(n)}: target {_direction(*shift)} the input" for n, shift in moved.items()],
            figures={"pairs": len(moved), "of": len(shifts.numbers), "limit_in_working_pixels": limit},
            pictures=tuple(
                overlay(evidence, n, (shift[0], shift[1]), f"{evidence.file(n)}: {_direction(*shift)} the input")
                for n, shift in list(moved.items())[:MOST]
            ),
        )
    ]


def _scattered(evidence: Evidence, shifts: _Shifts) -> list[Finding]:
    """Shifts that differ from pair to pair, as of two cameras that were not calibrated."""
    size = np.linalg.norm(shifts.working, axis=1)
    if np.mean(size > _NO_SHIFT) <= 0.5:
        return []
    in_file = shifts.working * shifts.pixel[:, None]
    typical = float(np.median(size * shifts.pixel))
    order = np.argsort(-size)
    return [
        Finding(
            "register",
            "warning",
            f"pairs out of register, each by another shift: {typical:.0f} pixels in the middle one of "
            f"{counted(shifts.numbers, 'pair')} that show it",
            "the sides may come from two cameras, or be scaled or turned: register them before training",
            files=[f"{evidence.file(shifts.numbers[p])}: target {_direction(*in_file[p])} the input" for p in order],
            figures={"pairs": len(size), "median_shift": typical, "spread_in_working_pixels": shifts.spread},
            pictures=tuple(
                overlay(
                    evidence, int(shifts.numbers[p]), (in_file[p][0], in_file[p][1]), evidence.file(shifts.numbers[p])
                )
                for p in order[:MOST]
            ),
        )
    ]


def _direction(down: float, right: float) -> str:
    """ "3.0 pixels right of and 1.2 pixels below"."""
    parts = [
        f"{abs(value):.1f} pixels {ahead if value > 0 else behind}"
        for value, ahead, behind in ((right, "right of", "left of"), (down, "below", "above"))
        if abs(value) >= 0.5
    ]
    return " and ".join(parts) or "less than a pixel from"
