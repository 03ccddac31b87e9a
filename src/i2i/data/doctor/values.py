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
    """Images of 8 bits among images of more, of one value, nearly black, mostly gaps, or cut off at an end."""
    return [
        finding
        for side in evidence.sides
        for check in (_low, _dead_channels, _gaps, _clipping)
        for finding in check(evidence, side)
    ]


def _low(evidence: Evidence, side: SideName) -> list[Finding]:
    low = _low_images(evidence, side)
    simple = evidence.kind(side).is_simple
    usual = float(np.nanmedian(evidence.figures(side, "maximum")[1])) if low else 0.0
    words: dict[str, tuple[Severity, str, str]] = {
        "scale": (
            "warning",
            f"with values up to {_BYTE} at most, where others reach {number(usual)}",
            "probably 8-bit images written into files of more bits: make them again from the originals",
        ),
        "constant": ("advice", "of one value", "fine where there is nothing to see; else leave them out")
        if simple
        else ("warning", "of nearly one value", "leave them out"),
        "near-black": (
            "warning",
            f"nearly black: 99 % of the samples are in the lowest {percent(_DARK)} of the set's range",
            "look at them; leave out what was exposed or exported wrongly",
        ),
    }
    return [
        finding
        for check, numbers in low.items()
        for severity, what, advice in [words[check]]
        for finding in _told(
            evidence, side, numbers, check, severity, f"{side}: {counted(len(numbers), 'image')} {what}", advice
        )
    ]


def _low_images(evidence: Evidence, side: SideName) -> dict[str, NDArray[np.intp]]:
    """Entries whose values are few or small, by the check, each under one only."""
    numbers, deviation = evidence.figures(side, "deviation")
    most, high = (evidence.figures(side, name)[1] for name in ("maximum", "high"))
    if not np.isfinite(most).any():
        return {}
    low, span = evidence.span(side)[0], _spans(evidence, side)
    one_value = (deviation == 0).all(axis=1)
    if evidence.kind(side).is_simple:
        return {"constant": numbers[one_value]}
    deep = all(look.header.dtype != "uint8" for _, look in evidence.looks(side)) and np.nanmedian(most) > 4 * _BYTE
    shallow = (most <= _BYTE).all(axis=1) & deep
    dark = (high - low < _DARK * span).all(axis=1) & ~shallow & ~one_value
    even = (deviation <= _EVEN * span).all(axis=1) & ~shallow & ~dark
    return {"scale": numbers[shallow], "constant": numbers[even], "near-black": numbers[dark]}


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


def _gaps(evidence: Evidence, side: SideName) -> list[Finding]:
    numbers, share = evidence.figures(side, "share")
    empty = numbers[share.min(axis=1) < _FEWEST_READINGS]
    return _told(
        evidence,
        side,
        empty,
        "gaps",
        "warning",
        f"{side}: {counted(len(empty), 'image')} with readings in less than {percent(_FEWEST_READINGS)} of the pixels",
        "leave them out, or mend the nodata values if these are readings",
        {"mean_share_of_readings": float(share.mean())},
    )


def _clipping(evidence: Evidence, side: SideName) -> list[Finding]:
    """Samples heaped at an end of the range: in far more of an image than in others, or in every second image."""
    if evidence.kind(side).is_simple:
        return []
    findings = []
    told = np.concatenate([*_low_images(evidence, side).values(), np.empty(0, np.intp)])
    for end, name, extreme in (("lowest", "minimum", np.nanmin), ("highest", "maximum", np.nanmax)):
        numbers, values = evidence.figures(side, name)
        _, shares = evidence.figures(side, f"at_{name}")
        if not np.isfinite(values).any():
            return []
        limit = extreme(values)
        cut = np.where((values == limit) & ~np.isin(numbers, told)[:, None], shares, 0).max(axis=1)
        findings += _cut_off(evidence, side, numbers, cut, f"{end} value ({number(float(limit))})")
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
        f"in the middle image it is {percent(half)}",
        "they are probably over- or underexposed, or scaled wrongly: make them again from the originals",
        {"median_share": float(half)},
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
    figures: dict[str, Any] | None = None,
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
            (figures or {}) | {"images": len(numbers)},
            pictures_of(evidence, side, numbers),
        )
    ]
