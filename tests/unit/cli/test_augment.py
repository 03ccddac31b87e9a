"""`i2i augment` says what it made, and what is wrong in one line."""

import json

import numpy as np
import pytest
import torch

from i2i.bundle import BundleConfig, save_bundle
from i2i.generators import build_generator
from i2i.images import ImageSpec, write_image


@pytest.fixture
def bundle(tmp_path):
    torch.manual_seed(0)
    generator = build_generator("unet", in_channels=3, out_channels=3, width=3, depth=3, dropout=[1])
    config = BundleConfig(generator.description, ImageSpec(3), ImageSpec(3), (16, 16))
    save_bundle(tmp_path / "bundle", generator, config, "# card\n")
    return tmp_path / "bundle"


@pytest.fixture
def inputs(tmp_path):
    for name, count in (("dog", 1), ("cat", 3)):
        for number in range(count):
            image = np.random.default_rng(number + 10 * count).integers(0, 256, (16, 16, 3), np.uint8)
            write_image(tmp_path / "in" / name / f"{number}.png", image)
    return tmp_path / "in"


def test_a_balanced_set_is_made_and_told(i2i, bundle, inputs, tmp_path):
    flags = ("--balance", 4, "--vary", "mirror,shift=0.2", "--dropout", "on", "--json", tmp_path / "report.json")
    status, out, _ = i2i("augment", bundle, inputs, "--to", tmp_path / "new", *flags)
    assert status == 0
    lines = [line.split() for line in out.splitlines()]
    assert ["class", "inputs", "there", "made", "after"] in lines
    assert ["cat", "3", "0", "4", "4"] in lines
    assert ["dog", "1", "0", "4", "4"] in lines
    assert "8 made pairs; there were no real targets to compare with (--against)" in out
    assert f"next: i2i train {tmp_path / 'new'} --to RUN" in out
    assert json.loads((tmp_path / "report.json").read_text())["pairs"] == 8
    status, out, _ = i2i("check", tmp_path / "new", "--sample", 0)
    assert "manifest pairs (8 train), input-to-target" in out
    assert status == 0


def test_what_could_not_be_read_is_named_and_the_status_is_1(i2i, bundle, inputs, tmp_path):
    (inputs / "cat" / "1.png").write_bytes(b"no image")
    status, out, err = i2i("augment", bundle, inputs, "--to", tmp_path / "new")
    assert status == 1
    assert "3 made pairs" in out
    assert "cat/1.png" in err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--balance", "many"), "i2i: --balance many: expected a number of pairs of each class, or max"),
        (("--count", 3, "--samples", 2), "i2i: --samples and --count: exclude each other; give one of them"),
        (("--samples", 2), "give only 1 different pair; vary more"),
        (("--vary", "blur"), "i2i: --vary blur: unknown; expected one of mirror"),
        (("--by", "labels"), "i2i: --by labels: the bundle's inputs are no label maps but 3 channels uint8"),
        (("--against", "nowhere"), "nowhere: no such folder or manifest; expected the real pairs of --against"),
        (("--features", "nowhere.npz"), "nowhere.npz: no such file"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_made(i2i, bundle, inputs, tmp_path, flags, message):
    status, _, err = i2i("augment", bundle, inputs, "--to", tmp_path / "new", *flags)
    assert status == 2
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "new").exists()
