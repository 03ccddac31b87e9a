"""Label maps: sides that look like one, and labels outside the class table or on their own."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from i2i.config import Class
from i2i.data.doctor.evidence import Evidence
from i2i.data.doctor.finding import Finding
from i2i.data.doctor.gallery import pictures_of
from i2i.data.doctor.look import Look
from i2i.data.doctor.sides import SideName, is_indexed
from i2i.data.doctor.words import counted, percent

_LISTED = 12
_FAR = 64
"""Of 255: a colour further than this from all of the table is no blur of one of them …"""
_FAR_SHARE = 0.01
"""… and that share of an image is told."""
_STRAY_FILES = 0.01
_ENOUGH_FILES = 20


def check_labels(evidence: Evidence) -> list[Finding]:
    """With a class table what it lacks; without one the sides that need one, and values that stand alone."""
    findings = []
    for side in evidence.sides:
        classes = evidence.settings(side).classes
        if not isinstance(classes, str):
            findings += _outside(evidence, side, classes)
        elif evidence.kind(side).name == "labels":
            findings += [*([] if classes else _undeclared(evidence, side)), *_strays(evidence, side)]
    return findings


def _undeclared(evidence: Evidence, side: SideName) -> list[Finding]:
    kind = evidence.kind(side)
    names = _listed([_name(colour) for colour in kind.colours])
    what = f"{len(kind.colours)} {'values' if len(kind.colours[0]) == 1 else 'colours'}"
    if kind.exact:
        summary = f"{side}: looks like a label map of {what}: {names}"
        advice = f"if these are classes, say so: --set data.{side}.classes=auto, or a table value,name,colour"
    else:
        summary = f"{side}: looks like a label map of {what}, blurred by its file format: {names}"
        advice = (
            f"if these are classes, say so: --set data.{side}.classes=auto, or a table value,name,colour; each pixel "
            "is then of the class whose colour is nearest; keep new ones as PNG"
        )
    some = [number for number, _ in evidence.looks(side)][:2]
    return [
        Finding(
            "labels",
            "advice",
            summary,
            advice,
            figures={"colours": [list(colour) for colour in kind.colours]},
            pictures=pictures_of(evidence, side, some),
        )
    ]


def _strays(evidence: Evidence, side: SideName) -> list[Finding]:
    """Values that stand in hardly any file, where the others stand in many."""
    looks = [(number, look.values) for number, look in evidence.looks(side) if look.values is not None]
    counts = Counter(value for _, values in looks for value in values)
    strays = {value for value, files in counts.items() if files <= max(1, int(_STRAY_FILES * len(looks)))}
    usual = counts.keys() - strays
    if not evidence.kind(side).exact or len(looks) < _ENOUGH_FILES or not strays or not usual:
        return []
    files = {number: sorted(values & strays) for number, values in looks if values & strays}
    names = _listed([_name(_colour(evidence, side, value)) for value in sorted(strays)])
    apart = any(min(abs(stray - value) for value in usual) > 1 for stray in strays)
    return [
        Finding(
            "label-values",
            "warning" if apart else "advice",
            f"{side}: {names} stands in {counted(files, 'file')} of {len(looks)} only, the other labels in more",
            "mend the files if it is a slip; a class that is so rare is hardly learned",
            files=[evidence.file(number, side) for number in files],
            figures={"files_with_label": {str(value): count for value, count in sorted(counts.items())}},
            pictures=pictures_of(evidence, side, files),
        )
    ]


def _outside(evidence: Evidence, side: SideName, classes: Sequence[Class]) -> list[Finding]:
    wrong = {
        number: what
        for number, look in evidence.looks(side)
        for what in [
            _unknown_values(look, evidence, side, classes)
            if is_indexed(look.header, evidence.settings(side))
            else _unknown_colours(look, classes)
        ]
        if what
    }
    if not wrong:
        return []
    return [
        Finding(
            "label-values",
            "error",
            f"{side}: {counted(wrong, 'file')} with labels that the class table lacks",
            "mend the files, add the classes to the table, or name the values that are no class with "
            f"--set data.{side}.nodata=[…]",
            files=[f"{evidence.file(number, side)}: {what}" for number, what in wrong.items()],
            figures={"files": len(wrong), "classes": len(classes)},
            pictures=pictures_of(evidence, side, wrong),
        )
    ]


def _unknown_values(look: Look, evidence: Evidence, side: SideName, classes: Sequence[Class]) -> str:
    if look.values is None:
        return "more distinct values than a label map has"
    known = {value for value, _, _ in classes} | set(evidence.settings(side).nodata) | set(look.header.nodata)
    return _listed([str(value) for value in sorted(look.values - known)])


def _unknown_colours(look: Look, classes: Sequence[Class]) -> str:
    """Of colour-coded files: the nearest class is taken, so only what is far from all is wrong."""
    table = np.array([colour for _, _, colour in classes], np.float32)
    drawn = look.drawn if look.drawn.shape[1] == 3 else np.repeat(look.drawn[:, :1], 3, axis=1)
    away = np.linalg.norm(drawn[:, None] - table[None], axis=2).min(axis=1)
    share = float(np.mean(away > _FAR))
    return f"{percent(share)} of the pixels far from every colour of the table" if share > _FAR_SHARE else ""


def _colour(evidence: Evidence, side: SideName, value: int) -> tuple[int, ...]:
    return (value >> 16, value >> 8 & 255, value & 255) if len(evidence.span(side)[0]) == 3 else (value,)


def _name(colour: tuple[int, ...]) -> str:
    return str(colour[0]) if len(colour) == 1 else "#" + "".join(f"{value:02x}" for value in colour)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_LISTED]) + (f" and {len(names) - _LISTED} more" if len(names) > _LISTED else "")
