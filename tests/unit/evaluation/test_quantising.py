"""A bundle gains an int8 graph that was calibrated on training pairs, compared on others, and loses nothing."""

import json
import math
import sys

import numpy as np
import pytest
import torch

import i2i
from i2i.bundle import BundleConfig, save_bundle
from i2i.cli import main
from i2i.config import Translation
from i2i.data.layouts import find_pairs
from i2i.data.splits import HoldOut, hold_out
from i2i.engines import ENGINES, EngineFailure, Job, Network, eager, int8
from i2i.errors import BundleError, ConfigError, PairsError, StorageError
from i2i.evaluation import quantising
from i2i.evaluation.quantising import quantise_bundle
from i2i.generators import build_generator
from i2i.images import ImageSpec, read_raster
from i2i.layers.initialise import initialise

CHOSEN = {"name": "unet", "in_channels": 3, "out_channels": 3, "width": 8, "depth": 4, "dropout": [1, 2]}


@pytest.fixture
def bundle(tmp_path):
    torch.manual_seed(0)
    generator = build_generator(**CHOSEN)
    initialise(generator, gain=0.1)
    generator.train()
    with torch.no_grad():
        for _ in range(3):
            generator(torch.rand(4, 3, 32, 32) * 2 - 1)
    config = BundleConfig(
        CHOSEN, ImageSpec(3), ImageSpec(3), (32, 32), Translation("running", dropout=True), layout="side-by-side",
        direction="left-to-right", validation=0.2, seed=0,
    )  # fmt: skip
    save_bundle(tmp_path / "bundle", generator, config, "# card\n")
    return tmp_path / "bundle"


@pytest.fixture
def shown(monkeypatch):
    """A quantisation that is none: what it is calibrated on is kept, and eager torch runs it with an offset."""
    calibrated = []

    def quantise(generator, images, folder):
        calibrated.extend(images)
        for name in (int8.GRAPH, int8.WEIGHTS):
            (folder / name).write_text(name, encoding="utf-8")

    def build(job):
        assert (job.bundle / int8.GRAPH).read_text(encoding="utf-8") == int8.GRAPH
        exact = eager.build(Job(job.generator))
        return Network(lambda images: exact(images) + 0.02)

    monkeypatch.setattr(int8, "quantise", quantise)
    monkeypatch.setattr(int8, "build", build)
    monkeypatch.setattr(int8, "unavailable", lambda: None)
    monkeypatch.setattr(int8, "made_by", dict)
    return calibrated


def test_it_is_calibrated_on_what_the_network_was_trained_on_as_it_is_translated(bundle, pairs, shown):
    quantise_bundle(bundle, pairs, images=100)
    kept, held_out = hold_out(find_pairs(pairs).splits["train"], HoldOut(0.2, 0))
    assert (len(kept), len(held_out)) == (8, 2)
    translator = i2i.load(bundle)
    wanted = {
        translator.encode(read_raster(pair.input.path).pixels[:, :32]).numpy().tobytes() for pair in kept
    }  # the left half
    assert {image.numpy().tobytes() for image in shown} == wanted


def test_both_are_scored_on_the_same_pairs_and_compared_pair_by_pair(bundle, pairs, shown):
    told = []
    result = quantise_bundle(bundle, pairs, progress=lambda done, of: told.append((done, of)))
    assert result.psnr.mean == pytest.approx(-20 * math.log10(0.01), abs=0.1)  # 0.02 of a range of 2
    assert result.psnr.count == 4
    difference = result.measures["l1"].difference
    assert abs(difference.mean - (result.measures["l1"].int8.mean - result.measures["l1"].fp32.mean)) < 1e-9
    assert 0 < abs(difference.mean) <= 0.02 * 127.5 + 0.5
    assert told == [(done, 8) for done in range(1, 9)]
    report = json.loads(result.path.read_text(encoding="utf-8"))
    assert report["calibration"]["images"] == 8
    assert report["measures"]["l1"]["difference"]["mean"] == difference.mean
    assert "split test" in report["protocol"]


