import json
import os
from pathlib import Path

import pytest
import torch
from cyclopts import App

from i2i.bundle import BundleConfig, save_bundle
from i2i.cli.export import _within, export
from i2i.config import Translation
from i2i.generators import build_generator
from i2i.images import ImageSpec


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A translator that doesn't notice its input, so that no engine differs; the tests run in an empty folder."""
    arguments = {"name": "unet", "in_channels": 1, "out_channels": 1, "width": 2, "depth": 1, "dropout": [1]}
    generator = build_generator(**arguments)
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.zero_()
    config = BundleConfig(
        generator=arguments,
        input=ImageSpec(1),
        target=ImageSpec(1, "float32", ranges=((0, 5),), unit="m"),
        size=(24, 32),
        translation=Translation(statistics="running", resize="training"),
    )
    save_bundle(tmp_path / "depth", generator, config, "card")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "depth"


def run(*words: object) -> object:
    app = App()
    app.default(export)
    return app([str(word) for word in words], print_error=False, exit_on_error=False, result_action="return_value")


def test_export_says_in_a_line_where_it_is_how_it_differs_and_what_is_left_to_do(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(bundle, "--to", "torchscript")
    said = capsys.readouterr()
    assert (said.err, said.out.count("\n")) == ("", 1)
    assert said.out.startswith("depth.pt: run by torch ")
    assert "on 7 images, it gives what 'i2i translate --resize native' gives, to the bit; see depth.pt.json" in said.out
    assert "resizing to the training size of 32x24 is not in it" in said.out
    assert sorted(os.listdir()) == ["depth.pt", "depth.pt.json"]


def test_export_goes_where_out_says_and_follows_the_policy_flags(bundle: Path, tmp_path: Path) -> None:
    run(bundle, "--to", "torchscript", "--out", tmp_path / "a.pt", "--statistics", "batch", "--dropout", "off")
    report = json.loads((tmp_path / "a.pt.json").read_text())
    assert report["translation"] == {"statistics": "batch", "dropout": False, "resize": "native", "steps": 0}
    assert not os.listdir()


def test_the_bundle_in_one_file_leaves_nothing_to_do(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(bundle, "--to", "safetensors")
    assert "resizing" not in capsys.readouterr().out


def test_export_refuses_a_file_that_is_there(bundle: Path) -> None:
    run(bundle, "--to", "safetensors")
    with pytest.raises(Exception, match=r"depth\.safetensors: is there already"):
        run(bundle, "--to", "safetensors")


@pytest.mark.parametrize(
    ("parity", "words"),
    [
        ({"max_difference": 0.0, "mean_difference": 0.0, "unit": "levels"}, "to the bit"),
        ({"max_difference": 1.0, "mean_difference": 0.00012, "unit": "levels"}, "within 1 level (mean 0.00012)"),
        ({"max_difference": 3.0, "mean_difference": 0.5, "unit": "mm"}, "within 3 mm (mean 0.5)"),
        ({"max_difference": 0.0021, "mean_difference": 1e-5, "unit": ""}, "within 0.0021 (mean 1e-05)"),
        ({"max_difference": 1.0, "mean_difference": 2e-5, "unit": "class"}, "but for the class of 2e-05 of the pixels"),
    ],
)
def test_differences_in_words(parity: dict[str, float | str], words: str) -> None:
    assert _within(parity) == words
