"""The page: one HTML file that stands alone, with every picture inside, no script and no network."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from i2i.augmenting.duplicates import MADE, Duplicate
from i2i.augmenting.provenance import Row
from i2i.data.layouts import Side as File
from i2i.data.samples import Reading, read_side
from i2i.errors import InputError
from i2i.images import ImageSpec, Pixels, preview
from i2i.pages.standalone import standalone_page

if TYPE_CHECKING:
    from i2i.augmenting.result import Augmented

_INPUTS, _SAMPLES, _TWINS = 8, 4, 12


@dataclass(frozen=True)
class Figure:
    """Pictures side by side: (title, (H, W, 1 or 3) uint8) each."""

    caption: str
    images: list[tuple[str, Pixels]]


def render_page(result: "Augmented", folder: Path) -> str:
    """The page as HTML text, of the pairs in a folder."""
    return standalone_page(
        "i2i.augmenting",
        "report.html",
        title=folder.name,
        result=result,
        tree=result.to_tree(),
        examples=_examples(result, folder),
        twins=_twins(result),
        more=max(0, len(result.search.duplicates) - _TWINS),
    )


def _examples(result: "Augmented", folder: Path) -> list[Figure]:
    """Some inputs with what was made of them, and their real targets."""
    of_input: dict[str, list[Row]] = defaultdict(list)
    for row in result.made.rows:
        of_input[row.source + row.half].append(row)
    targets = {job.name: job.source.target for job in result.plan.jobs}
    rows = list(of_input.values())
    chosen = rows[:: max(1, len(rows) // _INPUTS)][:_INPUTS]
    return [_example(result, folder, some, targets[some[0].name]) for some in chosen]


def _example(result: "Augmented", folder: Path, rows: list[Row], target: File | None) -> Figure:
    images: list[tuple[str, Pixels]] = []
    shown = ""
    for row in rows[:_SAMPLES]:
        changed = row.variation.words() or "input"
        if not images or row.variation.text() != shown:
            images += _seen(changed, File(folder / row.input), result.specs[0])
        shown = row.variation.text()
        images += _seen(f"made, {row.sample}" if len(rows) > 1 else "made", File(folder / row.target), result.specs[1])
    if target is not None:
        images += _seen("real target", target, result.specs[1])
    classes = f" ({', '.join(rows[0].classes)})" if rows[0].classes else ""
    return Figure(f"{rows[0].source}{classes}", images)


def _twins(result: "Augmented") -> list[Figure]:
    spec = result.specs[1]
    return [
        Figure(each.text(), [*_seen("made", each.files[0], spec), *_seen(_origin(each), each.files[1], spec)])
        for each in result.search.duplicates[:_TWINS]
    ]


def _origin(each: Duplicate) -> str:
    return f"made: {each.twin}" if each.split == MADE else f"real, {each.split}: {each.twin}"


def _seen(title: str, file: File, spec: ImageSpec) -> list[tuple[str, Pixels]]:
    try:
        return [(title, preview(read_side(file, spec, Reading(spec, spec)), spec))]
    except InputError:
        return []
