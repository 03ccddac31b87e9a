"""Copies of pairs: within a split, and, what makes scores worthless, between training and the splits that test it."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from i2i.data.doctor.alike import Thumbs, find_alike
from i2i.data.doctor.evidence import Evidence
from i2i.data.doctor.finding import Finding, Picture
from i2i.data.doctor.gallery import MOST, comparison
from i2i.data.doctor.look import Look
from i2i.data.doctor.words import counted
from i2i.data.folders import Split

_BLANK = 0.02
"""Of the side's span: a thumbnail of less contrast shows nothing that could be recognised."""


def check_copies(evidence: Evidence) -> list[Finding]:
    """Pairs that stand in the set twice: the same pixels on all sides, or alike; and one input with two targets.

    Pairs of one value on all sides are equal for another reason, and told by another check.
    """
    looks = _complete(evidence)
    shown = [number for number, sides in looks.items() if any(look.contrast > 0 for look in sides)]
    same = _groups(shown, lambda number: tuple(look.digest for look in looks[number]))
    group_of = {number: place for place, group in enumerate(same) for number in group}
    alike = [
        match
        for match in _alike(evidence, looks)
        if match.first not in group_of or group_of[match.first] != group_of.get(match.second)
    ]
    return [
        *_same_between(evidence, same),
        *_alike_between(evidence, alike),
        *_same_within(evidence, same),
        *_alike_within(evidence, alike),
        *_one_input(evidence, looks),
    ]


@dataclass(frozen=True)
class _Match:
    """Two entries that are alike, and how, in words."""

    first: int
    second: int
    how: str

    @property
    def numbers(self) -> tuple[int, int]:
        """Both entries."""
        return self.first, self.second


def _complete(evidence: Evidence) -> dict[int, tuple[Look, ...]]:
    """The looks at all sides of the entries of which every side could be read."""
    sides = [dict(evidence.looks(side)) for side in evidence.sides]
    return {number: tuple(side[number] for side in sides) for number in sides[0] if all(number in s for s in sides)}


def _groups(numbers: Iterable[int], key: Callable[[int], Hashable]) -> list[list[int]]:
    """Numbers of equal key, where there are several."""
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for number in numbers:
        groups[key(number)].append(number)
    return [group for group in groups.values() if len(group) > 1]


def _alike(evidence: Evidence, looks: dict[int, tuple[Look, ...]]) -> list[_Match]:
    numbers = list(looks)
    if len(numbers) < 2:
        return []
    sides = []
    for place, side in enumerate(evidence.sides):
        low, high = evidence.span(side)
        contrast = np.array([looks[number][place].contrast for number in numbers])
        images = np.stack([looks[number][place].thumb for number in numbers])
        sides.append(Thumbs(images, contrast <= _BLANK * float((high - low).mean())))
    return [
        _Match(numbers[found.first], numbers[found.second], f"{found.correlation:.2f}" + ", mirrored" * found.mirrored)
        for found in find_alike(sides, evidence.seed)
    ]


def _same_between(evidence: Evidence, same: Sequence[list[int]]) -> list[Finding]:
    findings = []
    for one, other in combinations(evidence.splits, 2):
        both = [
            (first[0], number)
            for group in same
            for first in [[number for number in group if evidence.entries[number].split == one]]
            for number in group
            if first and evidence.entries[number].split == other
        ]
        if both:
            findings.append(
                Finding(
                    "leaks",
                    "error",
                    f"{counted(both, 'pair')} of {other} also in {one}, with the same pixels",
                    f"remove them from one of the two: a score on pairs of {one} says nothing",
                    files=[f"{evidence.file(copy)} = {evidence.file(first)}" for first, copy in both],
                    figures={"pairs": len(both), "splits": [one, other]},
                    pictures=_pictures(evidence, both, "the same"),
                )
            )
    return findings


