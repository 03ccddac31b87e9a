"""What an examination finds: one fault or remark, with what to do about it."""

from dataclasses import dataclass, field
from typing import Any, Literal

from i2i.images import Pixels

Severity = Literal["error", "warning", "advice"]
"""An error makes training or its scores worthless; a warning is probably a fault; advice is true and may be meant."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "advice")

CHECKS = {
    "unreadable": "damaged, truncated and empty files",
    "unmatched": "files without a partner",
    "halves": "side-by-side images that can't be cut in two",
    "pair-sizes": "two sides of different size",
    "sizes": "sizes that differ over the set",
    "types": "sample types that differ over the set, or can't be used",
    "channels": "channels that differ over the set, or can't be used",
    "labels": "label maps that are not declared as such",
    "label-values": "labels outside the class table, and strays",
    "nodata": "values that look like no reading and are not declared",
    "gaps": "images that are mostly no reading",
    "constant": "images of one value",
    "near-black": "images that are nearly black",
    "clipping": "values cut off at the ends of the range",
    "scale": "8-bit values in a set of more bits",
    "splits": "value ranges that differ between the splits",
    "leaks": "copies of training pairs in the other splits",
    "copies": "copies within a split",
    "register": "pairs out of register",
    "partners": "inputs that tell nothing of their targets, and wrong partners",
    "direction": "a direction that is probably the wrong way round",
}
"""What is looked for, by the name of the check."""


@dataclass(frozen=True)
class Picture:
    """Images shown side by side under a caption: titles and (H, W, 1 or 3) uint8."""

    caption: str
    images: tuple[tuple[str, Pixels], ...]


@dataclass(frozen=True)
class Finding:
    """One fault, or one remark.

    Attributes:
        check: which found it, a key of `CHECKS`.
        severity: how bad it is.
        summary: what was found, in one line.
        advice: what to do, in one line.
        files: all files concerned, relative to the folder of pairs; of a comparison "one = other".
        figures: the numbers behind the summary, plain values.
        pictures: some of the files, to look at.
    """

    check: str
    severity: Severity
    summary: str
    advice: str
    files: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    pictures: tuple[Picture, ...] = ()


Outcome = list[Finding] | str
"""What a check found, or why it can't tell."""
