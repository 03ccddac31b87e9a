"""Values that a camera or a program has spoilt: no reading, no contrast, cut off, or written at another depth."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from i2i.data.doctor.evidence import Evidence
from i2i.data.doctor.finding import Finding, Severity
from i2i.data.doctor.gallery import pictures_of
from i2i.data.doctor.sides import SideName
from i2i.data.doctor.words import counted, number, percent

_FEWEST_READINGS = 0.5
_EVEN = 0.01
"""Of the set's span: what deviates less than this is as good as constant."""
_DARK = 0.04
"""Of the set's span: below this is nearly black."""
_CUT = 0.2
"""Of the samples at one end of the range: that much more than usual is told of one image …"""
_OFTEN_CUT = 0.05
"""… and that much in every second one of the set."""
_DEAD = 0.95
_BYTE = 255


def check_values(evidence: Evidence) -> list[Finding]:
    """Images that are mostly gaps, of one value, nearly black, cut off, or of 8 bits among images of more."""
    findings = []
    for side in evidence.sides:
        if any(True for _ in evidence.looks(side)):
            for check in (_gaps, _constant, _dead_channels, _near_black, _clipping, _scale):
                findings += check(evidence, side)
    return findings


def _gaps(evidence: Evidence, side: SideName) -> list[Finding]:
    numbers, share = evidence.figures(side, "share")
    empty = numbers[share.min(axis=1) < _FEWEST_READINGS]
    return _told(
        evidence,
        side,
        empty,
        "gaps",
        "warning",
        f"{side}: {counted(empty, 'image')} with readings in less than {percent(_FEWEST_READINGS)} of the pixels",
        "leave them out, or mend the nodata values if these are readings",
        {"share_of_readings": float(share.mean())},
    )


def _constant(evidence: Evidence, side: SideName) -> list[Finding]:
    numbers, deviation = evidence.figures(side, "deviation")
    spans = _spans(evidence, side)
    simple = evidence.kind(side).is_simple
    limit = 0.0 if simple else _EVEN * spans
    constant = numbers[(deviation <= limit).all(axis=1)]
    return _told(
        evidence,
        side,
        constant,
        "constant",
        "advice" if simple else "warning",
        f"{side}: {counted(constant, 'image')} of (nearly) one value",
        "fine where there is nothing to see; else leave them out" if simple else "leave them out: nothing is in them",
        {"images": len(constant)},
    )


def _dead_channels(evidence: Evidence, side: SideName) -> list[Finding]:
    _, deviation = evidence.figures(side, "deviation")
    dead = np.flatnonzero((deviation == 0).mean(axis=0) >= _DEAD)
    if not dead.size or dead.size == deviation.shape[1]:
        return []
    named = ", ".join(str(channel + 1) for channel in dead)
    return [
        Finding(
            "constant",
            "warning",
            f"{side}: channel {named} of {deviation.shape[1]} has one value throughout",
            "leave it out of the files, unless it is transparency that must stay",
            figures={"channels": dead.tolist()},
        )
    ]


def _near_black(evidence: Evidence, side: SideName) -> list[Finding]:
    if evidence.kind(side).is_simple:
        return []
    numbers, high = evidence.figures(side, "high")
    _, deviation = evidence.figures(side, "deviation")
    low, span = evidence.span(side)[0], _spans(evidence, side)
    dark = (high - low < _DARK * span).all(axis=1) & (deviation > _EVEN * span).any(axis=1)
    return _told(
        evidence,
        side,
        numbers[dark],
        "near-black",
        "warning",
        f"{side}: {counted(int(dark.sum()), 'image')} nearly black: 99 % of the samples are in the lowest "
        f"{percent(_DARK)} of the set's range",
        "look at them; leave out what was exposed or exported wrongly",
        {"images": int(dark.sum())},
    )


def _clipping(evidence: Evidence, side: SideName) -> list[Finding]:
    """Samples heaped at an end of the range: in far more of an image than in others, or in every second image."""
    if evidence.kind(side).is_simple:
        return []
    findings = []
    for end, share_name, extreme in (("lowest", "at_minimum", np.min), ("highest", "at_maximum", np.max)):
        numbers, values = evidence.figures(side, share_name.removeprefix("at_"))
        _, shares = evidence.figures(side, share_name)
        limit = extreme(values, axis=0)
        cut = np.where(values == limit, shares, 0).max(axis=1)
        findings += _cut_off(evidence, side, numbers, cut, f"{end} value ({number(float(extreme(limit)))})")
    return findings


def _cut_off(
    evidence: Evidence, side: SideName, numbers: NDArray[np.intp], cut: NDArray[np.float64], end: str
) -> list[Finding]:
    quarter, half, three = np.quantile(cut, (0.25, 0.5, 0.75))
    usual = three + max(_CUT, 3 * (three - quarter))
    worst = numbers[cut > usual]
    findings = _told(
        evidence,
        side,
        worst,
        "clipping",
        "warning",
        f"{side}: {counted(worst, 'image')} with more than {percent(usual)} of the samples at the {end}; "
        f"half of the set has less than {percent(half)} there",
        "they are probably over- or underexposed, or scaled wrongly: make them again from the originals",
        {"images": len(worst), "median_share": float(half)},
    )
    if half <= _OFTEN_CUT:
        return findings
    return [
        *findings,
        Finding(
            "clipping",
            "advice",
            f"{side}: in every second image {percent(half)} of the samples are at the {end}",
            "fine for an even ground; else the exposure or the export cuts values off",
            figures={"median_share": half},
        ),
    ]


def _scale(evidence: Evidence, side: SideName) -> list[Finding]:
    """Images of more than 8 bits whose values all fit into 8 bits, where others use many more."""
    numbers, most = evidence.figures(side, "maximum")
    deep = [look.header.dtype != "uint8" for _, look in evidence.looks(side)]
    most = most.max(axis=1)
    if not all(deep) or np.nanmedian(most) <= 4 * _BYTE:
        return []
    small = numbers[most <= _BYTE]
    return _told(
        evidence,
        side,
        small,
        "scale",
        "warning",
        f"{side}: {counted(small, 'image')} with values up to {_BYTE} at most, where the others reach "
        f"{number(float(np.nanmedian(most)))}",
        "probably 8-bit images written into files of more bits: make them again from the originals",
        {"images": len(small), "median_maximum": float(np.nanmedian(most))},
    )


def _spans(evidence: Evidence, side: SideName) -> NDArray[np.float64]:
    low, high = evidence.span(side)
    return high - low


def _told(
    evidence: Evidence,
    side: SideName,
    numbers: NDArray[np.intp],
    check: str,
    severity: Severity,
    summary: str,
    advice: str,
    figures: dict[str, Any],
) -> list[Finding]:
    """A finding about some images of a side; none where there are no such images."""
    if not len(numbers):
        return []
    return [
        Finding(
            check,
            severity,
            summary,
            advice,
            [evidence.file(number, side) for number in numbers],
            figures,
            pictures_of(evidence, side, numbers),
        )
    ]
