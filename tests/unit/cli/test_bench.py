import json
from dataclasses import replace

import pytest
from cyclopts import App
from tiny import TINY

from i2i.bench import bench as measure
from i2i.bundle import BundleConfig, load_bundle, save_bundle
from i2i.cli.bench import bench
from i2i.config import Config, overlay, to_tree
from i2i.errors import ConfigError
from i2i.generators import build_generator
from i2i.images import ImageSpec


@pytest.fixture
def bundle(tmp_path):
    arguments = {"name": "unet", "in_channels": 3, "out_channels": 3, "width": 4, "depth": 2, "dropout": [1]}
    config = BundleConfig(generator=arguments, input=ImageSpec(3), target=ImageSpec(3), size=(16, 24))
    save_bundle(tmp_path / "bundle", build_generator(**arguments), config, "card")
    return tmp_path / "bundle"


def test_engines_take_turns_with_eager_and_give_the_same(bundle):
    result = measure(bundle, batches=(1, 2), rounds=2, engines=["packed", "int8"])
    assert result.size == (16, 24)
    eager, packed = result.speeds[:2]
    assert [(each.name, each.batch) for each in result.speeds] == [
        ("eager", 1), ("packed", 1), ("eager", 2), ("packed", 2)
    ]  # fmt: skip
    assert eager.ratio is None
    median, least, greatest = packed.ratio
    assert 0 < least <= median <= greatest
    assert packed.difference < 1e-5
    assert "quantize" in result.left_out["int8"] or "not installed" in result.left_out["int8"]
    assert "how it was trained" in result.left_out["training step"]


def test_a_recorded_training_is_measured_at_its_batch(bundle, tmp_path):
    loaded = load_bundle(bundle)
    sides = {name: {"channels": 3, "dtype": "uint8"} for name in ("input", "target")}
    training = overlay(overlay(Config(), TINY), {"data": sides, "generator": {"depth": 3}})
    recorded = replace(loaded.config, training=to_tree(training))
    save_bundle(tmp_path / "other", loaded.generator, recorded, "card")
    step = measure(tmp_path / "other", batches=(1,), rounds=1, engines=["eager"]).speeds[-1]
    assert (step.name, step.batch) == ("training step", 2)
    assert step.images_per_second > 0


def test_the_command_shows_a_table_and_writes_it_for_programs(bundle, tmp_path, capsys):
    app = App()
    app.default(bench)
    words = [
        bundle,
        "--engine",
        "eager",
        "--batch",
        "1",
        "--rounds",
        "1",
        "--size",
        "16",
        "--json",
        tmp_path / "b.json",
    ]
    app([str(word) for word in words], exit_on_error=False, result_action="return_value")
    assert "eager" in capsys.readouterr().out
    report = json.loads((tmp_path / "b.json").read_text())
    assert report["size"] == [16, 16]
    assert [each["name"] for each in report["speeds"]] == ["eager"]


@pytest.mark.parametrize("wrong", [{"rounds": 0}, {"batches": ()}, {"batches": (0,)}, {"engines": ["fast"]}])
def test_nothing_to_measure_is_refused(bundle, wrong):
    with pytest.raises(ConfigError):
        measure(bundle, **wrong)
