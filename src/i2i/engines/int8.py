"""Weights and features in 8-bit integers, by OpenVINO: a graph that 'i2i quantize' leaves in the bundle.

Quantised after training, with a scale for each channel of the weights and each layer of features (Jacob et al. 2018);
NNCF finds the scales on calibration images. https://arxiv.org/abs/1712.05877, https://github.com/openvinotoolkit/nncf
"""

import json
import logging
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypedDict

from torch import Tensor

from i2i.engines.converting import digest, write_graph
from i2i.engines.engine import EngineFailure, Job, Network, noisy, not_installed, off_the_cpu
from i2i.engines.folding import fold
from i2i.engines.openvino import run_graph, without_telemetry
from i2i.engines.parity import first_line
from i2i.errors import ConfigError
from i2i.generators import Generator
from i2i.layers.modes import follows_image

EXACT = False

GRAPH, WEIGHTS, REPORT = "int8.xml", "int8.bin", "int8.json"
"""In a bundle's folder: the quantised graph, its weights, and how it was made and compares."""


class Identity(TypedDict):
    """Of which network a graph is."""

    weights: str
    statistics: str


def unavailable() -> str | None:
    """See `Engine`."""
    return not_installed("openvino", extra="openvino")


def refusal(job: Job) -> str | None:
    """See `Engine`."""
    return off_the_cpu(job) or noisy(job) or _unquantised(job)


def build(job: Job) -> Network:
    """See `Engine`. As many threads as torch has now."""
    if job.bundle is None:
        raise EngineFailure("no bundle, in which its graph would be")
    try:
        return Network(run_graph(job.bundle / GRAPH, job))
    except Exception as error:  # engines raise whatever their parts meet
        raise EngineFailure(f"can't read {job.bundle / GRAPH} ({first_line(error)})") from error


def identity(generator: Generator) -> Identity:
    """What tells apart the networks that a graph could be of: weights, what is held, whose statistics normalise."""
    held = "" if generator.held is None else f", told {generator.held.tolist()}"
    return {"weights": digest(generator) + held, "statistics": "image" if follows_image(generator) else "known"}


def quantise(generator: Generator, images: Sequence[Tensor], folder: Path) -> None:
    """Write `GRAPH` and `WEIGHTS` of a generator into a folder.

    Args:
        generator: prepared for test, without noise, on the CPU; stays as it is.
        images: on which features are measured, (1, C, H, W) in [-1, 1], of sizes that the generator takes.
        folder: where there is none yet.

    Raises:
        ConfigError: NNCF is not installed.
        EngineFailure: the generator can't be converted.
    """
    missing = not_installed("nncf", "openvino", "onnx", "onnxscript", extra="openvino")
    if missing:
        raise ConfigError(f"int8: {missing}")
    nncf, openvino = without_telemetry("nncf"), without_telemetry("openvino")
    nncf.set_log_level(logging.ERROR)

    with TemporaryDirectory(ignore_cleanup_errors=True) as name:
        graph = Path(name) / "graph.onnx"
        write_graph(fold(generator), graph)
        model = openvino.Core().read_model(graph)
        dataset = nncf.Dataset([image.numpy() for image in images])
        quantised = nncf.quantize(
            model, dataset, preset=nncf.QuantizationPreset.MIXED, subset_size=len(images), fast_bias_correction=True
        )
    openvino.save_model(quantised, folder / GRAPH, compress_to_fp16=False)


def made_by() -> dict[str, str]:
    """Versions of what quantises."""
    return {name: version(name) for name in ("i2i", "nncf", "openvino", "torch")}


def _unquantised(job: Job) -> str | None:
    if not job.keeps:
        return "its scales are not those of statistics held for one image; --statistics running has one set for all"
    report = job.bundle / REPORT if job.bundle else None
    if report is None or not report.is_file():
        return "the bundle has no int8 graph; 'i2i quantize' makes one"
    try:
        made_of = json.loads(report.read_text(encoding="utf-8"))["network"]
        made_of = {name: made_of[name] for name in Identity.__annotations__}
    except (ValueError, KeyError, TypeError):
        return f"{report} is damaged; delete {REPORT}, {GRAPH} and {WEIGHTS}, and make them anew with 'i2i quantize'"
    found = identity(job.generator)
    if made_of == found:
        return None
    changed = "normalisation statistics" if made_of["weights"] == found["weights"] else "weights"
    if changed == "weights" and made_of["weights"].partition(",")[0] == found["weights"].partition(",")[0]:
        return f"{report} is of another domain or style; make one of this, or use another engine"
    return (
        f"{report} is of other {changed}; delete {REPORT}, {GRAPH} and {WEIGHTS}, and make them anew with "
        "'i2i quantize'"
    )
