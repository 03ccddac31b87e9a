"""What headers tell: files that can't be read or lack a partner, and sizes, types and channels that don't agree."""

import difflib
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from i2i.config import Data
from i2i.data.doctor.evidence import entries_of, relative, settings_of, sides_of
from i2i.data.doctor.finding import Finding
from i2i.data.doctor.sides import Failure, SideName, counted_channels
from i2i.data.doctor.words import counted
from i2i.data.layouts import PairFolder
from i2i.images import DTYPES, Header
from i2i.images.spec import MOST_CHANNELS

_RARE = 0.1
"""What so small a share of the files has otherwise than the rest is probably a slip."""
_SQUEEZED = 1.1
"""Aspects that differ by more than this factor are told."""
_MOST_COMPARED = 500
"""Of more files without a partner it is not a slip of the pen that is missing."""
_ALIKE = 0.6

Facts = Sequence[tuple[Header | Failure, Header | Failure]]
"""Of each pair the headers of both sides, in the order of `entries_of`."""


def check_headers(found: PairFolder, data: Data, facts: Facts) -> list[Finding]:
    """All that is wrong with the files before their pixels are looked at."""
    table = _Table(found, data, facts)
    findings = [*_unreadable(table), *_halves(table), *_unmatched(found, data), *_pair_sizes(table)]
    for side in sides_of(found) if not found.paired else sides_of(found)[:1]:
        findings += _sizes(table, side)
    for side in sides_of(found):
        if not (settings_of(data, side).classes or not table.headers(side)):
            findings += [*_types(table, side), *_channels(table, side)]
    return findings


@dataclass(frozen=True)
class _Table:
    found: PairFolder
    data: Data
    facts: Facts

    def headers(self, side: SideName) -> dict[str, Header]:
        """By file name, of those that can be read."""
        return {file: fact for file, fact in self._sides[side] if isinstance(fact, Header)}

    def failures(self) -> dict[str, Failure]:
        """By file name; a side-by-side file counts once."""
        return {
            file: fact for side in sides_of(self.found) for file, fact in self._sides[side] if isinstance(fact, Failure)
        }

    def pairs(self) -> list[tuple[str, str, Header, Header]]:
        """File names and headers of both sides, of the pairs that can be read."""
        return [
            (one, other, given, wanted)
            for (one, given), (other, wanted) in zip(self._sides["input"], self._sides["target"], strict=True)
            if isinstance(given, Header) and isinstance(wanted, Header)
        ]

    @cached_property
    def _sides(self) -> dict[SideName, list[tuple[str, Header | Failure]]]:
        both = list(zip(entries_of(self.found), self.facts, strict=True))
        return {
            "input": [(relative(entry.pair.input.path, self.found.root), fact) for entry, (fact, _) in both],
            "target": [(relative(entry.pair.target.path, self.found.root), fact) for entry, (_, fact) in both],
        }


def _unreadable(table: _Table) -> list[Finding]:
    damaged = [f"{file}: {failure.reason}" for file, failure in table.failures().items() if not failure.halves]
    if not damaged:
        return []
    return [
        Finding(
            "unreadable",
            "error",
            f"{counted(damaged, 'file')} can't be read",
            "replace or delete; training stops at the first",
            files=damaged,
            figures={"files": len(damaged)},
        )
    ]


def _halves(table: _Table) -> list[Finding]:
    odd = [f"{file}: {failure.reason}" for file, failure in table.failures().items() if failure.halves]
    if not odd:
        return []
    return [
        Finding(
            "halves",
            "error",
            f"{counted(odd, 'file')} can't be cut into halves of the same size",
            "expected two images side by side: cut or pad these, or choose another --layout",
            files=odd,
            figures={"files": len(odd)},
        )
    ]


def _unmatched(found: PairFolder, data: Data) -> list[Finding]:
    if not found.unmatched:
        return []
    alone = [Path(path) for path in found.unmatched]
    near = {path: _nearest(path, alone) for path in alone} if len(alone) <= _MOST_COMPARED else {}
    files = [
        relative(path, found.root) + (f": did you mean {relative(partner, found.root)}?" if partner else "")
        for path, partner in ((path, near.get(path)) for path in alone)
    ]
    guessed = sum(partner is not None for partner in near.values())
    return [
        Finding(
            "unmatched",
            "error" if data.unmatched == "error" else "warning",
            f"{counted(files, 'file')} without a partner of the same name",
            ("give partners the same name (the nearest one is named)" if guessed else "add the missing partners")
            + ", or leave these out with --set data.unmatched=skip",
            files=files,
            figures={"files": len(files), "with_a_near_name": guessed},
        )
    ]


def _nearest(path: Path, alone: Sequence[Path]) -> Path | None:
    """The file of another folder, also without a partner, whose name is nearest; of equally near ones by the folder."""
    matcher = difflib.SequenceMatcher(None, "", path.stem)
    scores = []
    for other in alone:
        matcher.set_seq1(other.stem)
        if other.parent != path.parent and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE:
            folders = difflib.SequenceMatcher(None, str(other.parent), str(path.parent)).ratio()
            scores.append((matcher.ratio(), folders, other))
    return max(scores)[2] if scores else None


def _pair_sizes(table: _Table) -> list[Finding]:
    if len(sides_of(table.found)) < 2 or not table.found.paired:
        return []
    differing = [
        f"{one} is {_size(given)}, {other} is {_size(wanted)}"
        for one, other, given, wanted in table.pairs()
        if (given.height, given.width) != (wanted.height, wanted.width)
    ]
    if not differing:
        return []
    return [
        Finding(
            "pair-sizes",
            "error",
            f"{counted(differing, 'pair')} with two sides of different size",
            "resize or crop one of the two, so that they cover the same place",
            files=differing,
            figures={"pairs": len(differing)},
        )
    ]


