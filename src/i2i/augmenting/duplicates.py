"""Made outputs that are copies: of a real target, which they should not merely repeat, or of each other."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from i2i.augmenting.planning import Job
from i2i.augmenting.provenance import Row
from i2i.augmenting.sources import Real
from i2i.data.doctor.alike import Thumbs, find_alike
from i2i.data.doctor.look import Look, look_at
from i2i.data.doctor.sides import Image
from i2i.data.layouts import Side as File
from i2i.data.order import random_of
from i2i.data.samples import Reading, read_side
from i2i.errors import InputError
from i2i.images import ImageSpec, read_header, valid

MADE = "made"
SAME = "the same pixels"

_BLANK = 0.02
"""Of the range: a thumbnail of less contrast shows nothing that could be recognised."""


@dataclass(frozen=True)
class Duplicate:
    """A made output and its twin.

    Attributes:
        name: of the made pair.
        twin: name of the other pair.
        split: of the real pair; "made" if it was made too.
        how: "the same pixels", or the correlation of the two.
        own: whether the twin is the real target of the same input.
        files: of both outputs.
    """

    name: str
    twin: str
    split: str
    how: str
    own: bool
    files: tuple[File, File]

    def text(self) -> str:
        """One line."""
        whose = "its own input's real target" if self.own else f"{self.split}/{self.twin}"
        return f"{self.name} ≈ {whose} ({self.how})" if self.how != SAME else f"{self.name} = {whose}"


@dataclass(frozen=True)
class Search:
    """What was found.

    Attributes:
        twins: every made output with each of its twins, in the order of the made ones.
        compared: real targets that they were compared with.
        unread: what could not be compared, with the reason.
    """

    twins: list[Duplicate]
    compared: int
    unread: list[str]

    @property
    def duplicates(self) -> list[Duplicate]:
        """Of each made output the nearest twin, a real one before a made one."""
        best: dict[str, Duplicate] = {}
        for each in self.twins:
            if each.name not in best or _rank(each) > _rank(best[each.name]):
                best[each.name] = each
        return list(best.values())

    def spare(self) -> set[str]:
        """Names of the made pairs that can be left out, so that no copy remains: of made ones the first stays."""
        left_out: set[str] = set()
        for each in self.twins:
            if each.split != MADE or each.twin not in left_out:
                left_out.add(each.name)
        return left_out


@dataclass(frozen=True)
class _Output:
    """An output to compare: made, by a row and its job, or real."""

    file: File
    row: Row | None = None
    real: Real | None = None


def find_duplicates(
    folder: Path,
    rows: Sequence[Row],
    jobs: Sequence[Job],
    real: Sequence[Real],
    spec: ImageSpec,
    *,
    differ: Callable[[File, File], bool],
    seed: int = 0,
) -> Search:
    """Made outputs that are the same as, or nearly so, a real target of any split or another made output.

    Two outputs of one input share its shapes: they are copies only if by `differ` they hardly differ; and if it was
    varied differently, only if they are the same.

    Args:
        folder: of the pairs.
        rows: the made pairs, none of them twice.
        jobs: by which they were made.
        real: real targets.
        spec: of the targets.
        differ: whether two outputs of one input are as different as they should be, by their files.
        seed: of the search among very many.
    """
    outputs = [_Output(File(folder / row.target), row=row) for row in rows]
    outputs = [*(_Output(each.file, real=each) for each in real), *outputs]
    looks: list[Look] = []
    seen: list[_Output] = []
    unread: list[str] = []
    for output in outputs:
        try:
            looks.append(_look(output.file, spec, seed))
            seen.append(output)
        except InputError as error:
            unread.append(str(error))
    targets = {job.name: job.source.target for job in jobs}
    found = {
        (first, second): how
        for first, second, how in _matches(looks, spec, seed)
        if not _is_meant(seen[first], seen[second], how, differ)
    }
    places = sorted(found, key=lambda both: both[::-1])
    twins = [_duplicate(seen[first], seen[second], found[first, second], targets) for first, second in places]
    return Search(twins, sum(output.real is not None for output in seen), unread)


def _look(file: File, spec: ImageSpec, seed: int) -> Look:
    pixels = read_side(file, spec, Reading(spec, spec))
    readings = valid(pixels, spec) if not spec.is_labels else None
    known = None if readings is None else readings.movedim(0, -1).numpy()
    shown = pixels[:, :, : spec.channels] if not spec.is_labels else pixels
    image = Image(read_header(file.path), shown, None if known is None or known.all() else known)
    return look_at(image, 1, random_of(seed, str(file.path.name)))


def _matches(looks: Sequence[Look], spec: ImageSpec, seed: int) -> Iterator[tuple[int, int, str]]:
    """Places of equal pixels, and of pictures that are alike; the first of the two the smaller."""
    if len(looks) < 2:
        return
    span = float(np.diff(spec.spans(), axis=1).mean()) if not spec.is_labels else float(len(spec.classes))
    contrast = np.array([look.contrast for look in looks])
    for match in find_alike([Thumbs(np.stack([look.thumb for look in looks]), contrast <= _BLANK * span)], seed):
        same = looks[match.first].digest == looks[match.second].digest
        yield match.first, match.second, SAME if same else f"{match.correlation:.2f}" + ", mirrored" * match.mirrored
    first: dict[bytes, int] = {}
    for place, look in enumerate(looks):
        if look.digest in first:
            yield first[look.digest], place, SAME
        else:
            first[look.digest] = place


def _is_meant(one: _Output, other: _Output, how: str, differ: Callable[[File, File], bool]) -> bool:
    """Whether two outputs may be alike: both are real, or of one input and still different."""
    if one.row is None or other.row is None:
        return one.row is None and other.row is None
    same = (one.row.source, one.row.half) == (other.row.source, other.row.half)
    return same and how != SAME and (one.row.variation != other.row.variation or differ(one.file, other.file))


def _duplicate(one: _Output, other: _Output, how: str, targets: dict[str, File | None]) -> Duplicate:
    """Real ones come before made ones, so that `other` is made."""
    assert other.row is not None  # noqa: S101 - two real ones are meant to be as they are
    files = (other.file, one.file)
    if one.real is not None:
        own = targets.get(other.row.name) == one.real.file
        return Duplicate(other.row.name, one.real.name, one.real.split, how, own, files)
    twin = one.row.name if one.row is not None else ""
    return Duplicate(other.row.name, twin, MADE, how, own=False, files=files)


def _rank(each: Duplicate) -> tuple[bool, bool, str]:
    return each.split != MADE, each.how == SAME, each.how
