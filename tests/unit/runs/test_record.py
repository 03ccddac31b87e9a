"""A run folder is read as far as it goes: whole, begun, old, or damaged."""

import json

import pytest

from i2i.errors import RunError
from i2i.runs import RunReader


def test_a_folder_is_read_and_read_on(tmp_path):
    (tmp_path / "config.yaml").write_text("training: {images: 40, best: psnr}\nloss: {adversarial: hinge}\n")
    (tmp_path / "losses.csv").write_text("images_seen,seconds,a\n10,1,2\n")
    (tmp_path / "measures.json").write_text(json.dumps({"psnr": {"direction": "higher", "label": "PSNR ↑"}}))
    reader = RunReader(tmp_path)
    record = reader.read()
    assert (record.images_seen, record.images) == (10, 40)
    assert record.setting("loss.adversarial", "") == "hinge"
    assert record.setting("loss.none.such", 3) == 3
    assert record.measures["psnr"]["label"] == "PSNR ↑"
    with (tmp_path / "losses.csv").open("a") as file:
        file.write("20,2,3\n")
    (tmp_path / "symptoms.csv").write_text("images_seen,contrast\n30,0.5\n")
    (tmp_path / "diverged.txt").write_text("image 30: nan\n")
    record = reader.read()
    assert record.losses["a"] == [2, 3]
    assert record.images_seen == 30
    assert record.diverged == "image 30: nan"
    (tmp_path / "diverged.txt").unlink()
    assert reader.read().diverged == ""


def test_a_run_that_has_just_begun_is_one(tmp_path):
    (tmp_path / "config.yaml").write_text("training: {images: 40}\n")
    assert RunReader(tmp_path).read().images_seen == 0


def test_curves_without_a_configuration_are_read(tmp_path):
    (tmp_path / "losses.csv").write_text("images_seen,a\n10,1\n")
    record = RunReader(tmp_path).read()
    assert record.images == 0
    assert record.setting("training.best", "none") == "none"


@pytest.mark.parametrize("damage", ["{not: [yaml", "- a list", ""])
def test_a_damaged_configuration_leaves_the_curves(tmp_path, damage):
    (tmp_path / "config.yaml").write_text(damage)
    (tmp_path / "losses.csv").write_text("images_seen,a\n10,1\n")
    record = RunReader(tmp_path).read()
    assert record.config == {}
    assert record.images_seen == 10


def test_another_folder_is_refused_in_one_line(tmp_path):
    with pytest.raises(RunError, match="is not a run") as error:
        RunReader(tmp_path).read()
    assert "\n" not in str(error.value)
