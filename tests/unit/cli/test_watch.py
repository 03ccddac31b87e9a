"""`i2i watch`, and `i2i train --watch`, as a person types them."""

import json
import re

import pytest
from tiny import SIDE

from i2i.cli import main
from i2i.training import train


@pytest.fixture
def i2i(capfd):
    """Run a command in this process: (status, stdout, stderr)."""

    def call(*arguments) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return int(left.value.code or 0), out, err

    return call


TINY_FLAGS = [
    "--size", SIDE, "--width", 4, "--images", 24, "--batch", 2, "--direction", "left-to-right",
    "--set", "training.loggers=[]", "--set", "discriminator.depth=1",
]  # fmt: skip


def test_once_prints_where_a_run_stands_and_leaves_a_report(i2i, pairs, tmp_path):
    run = train(pairs, to=tmp_path / "run", size=SIDE, width=4, images=24, batch=2, direction="left-to-right").folder
    status, out, _ = i2i("watch", run, "--once", "--json", tmp_path / "watch.json")
    assert status == 0
    assert "finished, image 24 of 24 (100%)" in out
    assert "no findings" in out
    (found,) = json.loads((tmp_path / "watch.json").read_text())["runs"]
    assert found["images_seen"] == 24
    assert found["findings"] == []
    (run / "diverged.txt").write_text("image 24: the term generator.reconstruction is nan\n")
    status, out, _ = i2i("watch", run, "--once")
    assert status == 1
    assert "error: the training ended: image 24: the term generator.reconstruction is nan" in out


@pytest.mark.parametrize(
    ("arguments", "match"), [(["{}/none"], "no such folder"), (["{}"], "holds no run"), ([], "missing")]
)
def test_a_mistake_is_one_line(i2i, tmp_path, arguments, match):
    status, _, err = i2i("watch", *(argument.format(tmp_path) for argument in arguments), "--once")
    assert status == 2
    assert re.search(match, err)
    assert len(err.strip().splitlines()) == 1


def test_training_serves_its_page_and_trains_as_without(i2i, pairs, tmp_path):
    status, out, _ = i2i("train", pairs, "--to", tmp_path / "run", *TINY_FLAGS, "--watch")
    assert status == 0
    assert re.search(r"watch: http://127\.0\.0\.1:\d+/", out)
    assert "trained on 24 images" in out
    i2i("train", pairs, "--to", tmp_path / "plain", *TINY_FLAGS)
    for name in ("validation.csv", "symptoms.csv", "bundle/model.safetensors"):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "plain" / name).read_bytes(), name


def test_without_the_extra_nothing_is_trained(i2i, pairs, tmp_path, monkeypatch):
    monkeypatch.setattr("i2i.watch.serving.find_spec", lambda name: None)
    status, _, err = i2i("train", pairs, "--to", tmp_path / "run", *TINY_FLAGS, "--watch")
    assert status == 2
    assert "i2i[serve]" in err
    assert not (tmp_path / "run").exists()
