"""A bundle's network in 8-bit integers, calibrated on training pairs and compared with itself on others."""

import json
import math
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
from torch import Tensor

from i2i.data.folders import Split
from i2i.data.layouts import Layout
from i2i.engines import Chosen, EngineFailure, Job, int8
from i2i.errors import BundleError, ConfigError, PairsError, StorageError
from i2i.evaluation.evaluate import evaluate_samples
from i2i.evaluation.pairs import choose_pairs
from i2i.evaluation.result import Evaluation
from i2i.evaluation.sample import Sample
from i2i.files import replacing, write_text
from i2i.images import Pixels
from i2i.layers.modes import Statistics
from i2i.metrics.bootstrap import Interval, difference_interval, mean_interval
from i2i.metrics.measure import Measure
from i2i.translator import Translator, load
from i2i.translator.padding import pad

CALIBRATION = 64
"""Training images on which the ranges of features are measured."""


@dataclass(frozen=True)
class Quantised:
    """What was written, and how the two compare.

    Attributes:
        path: of the report, `i2i.engines.int8.REPORT`, in the bundle's folder.
        psnr: of the int8 network's output against that of fp32, in dB, over the pairs scored.
        measures: key -> what it stands for, the mean by fp32, by int8, and of int8 - fp32 pair by pair, each with its
            interval; a distance between sets has neither interval nor difference pair by pair.
    """

    path: Path
    psnr: Interval
    measures: dict[str, "Compared"]


@dataclass(frozen=True)
class Compared:
    """One measure by both networks."""

    measure: Measure
    fp32: Interval
    int8: Interval
    difference: Interval | None


def quantise_bundle(
    bundle: str | os.PathLike[str],
    pairs: str | os.PathLike[str],
    *,
    split: Split | Literal["auto", "held-out"] = "auto",
    layout: Layout | Literal["auto"] = "auto",
    direction: str | None = None,
    to_domain: str | None = None,
    images: int = CALIBRATION,
    statistics: Statistics | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Quantised:
    """Leave an int8 graph in a bundle, for the engine "int8", with a report of what it costs.

    Calibrated on inputs that the network was trained on, none that was held out or is scored on, prepared as
    translation prepares them. Then fp32 and int8 are scored on the same pairs.

    Args:
        bundle: a bundle or a run folder, without an int8 graph.
        pairs: as for training, with the training split.
        split: on which the two are compared, as for `evaluate`; not "train".
        layout, direction: as for `evaluate`.
        to_domain: of a bundle that translates into several domains, which: the graph is of one.
        images: training images to calibrate on, drawn by `seed`.
        statistics: depart from the bundle's test-time policy; the graph is then for this one only.
        seed: of the draw and of the scores.
        progress: called with (pairs scored, of how many) of both networks.

    Raises:
        StorageError: there is an int8 graph already, or the folder can't be written.
        ConfigError: NNCF or OpenVINO is not installed, or dropout is on.
        PairsError: no training pair is left to calibrate on.
        BundleError: the network can't be converted.
    """
    exact = load(bundle, to_domain=to_domain, device="cpu", statistics=statistics, dropout=False)
    if exact.generator.draws:
        raise ConfigError(f"{exact.path}: draws noise, which no graph can draw by a seed; leave it as it is")
    for name in (int8.GRAPH, int8.WEIGHTS, int8.REPORT):
        if (exact.path / name).exists():
            raise StorageError(f"{exact.path / name}: is there already and stays as it is; delete it to make another")
    if split == "train":
        raise ConfigError("split 'train': the network is calibrated on it; expected auto, val, test or held-out")
    chosen = choose_pairs(
        exact.config, pairs, split=split, layout=layout, direction=direction, to_domain=exact.to_domain, seed=seed
    )
    if not chosen.training:
        raise PairsError(f"{pairs}: has no training pairs to calibrate on beside those to compare on; give it both")
    exact.use("auto", 3 * len(chosen.scored))
    count, done = 2 * len(chosen.scored), 0

    def advance(_: int) -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, count)

    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        draft = Path(folder)
        calibration = _calibration(exact, chosen.training, images, seed)
        quick = _quantised(exact, calibration, draft)
        psnr: list[float] = []

        def translate(pixels: Pixels, name: str) -> Pixels:
            shown = quick.encode(pixels)
            output = quick.predict(shown)
            psnr.append(_psnr(output, exact.predict(shown)))
            return quick.finish(output[0], pixels)

        specs = (exact.config.input, exact.config.target)
        scores = [
            evaluate_samples(
                by,
                chosen.scored,
                protocol=chosen.protocol,
                specs=specs,
                paired=chosen.paired,
                name=name,
                shown=0,
                seed=seed,
                progress=advance,
            )
            for name, by in (("fp32", lambda pixels, _: exact.translate(pixels)), ("int8", translate))
        ]
        result = Quantised(exact.path / int8.REPORT, mean_interval(psnr, seed=seed), _compared(*scores, seed=seed))
        report = {
            "network": int8.identity(exact.generator),
            "made_by": int8.made_by(),
            "calibration": {"images": len(calibration), "of": "the training pairs", "seed": seed},
            "protocol": scores[1].protocol,
            "psnr_against_fp32": _plain(result.psnr),
            "measures": {key: _row(compared) for key, compared in result.measures.items()},
        }
        _publish(draft, exact.path, report)
    return result