def _alike_between(evidence: Evidence, alike: Sequence[_Match]) -> list[Finding]:
    findings = []
    for one, other in combinations(evidence.splits, 2):
        both = [match for match in alike if _splits(evidence, match) == {one, other}]
        held = {number for match in both for number in (match.first, match.second)}
        count = sum(evidence.entries[number].split == other for number in held)
        if both:
            findings.append(
                Finding(
                    "leaks",
                    "warning",
                    f"{counted(count, 'pair')} of {other} nearly the same as pairs of {one}",
                    "look at them: remove copies from one of the two; of one scene or sequence keep all pairs in one "
                    "split (data.group)",
                    files=_listed(evidence, both),
                    figures={"pairs": count, "splits": [one, other]},
                    pictures=_pictures(evidence, [match.numbers for match in both], "nearly the same"),
                )
            )
    return findings


def _same_within(evidence: Evidence, same: Sequence[list[int]]) -> list[Finding]:
    findings = []
    for split in evidence.splits:
        groups = [[number for number in group if evidence.entries[number].split == split] for group in same]
        groups = [group for group in groups if len(group) > 1]
        if groups:
            spare = sum(len(group) - 1 for group in groups)
            findings.append(
                Finding(
                    "copies",
                    "warning",
                    f"{counted(spare, 'pair')} of {split} a second time there, the same pixels",
                    "remove them: they count twice" + _held_out(evidence, split),
                    files=[" = ".join(evidence.file(number) for number in group) for group in groups],
                    figures={"pairs": spare, "groups": len(groups), "split": split},
                    pictures=_pictures(evidence, [(group[0], group[1]) for group in groups], "the same"),
                )
            )
    return findings


def _alike_within(evidence: Evidence, alike: Sequence[_Match]) -> list[Finding]:
    findings = []
    for split in evidence.splits:
        both = [match for match in alike if _splits(evidence, match) == {split}]
        count = len({match.second for match in both})
        if both:
            findings.append(
                Finding(
                    "copies",
                    "advice",
                    f"{counted(count, 'pair')} of {split} nearly the same as another of it",
                    "look at them: copies in another encoding or size are better removed" + _held_out(evidence, split),
                    files=_listed(evidence, both),
                    figures={"pairs": count, "split": split},
                    pictures=_pictures(evidence, [match.numbers for match in both], "nearly the same"),
                )
            )
    return findings


def _one_input(evidence: Evidence, looks: dict[int, tuple[Look, ...]]) -> list[Finding]:
    """One input, pixel by pixel, with different targets; not of blank inputs."""
    if len(evidence.sides) < 2:
        return []
    low, high = evidence.span("input")
    seen = [number for number, (given, _) in looks.items() if given.contrast > _BLANK * float((high - low).mean())]
    groups = [
        group
        for group in _groups(seen, lambda number: looks[number][0].digest)
        if len({looks[number][1].digest for number in group}) > 1
    ]
    if not groups:
        return []
    return [
        Finding(
            "copies",
            "warning",
            f"{counted(groups, 'input')} with several different targets",
            "if one target is right, remove the others; a translator can give one answer only",
            files=[" = ".join(evidence.file(number) for number in group) for group in groups],
            figures={"inputs": len(groups)},
            pictures=_pictures(evidence, [(group[0], group[1]) for group in groups], "one input, two targets"),
        )
    ]


def _held_out(evidence: Evidence, split: Split) -> str:
    """A warning where validation pairs are drawn from the training split."""
    drawn = split == "train" and "val" not in evidence.splits and evidence.data.validation > 0
    return ", and one of two may be held out to validate the other" if drawn and not evidence.data.group else ""


def _splits(evidence: Evidence, match: _Match) -> set[Split]:
    return {evidence.entries[match.first].split, evidence.entries[match.second].split}


def _listed(evidence: Evidence, matches: Sequence[_Match]) -> list[str]:
    return [f"{evidence.file(match.second)} ≈ {evidence.file(match.first)} ({match.how})" for match in matches]


def _pictures(evidence: Evidence, pairs: Sequence[tuple[int, int]], words: str) -> tuple[Picture, ...]:
    return tuple(
        comparison(evidence, one, other, f"{evidence.file(other)} and {evidence.file(one)}: {words}")
        for one, other in pairs[:MOST]
    )
