"""What became of a call: in lines, in JSON, and as a page."""

import json
import math
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from i2i.augmenting.duplicates import MADE, Duplicate, Search
from i2i.augmenting.making import Made
from i2i.augmenting.page import render_page
from i2i.augmenting.planning import ClassCount, Plan
from i2i.augmenting.provenance import Row
from i2i.augmenting.variety import Variety
from i2i.data.doctor.words import counted
from i2i.files import write_text
from i2i.images import ImageSpec

REPORT, PAGE = "report.json", "report.html"
"""In the folder of the pairs: what was found of them."""

_LISTED = 8
_LOST = "copies of it were left out, or inputs of it could not be read"


@dataclass(frozen=True)
class Augmented:
    """The made pairs, and what was found of them.

    Attributes:
        bundle: name of the bundle.
        described: the inputs, in words.
        translator: the translation, in words.
        specs: of input and target.
        plan: what was to be made.
        made: what is there.
        kept: the pairs that the manifest lists.
        variety: how much the outputs differ.
        search: the copies among them.
        against: name of the real pairs that they were compared with; empty if there were none.
        unread: inputs whose classes could not be read, with the reason.
        manifest: BLAKE2 of the manifest.
    """

    bundle: str
    described: str
    translator: str
    specs: tuple[ImageSpec, ImageSpec]
    plan: Plan
    made: Made
    kept: list[Row]
    variety: Variety
    search: Search
    against: str
    unread: tuple[str, ...]
    manifest: str

    @property
    def failed(self) -> list[str]:
        """Why inputs gave no pair, a line each."""
        return [*self.unread, *(why for why in self.made.failed.values() if why not in self.unread)]

    @property
    def classes(self) -> list[ClassCount]:
        """By class, inputs and pairs, as many as the manifest lists after all."""
        held = Counter(name for row in self.kept for name in row.classes)
        wanted = self.plan.target or 0
        return [
            replace(each, made=held[each.name], short=each.short or _LOST * (each.there + held[each.name] < wanted))
            for each in self.plan.classes
        ]

    @property
    def copies(self) -> list[Duplicate]:
        """Those of real targets."""
        return [each for each in self.search.duplicates if each.split != MADE]

    @property
    def repeats(self) -> list[Duplicate]:
        """Those of other made outputs."""
        return [each for each in self.search.duplicates if each.split == MADE]

    @property
    def verdict(self) -> str:
        """All of it in one sentence or two."""
        left = len(self.made.rows) - len(self.kept)
        parts = [f"{len(self.kept):,} made pairs" + (f" ({left:,} copies left out)" if left else "")]
        if self.copies:
            parts.append(f"copies of real targets among the outputs: {len(self.copies):,}")
        elif self.search.compared:
            parts.append("no output is a copy of a real target")
        else:
            parts.append("there were no real targets to compare with (--against)")
        if self.repeats:
            parts.append(f"repeats of another output: {len(self.repeats):,}")
        return "; ".join(parts)

    def warnings(self) -> list[str]:
        """What is to be known before training on the pairs."""
        found = self.variety.sentences()
        own = sum(each.own for each in self.copies)
        if self.copies:
            found.append(
                f"{counted(self.copies, 'output')} the same as real targets or nearly so ({own} as the target of the "
                "same input): this adds nothing to training, and a copy of a test target spoils the test"
            )
        if self.repeats:
            found.append(
                f"{counted(self.repeats, 'output')} the same as that of another input or seed, or nearly so: this adds "
                "nothing to training either"
            )
        if (self.copies or self.repeats) and len(self.kept) == len(self.made.rows):
            found.append("the same command with --drop-duplicates leaves copies out of the manifest")
        found += [f"class {each.name} has {each.after} pairs: {each.short}" for each in self.classes if each.short]
        return found

    def text(self) -> str:
        """Plain lines for a terminal."""
        lines = [self.described, *self.class_lines(), f"{self.made.folder}: {self.verdict}"]
        lines += [f"  {each.text()}" for each in self.search.duplicates[:_LISTED]]
        if len(self.search.duplicates) > _LISTED:
            lines.append(f"  and {len(self.search.duplicates) - _LISTED} more")
        yardstick = self.variety.yardstick
        found = [f"{name} {value:.3f}" for name, value in self.figures().items()]
        lines.append(f"mean distance of two images ({yardstick.name}): {', '.join(found) or 'no two to compare'}")
        return "\n".join([*lines, *(f"note: {sentence}" for sentence in self.warnings())])

    def class_lines(self) -> list[str]:
        """The classes before and after, as a table."""
        if not self.plan.classes:
            return []
        width = max(len("class"), *(len(each.name) for each in self.classes))
        rows = [["class", "inputs", "there", "made", "after"]]
        for each in self.classes:
            rows.append([each.name, *(f"{number:,}" for number in (each.inputs, each.there, each.made, each.after))])
        return [f"  {row[0]:<{width}}" + "".join(f"{cell:>9}" for cell in row[1:]) for row in rows]

    def figures(self) -> dict[str, float]:
        """Mean distances by what they are between; only those that there are."""
        named = {
            "samples of one input": self.variety.samples,
            "the translator's noise alone": self.variety.noise,
            "outputs of different inputs": self.variety.made,
            "real targets": self.variety.real,
        }
        return {name: value for name, value in named.items() if math.isfinite(value)}

    def train_command(self) -> str:
        """What to type to train on the pairs."""
        settings = []
        for side, spec, name in zip(("input", "target"), self.specs, self.made.sides, strict=True):
            if spec.is_labels:
                settings.append(f"data.{side}.classes={self.made.folder / classes_file(name)}")
            if spec.nodata:
                settings.append(f"data.{side}.nodata={json.dumps(list(spec.nodata))}")
        return f"i2i train {self.made.folder} --to RUN" + "".join(f" --set '{each}'" for each in settings)

    def to_tree(self) -> dict[str, Any]:
        """Nested plain values."""
        yardstick = self.variety.yardstick
        return {
            "verdict": self.verdict,
            "bundle": self.bundle,
            "inputs": self.described,
            "translator": self.translator,
            "pairs": len(self.kept),
            "left_out": sorted({row.name for row in self.made.rows} - {row.name for row in self.kept}),
            "failed": self.failed,
            "target": self.plan.target,
            "classes": [asdict(each) | {"after": each.after} for each in self.classes],
            "variety": {
                "yardstick": yardstick.name,
                "definition": yardstick.definition,
                "no_perceptual_distance": yardstick.why,
                **{name: _number(getattr(self.variety, name)) for name in ("samples", "noise", "made", "real")},
            },
            "compared_with": {"pairs": self.against, "targets": self.search.compared, "unread": self.search.unread},
            "duplicates": [
                {"name": each.name, "twin": each.twin, "split": each.split, "how": each.how, "own": each.own}
                for each in self.search.duplicates
            ],
            "warnings": self.warnings(),
            "manifest": self.manifest,
        }

    def save(self) -> None:
        """Write the report beside the pairs, and the class tables to train with. Raises `StorageError`."""
        folder = self.made.folder
        for spec, name in zip(self.specs, self.made.sides, strict=True):
            if spec.is_labels:
                write_text(folder / classes_file(name), _table(spec))
        write_text(folder / PAGE, render_page(self, folder))
        write_text(folder / REPORT, json.dumps(self.to_tree(), indent=1, ensure_ascii=False) + "\n")


def classes_file(side: str) -> str:
    """Name of the class table of a side, in the folder of the pairs."""
    return f"{side}-classes.csv"


def manifest_known(folder: Path) -> str:
    """BLAKE2 of the manifest that was written into the folder before; empty if none was."""
    try:
        return str(json.loads((folder / REPORT).read_text(encoding="utf-8"))["manifest"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _table(spec: ImageSpec) -> str:
    rows = ["value,name,colour"]
    rows += [f'{each.value},"{each.name}",#{bytes(each.colour).hex()}' for each in spec.classes]
    return "\n".join(rows) + "\n"


def _number(value: float) -> float | None:
    return round(value, 6) if math.isfinite(value) else None
