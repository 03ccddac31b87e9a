"""The ResNet that smooths before it halves and after it doubles, as a graph and by the packed engine."""

from pathlib import Path
from typing import Any

import pytest

import i2i
from i2i.export import export_bundle
from i2i.graphs import GRAPH_FORMATS

BLURRED = {"name": "resnet", "blocks": 1, "norm": "instance", "downsample": "blur", "upsample": "blur"}


@pytest.mark.parametrize(
    "to",
    [pytest.param("onnx", marks=pytest.mark.slow), pytest.param("openvino", marks=pytest.mark.slow), "torchscript"],
)
def test_it_is_exported_exactly_or_the_export_would_refuse(make_bundle: Any, tmp_path: Path, to: str) -> None:
    for module in ("onnx", "onnxscript", "onnxruntime", "openvino"):
        pytest.importorskip(module)
    exported = export_bundle(make_bundle(**BLURRED), to, tmp_path / f"a{GRAPH_FORMATS[to].SUFFIXES[0]}")
    assert exported.report["parity"]["of_tolerance"] <= 1


def test_the_packed_engine_gives_the_same(make_bundle: Any) -> None:
    translator = i2i.load(make_bundle(**BLURRED), device="cpu", engine="packed")
    assert translator.chosen.name == "packed"
    assert translator.chosen.network.difference is not None
    assert translator.chosen.network.difference < 1e-4
