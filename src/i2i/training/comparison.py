"""A student beside its teacher: what each takes, and what is lost on the held-out pairs, with intervals."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from i2i.bundle import CARD, Bundle, load_bundle
from i2i.config import Config, from_tree, read_tree
from i2i.data.layouts import find_pairs
from i2i.data.store import PairStore
from i2i.evaluation.sample import Sample
from i2i.evaluation.scoring import Scores
from i2i.files import write_text
from i2i.images import ImageSpec
from i2i.methods.distill import cost
from i2i.metrics.bootstrap import RESAMPLES, Interval, difference_interval
from i2i.metrics.measure import Measure
from i2i.training.resolve import split
from i2i.training.run import RunFolder
from i2i.training.setup import make_held_out
from i2i.training.validation import instruments
from i2i.translator import Translator

COMPARISON = "comparison.json"

_HEADING = "\n## Beside its teacher\n"


def compare_with_teacher(run: Path, now: Config) -> None:
    """Score the bundle of a finished run and its teacher on the run's held-out pairs.

    Written into `comparison.json` of the run folder: for "student" and "teacher" each multiply_adds (an image of the
    training size), parameters and scores; "difference", of student - teacher, image by image, measure → mean and
    interval; "pairs", how many. And as a table into the card of the bundle.

    Args:
        run: the run folder.
        now: by which it was run; says where the pairs lie, and the device.
    """
    folder = RunFolder(run)
    config = from_tree(read_tree(folder.config), str(folder.config))
    data = replace(config.data, pairs=now.data.pairs)
    bundles = {"student": load_bundle(folder.bundle), "teacher": load_bundle(config.distill.teacher)}
    found = find_pairs(data.pairs, data.layout, data.direction, data.unmatched)
    held_out = make_held_out(config, split(config, found)[1], run)
    compared: dict[str, Any] = {"pairs": len(held_out)}
    compared |= {row: _facts(bundle, data.size) for row, bundle in bundles.items()}
    target = bundles["student"].config.target.measured
    if len(held_out):
        translators = {row: Translator(bundle, device=now.training.device) for row, bundle in bundles.items()}
        scores = _score(translators, held_out, target)
        for row in bundles:
            compared[row]["scores"] = {key: asdict(value) for key, value in scores.table(row, RESAMPLES).items()}
        compared["difference"] = {key: asdict(value) for key, value in _differences(scores).items()}
    write_text(folder.path / COMPARISON, json.dumps(compared, indent=1) + "\n")
    card = folder.bundle / CARD
    before = card.read_text(encoding="utf-8").partition(_HEADING)[0]
    write_text(card, before + _HEADING + _section(config.distill.teacher, compared, instruments(target).measures))


def describe(compared: Mapping[str, Any], measures: Mapping[str, Measure]) -> str:
    """What `compare_with_teacher` found, in a line."""
    student, teacher = compared["student"], compared["teacher"]
    takes = (
        f"{student['multiply_adds']:,} multiply-adds, {student['multiply_adds'] / teacher['multiply_adds']:.1%} of the "
        f"teacher's, and {student['parameters']:,} parameters, {student['parameters'] / teacher['parameters']:.1%}"
    )
    gaps = ", ".join(
        f"{measures[key].label} {_text(gap, measures[key].decimals)}"
        for key, gap in compared.get("difference", {}).items()
    )
    return takes + (f"; student - teacher on {compared['pairs']} held-out pairs: {gaps}" if gaps else "")


def _facts(bundle: Bundle, size: tuple[int, int]) -> dict[str, Any]:
    parameters = sum(weights.numel() for weights in bundle.generator.parameters())
    return {"multiply_adds": cost(bundle.generator, size), "parameters": parameters, "scores": {}}


def _score(translators: Mapping[str, Translator], held_out: PairStore, target: ImageSpec) -> Scores:
    scores = Scores(instruments(target), seed=0, target=target)
    for index, name in enumerate(held_out.names):
        given, wanted = held_out[index]
        outputs = {row: translator.translate(given) for row, translator in translators.items()}
        scores.add(Sample(name, given, wanted), outputs)
    return scores


def _differences(scores: Scores) -> dict[str, Interval]:
    student, teacher = scores.per_image["student"], scores.per_image["teacher"]
    return {key: difference_interval(student[key], teacher[key]) for key in student if key not in scores.failed}


def _section(teacher: str, compared: Mapping[str, Any], measures: Mapping[str, Measure]) -> str:
    student, other, gaps = compared["student"], compared["teacher"], compared.get("difference", {})
    lines = [
        "",
        f"Distilled from `{teacher}`. On {compared['pairs']} held-out pairs; 95% bootstrap intervals over images.",
        "",
        "| | student | teacher | student - teacher |",
        "|---|---|---|---|",
    ]
    for heading, key in (("multiply-adds", "multiply_adds"), ("parameters", "parameters")):
        share = student[key] / other[key]
        lines.append(f"| {heading} | {student[key]:,} | {other[key]:,} | {share:.1%} of the teacher's |")
    for key, score in student["scores"].items():
        decimals = measures[key].decimals
        cells = (_text(found, decimals) for found in (score, other["scores"].get(key), gaps.get(key)))
        lines.append(f"| {measures[key].heading} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _text(found: Mapping[str, Any] | None, decimals: int) -> str:
    return "-" if found is None else Interval(**found).text(decimals)
