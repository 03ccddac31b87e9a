"""Whether inputs tell anything of their targets: each input is compared with its own target and with those of others.

Of the whole set a permutation test asks it, of the mutual information between codes of the same place on both sides
(brightness and detail, by rank within the image), and of how well edges agree: of the pairs as they are, and of pairs
put together by chance. Single pairs are judged by the same two: an input that another target fits far better has
probably been given a wrong one, and one whose own target fits no better than any is told to be looked at.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from i2i.data.doctor.evidence import Evidence
from i2i.data.doctor.finding import Finding, Outcome, Picture
from i2i.data.doctor.gallery import MOST, pair_picture
from i2i.data.doctor.structure import CODES
from i2i.data.doctor.words import counted, percent

_FEWEST = 8
_SHUFFLES = 199
_CHANCE = 0.01
_PARTNER = 4.5
"""Deviations among strangers from which on a target fits an input beyond chance, if also …"""
_MARGIN = 2.0
"""… by so many better than the own one does."""
_STRANGER = 0.5
_TOLD_APART = 2.0
"""Deviations by which the middle pair must fit for single ones to be told strangers."""
_OUT_OF_ORDER = 0.3

Floats = NDArray[np.float64]


def check_partners(evidence: Evidence) -> Outcome:
    """By the edges and codes of the sampled pairs."""
    fits = _measure(evidence)
    if fits is None:
        return f"fewer than {_FEWEST} pairs have edges on both sides"
    if fits.chance > _CHANCE:
        return _unrelated(evidence, fits)
    return [*_wrong_partners(evidence, fits), *_strangers(evidence, fits)]


@dataclass(frozen=True)
class _Fits:
    """How well each input (row) fits each target (column), in deviations among strangers, by edges and by codes.

    Attributes:
        numbers: of the entries, (n,).
        edges, codes: (n, n), rows and columns centred.
        information: between the codes of partners, in bits, and the mean of shuffled ones.
        chance: that partners put together by chance fit as well.
    """

    numbers: NDArray[np.intp]
    edges: Floats
    codes: Floats
    information: tuple[float, float]
    chance: float

    def better(self) -> dict[int, int]:
        """Rows which another column fits far better than their own: row → that column."""
        others = self.edges.copy()
        np.fill_diagonal(others, -np.inf)
        best = others.argmax(axis=1)
        fit = others.max(axis=1)
        found = (fit >= _PARTNER) & (fit - np.diag(self.edges) >= _MARGIN)
        return {int(row): int(best[row]) for row in np.flatnonzero(found)}


def _measure(evidence: Evidence) -> _Fits | None:
    structures = [(number, each) for number, each in evidence.structures() if all(field.any() for field in each.fields)]
    if len(structures) < _FEWEST:
        return None
    random = np.random.default_rng(evidence.seed)
    given, wanted = (np.stack([each.fields[side].ravel() for _, each in structures]) for side in (0, 1))
    edges = _standard((given.conj() @ wanted.T).real.astype(np.float64))
    one, other = (np.stack([each.codes[side] for _, each in structures]) for side in (0, 1))
    shuffles = [random.permutation(len(structures)) for _ in range(_SHUFFLES)]
    information = _information(one, other)
    shuffled = np.array([_information(one, other[order]) for order in shuffles])
    agreement = np.trace(edges)
    by_chance = np.array([edges[np.arange(len(order)), order].sum() for order in shuffles])
    beaten = min(np.sum(shuffled >= information), np.sum(by_chance >= agreement))
    return _Fits(
        numbers=np.array([number for number, _ in structures], np.intp),
        edges=edges,
        codes=_standard(_pointwise(one, other)),
        information=(information, float(shuffled.mean())),
        chance=min(1.0, 2 * (1 + float(beaten)) / (1 + _SHUFFLES)),
    )


def _unrelated(evidence: Evidence, fits: _Fits) -> list[Finding]:
    better = fits.better()
    figures = {
        "chance": fits.chance,
        "information_bits": fits.information[0],
        "information_of_shuffled": fits.information[1],
        "pairs": len(fits.numbers),
        "fit_another_target": len(better),
    }
    if len(better) < _OUT_OF_ORDER * len(fits.numbers):
        return [
            Finding(
                "partners",
                "warning",
                "the inputs tell no more of their targets than of those of other pairs",
                "check how files were paired; if they are right, a translator can learn the look of targets only",
                figures=figures,
                pictures=tuple(pair_picture(evidence, int(n)) for n in fits.numbers[:MOST]),
            )
        ]
    steps = Counter(int(fits.numbers[column] - fits.numbers[row]) for row, column in better.items())
    step, often = steps.most_common(1)[0]
    where = (
        f"; mostly that of the pair {abs(step)} {'after' if step > 0 else 'before'}" if often > len(better) / 2 else ""
    )
    return [
        Finding(
            "partners",
            "error",
            f"out of order: {percent(len(better) / len(fits.numbers))} of the inputs fit the target of another pair"
            + where,
            "pair the files anew, by name instead of by position (10 sorts before 2)",
            files=_named(evidence, fits, better),
            figures=figures,
            pictures=_pictures(evidence, fits, better),
        )
    ]


def _wrong_partners(evidence: Evidence, fits: _Fits) -> list[Finding]:
    better = fits.better()
    if not better:
        return []
    return [
        Finding(
            "partners",
            "warning",
            f"{counted(better, 'input')} that the target of another pair fits far better",
            "look at them; give each its own target",
            files=_named(evidence, fits, better),
            figures={"pairs": len(better), "of": len(fits.numbers)},
            pictures=_pictures(evidence, fits, better),
        )
    ]


def _strangers(evidence: Evidence, fits: _Fits) -> list[Finding]:
    edges, codes = np.diag(fits.edges), np.diag(fits.codes)
    if np.median(edges) < _TOLD_APART:
        return []
    better = fits.better()
    rows = [int(row) for row in np.flatnonzero((edges < _STRANGER) & (codes < _STRANGER)) if int(row) not in better]
    if not rows:
        return []
    return [
        Finding(
            "partners",
            "advice",
            f"{counted(rows, 'pair')} in which the target fits its input no better than any other",
            "look at them: a wrong target, a coarse one, or one of the kind that can't be told",
            files=[evidence.file(int(fits.numbers[row])) for row in rows],
            figures={"pairs": len(rows), "of": len(fits.numbers)},
            pictures=tuple(pair_picture(evidence, int(fits.numbers[row])) for row in rows[:MOST]),
        )
    ]


def _standard(fits: Floats) -> Floats:
    """Rows and columns centred, in deviations of what is not on the diagonal."""
    centred = fits - fits.mean(axis=0) - fits.mean(axis=1, keepdims=True) + fits.mean()
    return np.asarray(centred / (centred[~np.eye(len(fits), dtype=bool)].std() + 1e-12))


def _joint(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> Floats:
    counts = np.bincount((one.astype(np.int64) * CODES + other).ravel(), minlength=CODES**2)
    return np.asarray(counts.reshape(CODES, CODES), np.float64)


def _information(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Mutual information of the codes of the same place, in bits."""
    joint = _joint(one, other)
    joint /= joint.sum()
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    there = joint > 0
    return float(np.sum(joint[there] * np.log2(joint[there] / apart[there])))


def _pointwise(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> Floats:
    """(n, n): the mean over places of the pointwise information that codes of a row and of a column have."""
    joint = _joint(one, other) + 0.5
    joint /= joint.sum()
    pointwise = np.log2(joint / (joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)))
    return np.stack([pointwise[codes, other].mean(axis=1) for codes in one])


def _named(evidence: Evidence, fits: _Fits, better: dict[int, int]) -> list[str]:
    return [
        f"{evidence.file(int(fits.numbers[row]))}: {evidence.file(int(fits.numbers[column]), 'target')} fits better"
        for row, column in better.items()
    ]


def _pictures(evidence: Evidence, fits: _Fits, better: dict[int, int]) -> tuple[Picture, ...]:
    pictures = []
    for row, column in list(better.items())[:MOST]:
        own = pair_picture(evidence, int(fits.numbers[row]))
        other = dict(pair_picture(evidence, int(fits.numbers[column])).images)
        images = (*own.images, *([("fits better", other["target"])] if "target" in other else []))
        pictures.append(Picture(own.caption, images))
    return tuple(pictures)
