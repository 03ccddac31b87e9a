"""The examination of a set of pairs, from first to last."""

import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from i2i.config import Data
from i2i.config import Side as Settings
from i2i.data.classes import read_classes
from i2i.data.doctor.copies import check_copies
from i2i.data.doctor.diagnosis import Diagnosis
from i2i.data.doctor.direction import check_direction
from i2i.data.doctor.evidence import Evidence, Progress, entries_of, gather
from i2i.data.doctor.finding import CHECKS, SEVERITIES, Finding
from i2i.data.doctor.headers import check_headers
from i2i.data.doctor.labels import check_labels
from i2i.data.doctor.look import Look
from i2i.data.doctor.nodata import presume_nodata
from i2i.data.doctor.partners import check_partners
from i2i.data.doctor.register import check_register
from i2i.data.doctor.sides import Failure, read_headers
from i2i.data.doctor.splits import check_splits
from i2i.data.doctor.statistics import channel_statistics
from i2i.data.doctor.values import check_values
from i2i.data.layouts import PairFolder
from i2i.images import Header

SAMPLE = 500
"""Pairs that are compared closely, where the caller says nothing."""

_OF_TWO_SIDES = ("pair-sizes", "register", "partners", "direction")
_OF_TWO_SPLITS = ("leaks", "splits")
_OF_HEADERS = ("unreadable", "unmatched", "halves", "pair-sizes", "sizes", "types", "channels")
_OF_PIXELS = tuple(check for check in CHECKS if check not in _OF_HEADERS)


def examine(
    pairs: PairFolder,
    *,
    data: Data | None = None,
    sample: int = SAMPLE,
    seed: int = 0,
    progress: Progress | None = None,
) -> Diagnosis:
    """Look for all that may be wrong with a set of pairs before anybody trains on it.

    Every image is decoded once; what is costly (register, partners) is measured on a sample. Damaged files are told
    and never stop it. The same seed finds the same.

    Args:
        pairs: found with `unmatched="skip"`, so that files without a partner are told and not refused.
        data: the settings to train with: class tables, nodata, size.
        sample: pairs to compare closely.
        seed: of all that is drawn.
        progress: called with (pairs read, of how many).

    Raises:
        ConfigError: a class table that the settings name can't be read.
    """
    started = time.monotonic()
    presumed = presume_nodata(pairs, _with_tables(data or Data()), seed)
    evidence = gather(pairs, presumed.data, sample=sample, seed=seed, progress=progress)
    findings, not_told = _check(evidence)
    return Diagnosis(
        description=pairs.describe(),
        pairs=len(evidence.entries),
        compared=len(evidence.structures()),
        findings=_worst_first([*presumed.findings, *findings]),
        statistics=channel_statistics(evidence),
        not_told=not_told,
        seconds=time.monotonic() - started,
    )


def quick_check(pairs: PairFolder, *, data: Data | None = None, progress: Progress | None = None) -> list[Finding]:
    """What headers tell: unreadable and unmatched files, and sizes, types and channels that don't go together.

    An error among the findings is what training can't work with. The arguments are those of `examine`.
    """
    entries = entries_of(pairs)
    facts = []
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for both in pool.map(read_headers, [entry.pair for entry in entries]):
            facts.append(both)
            if progress is not None:
                progress(len(facts), len(entries))
    return _worst_first(check_headers(pairs, data or Data(), facts))


def _check(evidence: Evidence) -> tuple[list[Finding], dict[str, str]]:
    """All findings, and the checks that could not be made, with the reasons."""
    facts = [(_header(seen.looks[0]), _header(seen.looks[1])) for seen in evidence.seen]
    findings = check_headers(evidence.found, evidence.data, facts)
    not_told = dict.fromkeys(_OF_TWO_SPLITS, "there is one split only") if len(evidence.splits) < 2 else {}
    if not all(any(True for _ in evidence.looks(side)) for side in evidence.sides):
        return findings, dict.fromkeys(_OF_PIXELS, "no image of one side can be read")
    for check in (check_labels, check_values, check_splits, check_copies, check_direction):
        findings += check(evidence)
    if len(evidence.sides) < 2:
        return findings, not_told | dict.fromkeys(_OF_TWO_SIDES, "a task makes the inputs")
    for name, compare in (("register", check_register), ("partners", check_partners)):
        outcome = compare(evidence)
        if isinstance(outcome, str):
            not_told[name] = outcome
        else:
            findings += outcome
    return findings, not_told


def _header(look: Look | Failure) -> Header | Failure:
    return look if isinstance(look, Failure) else look.header


def _worst_first(findings: Iterable[Finding]) -> list[Finding]:
    order = list(CHECKS)
    return sorted(findings, key=lambda found: (SEVERITIES.index(found.severity), order.index(found.check)))


def _with_tables(data: Data) -> Data:
    return replace(data, input=_with_table(data.input), target=_with_table(data.target))


def _with_table(settings: Settings) -> Settings:
    """The side's settings, with the class table read from the file that they name."""
    if not isinstance(settings.classes, str) or settings.classes in ("", "auto"):
        return settings
    return replace(settings, classes=read_classes(Path(settings.classes)))