def _sizes(table: _Table, side: SideName) -> list[Finding]:
    headers = table.headers(side)
    sizes = Counter((header.height, header.width) for header in headers.values())
    findings = _too_small(headers, table.data)
    if len(sizes) < 2:
        return findings
    usual, others = _odd_ones({file: (header.height, header.width) for file, header in headers.items()})
    aspects = [width / height for height, width in sizes]
    squeezed = max(aspects) / min(aspects)
    advice = "fine if meant; else crop or scale them alike"
    if table.data.resize == "stretch" and squeezed > _SQUEEZED:
        height, width = table.data.size
        advice = (
            f"all are stretched to {height}x{width}, some {squeezed:.1f} times more than others; crop them alike, or "
            "train at their own scale with --set data.resize=none"
        )
    few = len(others) <= _RARE * len(headers)
    of_side = "" if table.found.paired else f"{side}: "
    findings.append(
        Finding(
            "sizes",
            "warning" if few else "advice",
            f"{of_side}{len(sizes)} sizes, from {_shape(min(sizes))} to {_shape(max(sizes))}"
            + (f"; {len(headers) - len(others)} of {len(headers)} are {_shape(usual)}" if few else ""),
            advice,
            files=[f"{file}: {_size(headers[file])}" for file in others] if len(others) < len(headers) / 2 else [],
            figures={"sizes": {_shape(size): count for size, count in sizes.most_common(20)}, "aspects": squeezed},
        )
    )
    return findings


def _too_small(headers: dict[str, Header], data: Data) -> list[Finding]:
    height, width = data.size
    small = [file for file, header in headers.items() if header.height < height or header.width < width]
    if data.resize == "stretch" or data.task or not small:  # a task continues a small photo by its mirror image
        return []
    return [
        Finding(
            "sizes",
            "error",
            f"{counted(small, 'file')} smaller than the crop of {height}x{width}",
            "use a smaller --size, or --set data.resize=stretch",
            files=[f"{file}: {_size(headers[file])}" for file in small],
            figures={"files": len(small)},
        )
    ]


def _types(table: _Table, side: SideName) -> list[Finding]:
    headers = table.headers(side)
    types = Counter(header.dtype for header in headers.values())
    unusable = [f"{file}: {header.dtype}" for file, header in headers.items() if header.dtype not in DTYPES]
    if unusable:
        return [
            Finding(
                "types",
                "error",
                f"{side}: {counted(unusable, 'file')} of a type that can't be trained on",
                f"convert to {', '.join(DTYPES[:-1])} or {DTYPES[-1]}",
                files=unusable,
                figures=dict(types),
            )
        ]
    if len(types) < 2 or settings_of(table.data, side).dtype == "float32":
        return []
    usual, others = _odd_ones({file: header.dtype for file, header in headers.items()})
    return [
        Finding(
            "types",
            "error",
            f"{side}: {counted(others, 'file')} not {usual} as the rest: {', '.join(sorted(types))}",
            f"convert them, or set data.{side}.dtype=float32 if all values are on one scale",
            files=[f"{file}: {headers[file].dtype}" for file in others],
            figures=dict(types),
        )
    ]


def _channels(table: _Table, side: SideName) -> list[Finding]:
    settings = settings_of(table.data, side)
    counts = {file: counted_channels(header, settings) for file, header in table.headers(side).items()}
    usual, others = _odd_ones(counts)
    wanted = settings.channels or max(counts.values())
    unfit = [file for file, count in counts.items() if not _fits(count, wanted)]
    figures = {str(count): files for count, files in Counter(counts.values()).items()}
    if unfit:
        limit = f"; at most {MOST_CHANNELS} can be trained on" if wanted > MOST_CHANNELS else ""
        found = " or ".join(sorted({str(counts[file]) for file in unfit}))
        return [
            Finding(
                "channels",
                "error",
                f"{side}: {counted(unfit, 'file')} of {found} channels; expected {wanted}{limit}",
                f"make all alike, or say what is wanted with --set data.{side}.channels",
                figures=figures,
                files=[f"{file}: {counts[file]} channels" for file in unfit],
            )
        ]
    if not others or settings.channels:
        return []
    few = len(others) <= _RARE * len(counts)
    words = ("grey", "colour")
    return [
        Finding(
            "channels",
            "warning" if few else "advice",
            f"{side}: {counted(others, 'file')} in {words[usual == 1]}, the others in {words[usual == 3]}",
            f"all are read in colour; to read all in grey use --set data.{side}.channels=1",
            files=others,
            figures=figures,
        )
    ]


def _fits(count: int, wanted: int) -> bool:
    """Whether training can make `wanted` channels of `count` without a loss."""
    return wanted <= MOST_CHANNELS and (count == wanted or (count, wanted) in ((1, 3), (3, 1), (3, 4)))


Value = TypeVar("Value", bound=Hashable)


def _odd_ones(values: dict[str, Value]) -> tuple[Value, list[str]]:
    """What most files have, and the files that have something else."""
    usual = Counter(values.values()).most_common(1)[0][0]
    return usual, [file for file, value in values.items() if value != usual]


def _size(header: Header) -> str:
    return _shape((header.height, header.width))


def _shape(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
