"""`i2i explain` leaves pictures of what can be shown, and says what can't."""

import json

import numpy as np
import pytest
import torch

from i2i.bundle import BundleConfig, save_bundle
from i2i.cli import main
from i2i.config import Translation
from i2i.discriminators import build_discriminator
from i2i.generators import build_generator
from i2i.images import ImageSpec, read_image, write_image

GENERATOR = {"name": "unet", "in_channels": 3, "out_channels": 3, "width": 4, "depth": 3}


@pytest.fixture
def image(tmp_path):
    write_image(tmp_path / "image.png", np.random.default_rng(0).integers(0, 256, (40, 48, 3), np.uint8))
    return tmp_path / "image.png"


@pytest.fixture
def make(tmp_path):
    def make(*, dropout, judged):
        torch.manual_seed(0)
        generator = build_generator(**GENERATOR, dropout=dropout)
        judge = build_discriminator("patch", in_channels=6, width=4, depth=1) if judged else None
        config = BundleConfig(
            generator.description,
            ImageSpec(3),
            ImageSpec(3),
            (32, 32),
            Translation(resize="native"),
            judge.description if judge else {},
        )
        save_bundle(tmp_path / "bundle", generator, config, "# card\n", judge)
        return tmp_path / "bundle"

    return make


def run(*arguments):
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return stopped.value.code


def test_all_maps_are_drawn_at_the_size_of_the_image(make, image, tmp_path):
    bundle, out = make(dropout=[1], judged=True), tmp_path / "out"
    assert run("explain", bundle, image, "--to", out, "--json", tmp_path / "maps.json") == 0
    assert {path.name for path in out.iterdir()} == {"influence.png", "patches.png", "uncertainty.png", "sheet.png"}
    assert read_image(out / "patches.png").shape == (40, 48, 3)
    report = json.loads((tmp_path / "maps.json").read_text())
    assert report["maps"].keys() == {"influence", "patches", "uncertainty"}
    assert report["missing"] == {}


def test_what_cannot_be_shown_is_told_with_the_reason(make, image, tmp_path, capsys):
    bundle = make(dropout=[], judged=False)
    assert run("explain", bundle, image, "--to", tmp_path / "out") == 1
    told = capsys.readouterr().err
    assert "has no discriminator to ask" in told
    assert "its network has no dropout" in told
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"influence.png", "sheet.png"}


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (["--point", "48,0"], "point 48,0: is not in the image of 48x40"),
        (["--point", "middle"], "--point middle: expected X,Y"),
        (["--samples", "1"], "--samples 1: expected at least 2"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(make, image, tmp_path, capsys, flags, reason):
    bundle = make(dropout=[1], judged=True)
    assert run("explain", bundle, image, "--to", tmp_path / "out", *flags) == 2
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something_stays_as_it_is(make, image, tmp_path, capsys):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    assert run("explain", make(dropout=[1], judged=True), image, "--to", tmp_path / "out") == 2
    assert "stays as it is" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]