def test_the_bundle_keeps_all_it_had_and_the_engine_finds_the_graph(bundle, pairs, shown):
    before = {path.name: path.read_bytes() for path in bundle.iterdir()}
    quantise_bundle(bundle, pairs)
    assert {path.name for path in bundle.iterdir()} == {*before, int8.GRAPH, int8.WEIGHTS, int8.REPORT}
    assert all((bundle / name).read_bytes() == content for name, content in before.items())
    image = np.full((32, 32, 3), 90, np.uint8)
    quick = i2i.load(bundle, dropout=False, engine="int8")
    assert (quick(image).astype(int) - i2i.load(bundle, dropout=False)(image)).mean() == pytest.approx(2.55, abs=0.3)
    assert "int8 engine" in quick.describe()


@pytest.mark.usefixtures("shown")
def test_a_graph_that_is_there_stays(bundle, pairs):
    (bundle / int8.WEIGHTS).write_bytes(b"somebody's")
    with pytest.raises(StorageError, match="is there already"):
        quantise_bundle(bundle, pairs)
    assert (bundle / int8.WEIGHTS).read_bytes() == b"somebody's"


@pytest.mark.usefixtures("shown")
def test_what_can_not_be_done_is_refused_in_one_line_and_leaves_nothing(bundle, pairs, monkeypatch):
    with pytest.raises(ConfigError, match="calibrated on it"):
        quantise_bundle(bundle, pairs, split="train")
    with pytest.raises(ConfigError, match="images 0"):
        quantise_bundle(bundle, pairs, images=0)
    monkeypatch.setattr(quantising, "write_text", lambda *_: (_ for _ in ()).throw(StorageError("full")))
    with pytest.raises(StorageError):
        quantise_bundle(bundle, pairs)

    def fail(*_):
        raise EngineFailure("it can't be converted (for a reason)")

    monkeypatch.setattr(int8, "quantise", fail)
    with pytest.raises(BundleError, match="can't be quantised: it can't be converted"):
        quantise_bundle(bundle, pairs)
    assert len(list(bundle.iterdir())) == 3


@pytest.mark.usefixtures("shown")
def test_pairs_to_compare_on_are_not_calibrated_on(bundle, pairs):
    config = json.loads((bundle / "config.json").read_text(encoding="utf-8"))
    (bundle / "config.json").write_text(json.dumps({**config, "validation": 0.0}), encoding="utf-8")
    with pytest.raises(PairsError, match="no training pairs to calibrate on"):
        quantise_bundle(bundle, pairs / "test")
    assert len(list(bundle.iterdir())) == 3


def test_the_command_shows_both_and_warns_of_a_visible_loss(bundle, pairs, shown, tmp_path, capsys):
    with pytest.raises(SystemExit) as left:
        main(["quantize", str(bundle), str(pairs), "--images", "3", "--json", str(tmp_path / "report.json")])
    said = capsys.readouterr()
    assert left.value.code == 0
    assert "int8 - fp32" in said.out
    assert "PSNR of int8 against fp32: 40.0" in said.out
    assert "below 45 dB" in said.err
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["calibration"]["images"] == 3
    assert len(shown) == 3


@pytest.mark.slow
@pytest.mark.parametrize("statistics", ["running", "batch"])
def test_nncf_quantises_without_its_telemetry_and_openvino_runs_it(bundle, pairs, statistics):
    if int8.not_installed("nncf", "openvino", "onnx", "onnxscript", extra="openvino"):
        pytest.skip("needs i2i[openvino]")
    result = quantise_bundle(bundle, pairs, statistics=statistics)
    assert result.psnr.mean > 30
    telemetry = sys.modules["nncf.telemetry.wrapper"].telemetry
    assert not isinstance(telemetry, sys.modules["nncf.telemetry.wrapper"].NNCFTelemetry)
    quick = i2i.load(bundle, dropout=False, statistics=statistics, engine="int8")
    exact = i2i.load(bundle, dropout=False, statistics=statistics)
    image = np.random.default_rng(0).integers(0, 256, (50, 40, 3), dtype=np.uint8)
    gap = np.abs(quick(image).astype(int) - exact(image))
    assert 0 < gap.max() < 40
    assert ENGINES["int8"].EXACT is False
