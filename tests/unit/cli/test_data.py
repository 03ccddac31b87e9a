import json
from pathlib import Path

import numpy as np
import pytest

from i2i.cli.data import data_app
from i2i.data.layouts import find_pairs
from i2i.data.tasks import TASKS
from i2i.errors import ConfigError
from i2i.images import write_image


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for number in range(10):
        pixels = np.random.default_rng(number).integers(0, 256, (24, 24, 3)).astype(np.uint8)
        write_image(tmp_path / "photos" / f"{number}.png", pixels)
    return tmp_path / "photos"


def run(*words: object) -> object:
    return data_app([str(word) for word in words], print_error=False, exit_on_error=False, result_action="return_value")


def test_make_writes_pairs_and_says_how_to_train_on_them(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to, report = tmp_path / "pairs", tmp_path / "report.json"
    words = ("--size", "8x16", "--per-photo", 2, "--validation", 0.2, "--json", report)
    assert run("make", "inpaint", photos, "--to", to, *words) == 0
    assert {split: len(pairs) for split, pairs in find_pairs(to).splits.items()} == {"train": 14, "val": 4, "test": 2}
    said = capsys.readouterr().out
    assert "14 train, 4 val, 2 test" in said
    assert f"i2i train {to} --to RUN --size 8x16 --set data.resize=none" in said
    assert "--set data.input.alpha=channel" in said
    assert json.loads(report.read_text()) == {"pairs": {"train": 14, "val": 4, "test": 2}, "failed": {}}


def test_make_names_what_it_could_not_read_and_ends_with_1(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photos / "broken.png").write_bytes(b"no image")
    assert run("make", "edges", photos, "--to", tmp_path / "pairs") == 1
    shown = capsys.readouterr()
    assert "1 photo could not be read" in shown.out
    assert "broken.png" in shown.err


def test_make_names_the_task_nearest_to_an_unknown_one(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="inpaint"):
        run("make", "in-paint", photos, "--to", tmp_path / "pairs")


def test_tasks_lists_every_task(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("tasks", "--json", tmp_path / "tasks.json")
    said = capsys.readouterr().out
    assert all(name in said and task.summary in said for name, task in TASKS.items())
    assert list(json.loads((tmp_path / "tasks.json").read_text())) == list(TASKS)