def _calibration(translator: Translator, pairs: Sequence[Sample], count: int, seed: int) -> list[Tensor]:
    """Inputs as the network is shown them in translation, (1, C, H, W) each."""
    if count < 1:
        raise ConfigError(f"images {count}: expected at least one to calibrate on")
    drawn = np.random.default_rng(seed % 2**64).permutation(len(pairs))[:count]
    network = translator.generator
    shown = (translator.encode(pairs[int(number)].input) for number in sorted(drawn))
    return [pad(image, network.multiple, network.smallest) for image in shown]


def _quantised(exact: Translator, calibration: list[Tensor], folder: Path) -> Translator:
    """A translator of the same bundle whose network is in int8, left in `folder`."""
    domain, statistics = exact.to_domain or None, exact.policy.statistics
    quick = load(exact.path, to_domain=domain, device="cpu", statistics=statistics, dropout=False)
    try:
        int8.quantise(exact.generator, calibration, folder)
        network = int8.build(Job(quick.generator, bundle=folder))
    except EngineFailure as error:
        raise BundleError(f"{exact.path}: can't be quantised: {error}") from error
    quick.use(Chosen("int8", network, {}))
    return quick


def _psnr(output: Tensor, exact: Tensor) -> float:
    """In dB of the range [-1, 1]; infinite where they are the same."""
    error = float((output - exact).square().mean())
    return 10 * math.log10(4 / error) if error else math.inf


def _compared(fp32: Evaluation, int8: Evaluation, *, seed: int) -> dict[str, Compared]:
    found = {}
    for key, measure in fp32.measures.items():
        if key not in int8.measures:
            continue
        exact, quick = (each.per_image.get(each.model, {}).get(key) for each in (fp32, int8))
        difference = None if exact is None or quick is None else difference_interval(quick, exact, seed=seed)
        found[key] = Compared(measure, fp32.rows[fp32.model][key], int8.rows[int8.model][key], difference)
    return found


def _row(compared: Compared) -> dict[str, Any]:
    return {
        "label": compared.measure.label,
        "unit": compared.measure.unit,
        "fp32": _plain(compared.fp32),
        "int8": _plain(compared.int8),
        "difference": None if compared.difference is None else _plain(compared.difference),
    }


def _plain(interval: Interval) -> dict[str, float | None]:
    """JSON has no NaN and no infinity: null stands for them."""
    values = asdict(interval)
    return {name: value if value is not None and math.isfinite(value) else None for name, value in values.items()}


def _publish(draft: Path, folder: Path, report: dict[str, Any]) -> None:
    """Put the graph and then its report beside the weights: all of it, or nothing."""
    try:
        for name in (int8.WEIGHTS, int8.GRAPH):
            with (draft / name).open("rb") as source, replacing(folder / name) as target:
                shutil.copyfileobj(source, target, 1 << 20)
        write_text(folder / int8.REPORT, json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    except BaseException:
        for name in (int8.WEIGHTS, int8.GRAPH):
            (folder / name).unlink(missing_ok=True)
        raise
