"""`i2i check`: the status says whether there are errors, and nothing of the user's is overwritten."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tiny import write_side_by_side

from i2i.cli.check import check
from i2i.errors import ConfigError, StorageError
from i2i.images import write_image


def test_pairs_without_errors_leave_status_0_and_all_that_was_asked_for(tmp_path: Path, capsys):
    write_side_by_side(tmp_path / "pairs" / "train", 6)
    status = check(tmp_path / "pairs", to=tmp_path / "report", json=tmp_path / "found.json", direction="right-to-left")
    assert status == 0
    shown = capsys.readouterr().out
    assert "0 errors" in shown
    assert "right-to-left" in shown
    assert (tmp_path / "report" / "report.html").is_file()
    assert json.loads((tmp_path / "found.json").read_text())["pairs"] == 6


def test_errors_leave_status_1(tmp_path: Path, capsys):
    write_side_by_side(tmp_path / "train", 3)
    shutil.copytree(tmp_path / "train", tmp_path / "test")
    assert check(tmp_path) == 1
    assert "3 pairs of test also in train" in capsys.readouterr().out


def test_settings_are_those_to_train_with(tmp_path: Path, capsys):
    for number in range(4):
        depth = np.random.default_rng(number).integers(1000, 5000, (32, 32, 1)).astype(np.uint16)
        depth[:8] = 0
        write_image(
            tmp_path / "A" / f"{number}.png",
            np.full((32, 32, 3), 9, np.uint8) * np.arange(1, 33)[None, :, None].astype(np.uint8),
        )
        write_image(tmp_path / "B" / f"{number}.png", depth)
    check(tmp_path)
    assert "data.target.nodata=[0]" in capsys.readouterr().out
    check(tmp_path, set_=["data.target.nodata=0"])
    assert "data.target.nodata" not in capsys.readouterr().out


def test_a_mistyped_setting_names_the_known_one(tmp_path: Path):
    with pytest.raises(ConfigError, match="did you mean"):
        check(tmp_path, set_=["data.target.nodatta=0"])


def test_a_folder_in_use_is_refused_before_anything_is_read(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(StorageError, match="stays as it is"):
        check(tmp_path / "nowhere", to=tmp_path)
