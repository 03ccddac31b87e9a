"""The command line, as a person types it: results, and every mistake as one line that says what to do."""

import json
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
import yaml
from PIL import Image
from tiny import TINY, draw_pair, write_side_by_side

from i2i.images import read_image, write_image
from i2i.training import train


@pytest.fixture(scope="module")
def run(pairs, tmp_path_factory):
    return train(pairs, to=tmp_path_factory.mktemp("cli") / "run", config=TINY).folder


@pytest.fixture
def refused(i2i):
    """Run a command that must fail with status 2 and one line on stderr; returns the line."""

    def call(*arguments) -> str:
        status, _, err = i2i(*arguments)
        lines = [line for line in err.splitlines() if line.startswith("i2i:")]
        assert status == 2, err
        assert len(lines) == 1, err
        assert "Traceback" not in err
        return lines[0]

    return call


def test_help_answers_at_once():
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-m", "i2i", "--help"], capture_output=True, text=True, check=True)
    assert time.monotonic() - started < 3  # 0.25 s on a quiet machine
    for command in ("train", "translate", "evaluate", "export", "import", "recipes"):
        assert command in done.stdout
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, i2i, i2i.cli; print('torch' in sys.modules, 'numpy' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.split() == ["False", "False"]


def test_recipes_are_listed_with_what_differs(i2i, tmp_path):
    status, out, _ = i2i("recipes", "--json", tmp_path / "r.json")
    assert status == 0
    for name in ("pix2pix", "pix2pix-paper", "pix2pix-lua2016", "pix2pix-pytorch"):
        assert name in out
    assert json.loads((tmp_path / "r.json").read_text())["pix2pix-pytorch"]["generator"]["dropout"] == [2, 3, 4]


def test_a_dry_run_prints_the_resolved_configuration_and_writes_nothing(i2i, pairs, tmp_path):
    flags = ["--size", "64", "--images", "10", "--batch", "2", "--width", "8", "--seed", "3", "--device", "cpu"]
    status, out, _ = i2i("train", pairs, *flags, "--set", "loss.reconstruction_weight=10", "--dry-run")
    assert status == 0
    tree = yaml.safe_load(out)
    assert tree["data"]["direction"] == "left-to-right"
    assert tree["data"]["size"] == [64, 64]
    assert tree["generator"]["depth"] == 6
    assert tree["generator"]["width"] == tree["discriminator"]["width"] == 8
    assert (tree["training"]["images"], tree["training"]["batch"], tree["training"]["seed"]) == (10, 2, 3)
    assert tree["loss"]["reconstruction_weight"] == 10
    again = tmp_path / "again.yaml"
    again.write_text(out)
    assert yaml.safe_load(i2i("train", pairs, "--config", again, "--dry-run")[1]) == tree


def test_train_translate_and_evaluate_from_the_shell(i2i, pairs, tmp_path):
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(TINY))
    command = ["train", pairs, "--to", tmp_path / "run", "--config", tmp_path / "c.yaml", "--json", tmp_path / "t.json"]
    status, out, _ = i2i(*command)
    assert status == 0
    assert "i2i translate" in out
    assert json.loads((tmp_path / "t.json").read_text())["images_seen"] == 24
    given = tmp_path / "odd.png"
    write_image(given, draw_pair(9)[0][:21, :13])
    status, out, _ = i2i("translate", tmp_path / "run", given, "--to", tmp_path / "out.png")
    assert status == 0
    assert "batch statistics, dropout off" in out
    assert read_image(tmp_path / "out.png").shape == (21, 13, 3)
    status, out, _ = i2i(
        "evaluate", tmp_path / "run", pairs, "--to", tmp_path / "report", "--json", tmp_path / "e.json"
    )
    assert status == 0
    assert "LPIPS" in out  # weights are not here, and that is said
    scores = json.loads((tmp_path / "e.json").read_text())
    assert list(scores["rows"]) == [
        "i2i",
        "copy the input",
        "mean of the training targets",
        "nearest training neighbour",
    ]
    assert "split test" in scores["protocol"]
    left = {path.name for path in (tmp_path / "report").iterdir()}
    assert {"scores.json", "per_image.csv", "contact_sheet.png", "report.html"} <= left


def test_a_folder_is_translated_once_and_survives_a_bad_file(i2i, run, tmp_path):
    source, to = tmp_path / "in", tmp_path / "out"
    for name in ("a.png", "deep/b.jpg", "deep/b.bmp"):
        write_image(source / name, draw_pair(1)[0])
    (source / "broken.png").write_bytes(b"not an image")
    status, out, err = i2i("translate", run, source, "--to", to)
    assert status == 1
    assert "broken.png: is not an image" in err
    assert "3 translated, 0 were there, 1 failed" in out
    made = sorted(path.relative_to(to).as_posix() for path in to.rglob("*.png"))
    assert made == ["a.png", "deep/b.bmp.png", "deep/b.jpg.png"]
    before = (to / "a.png").stat().st_mtime_ns
    write_image(source / "c.png", draw_pair(2)[0])
    (source / "broken.png").unlink()
    status, out, _ = i2i("translate", run, source, "--to", to)
    assert status == 0
    assert "1 translated, 3 were there, 0 failed" in out
    assert (to / "a.png").stat().st_mtime_ns == before


def test_samples_are_numbered_and_seeded(i2i, run, tmp_path):
    given = tmp_path / "g.png"
    write_image(given, draw_pair(1)[0])
    for folder in ("x", "y"):
        status, *_ = i2i(
            "translate", run, given, "--to", tmp_path / folder, "--samples", 3, "--dropout", "on", "--seed", 7
        )
        assert status == 0
    files = [[(tmp_path / folder / f"g.{n}.png").read_bytes() for n in (1, 2, 3)] for folder in ("x", "y")]
    assert files[0] == files[1]
    assert len(set(files[0])) == 3


def test_pairs_given_to_translate_are_noticed(i2i, run, pairs, tmp_path):
    status, _, err = i2i("translate", run, pairs / "test", "--to", tmp_path / "whole")
    assert status == 0
    assert "--side left or --side right" in err
    status, _, err = i2i("translate", run, pairs / "test", "--to", tmp_path / "left", "--side", "left")
    assert status == 0
    assert "--side" not in err
    assert read_image(tmp_path / "left" / "100.png").shape == (32, 32, 3)


def test_nothing_of_the_users_is_overwritten(refused, i2i, run, pairs, tmp_path):
    given = tmp_path / "g.png"
    write_image(given, draw_pair(1)[0])
    (tmp_path / "mine.png").write_text("precious")
    assert "is there already" in refused("translate", run, given, "--to", tmp_path / "mine.png")
    assert "holds other things" in refused("translate", run, tmp_path, "--to", tmp_path)
    assert "is there already" in refused("evaluate", run, pairs, "--to", tmp_path)
    assert (tmp_path / "mine.png").read_text() == "precious"
    command = ("translate", run, pairs / "test", "--side", "left", "--to", tmp_path / "out")
    assert i2i(*command)[0] == 0
    line = refused(*command, "--seed", 5)
    assert "by another bundle or other settings" in line


def make_pairs(root, **faults):
    write_side_by_side(root, 3)
    for name, content in faults.items():
        (root / f"{name}.png").write_bytes(content)
    return root


def test_bad_pairs_are_one_line_each(refused, tmp_path):
    to = ["--to", tmp_path / "run", "--set", "generator.width=4", "--size", "32"]
    whole = (make_pairs(tmp_path / "ok") / "0.png").read_bytes()
    (tmp_path / "none").mkdir()
    write_image(tmp_path / "odd" / "x.png", np.zeros((32, 63, 3), np.uint8))
    write_image(tmp_path / "lonely" / "A" / "x.png", np.zeros((32, 32, 3), np.uint8))
    write_image(tmp_path / "lonely" / "B" / "y.png", np.zeros((32, 32, 3), np.uint8))
    write_image(tmp_path / "unequal" / "A" / "x.png", np.zeros((32, 32, 3), np.uint8))
    write_image(tmp_path / "unequal" / "B" / "x.png", np.zeros((32, 40, 3), np.uint8))
    write_image(tmp_path / "unequal" / "A" / "y.png", np.zeros((32, 32, 3), np.uint8))
    write_image(tmp_path / "unequal" / "B" / "y.png", np.zeros((32, 40, 3), np.uint8))
    for folder, expected in {
        tmp_path / "nowhere": "no such folder",
        tmp_path / "none": "no image pairs found",
        tmp_path / "odd": "x.png: is 63 pixels wide",
        tmp_path / "lonely": "no file has a partner of the same stem",
        tmp_path / "unequal": "with two sides of different size: A/x.png is 32x32, B/x.png is 32x40",
        make_pairs(tmp_path / "zero", bad=b""): "bad.png: is empty (0 bytes)",
        make_pairs(tmp_path / "cut", bad=whole[: len(whole) // 2]): "bad.png: the image data is damaged or cut short",
        make_pairs(tmp_path / "text", bad=b"hello"): "bad.png: is not an image",
    }.items():
        line = refused("train", folder, *to)
        assert expected in line
        assert str(folder) in line


def test_an_image_bomb_is_one_line(refused, tmp_path):
    make_pairs(tmp_path / "p")
    Image.new("1", (30_000, 20_000)).save(tmp_path / "p" / "bomb.png")
    line = refused("train", tmp_path / "p", "--to", tmp_path / "run", "--size", "32")
    assert "bomb.png" in line
    assert "has 30000x20000 pixels" in line


def test_bad_settings_are_one_line_each(refused, pairs, tmp_path):
    (tmp_path / "c.yaml").write_text("training:\n  bacth: 4\n")
    for extra, expected in {
        ("--config", str(tmp_path / "c.yaml")): "did you mean 'training.batch'?",
        ("--config", str(tmp_path / "none.yaml")): "no such configuration file",
        ("--set", "generator.widht=4"): "did you mean 'generator.width'?",
        ("--recipe", "pix2pixel"): "did you mean 'pix2pix'?",
        ("--precision", "fp16"): "fp16",
        ("--direction", "up-to-down"): "use left-to-right or right-to-left",
        ("--size", "33"): "must be multiples of",
        ("--device", "tpu"): "expected auto, cpu, cuda",
        ("--widht", "4"): "--width",
        ("--images", "many"): "many",
    }.items():
        line = refused("train", pairs, "--to", tmp_path / "run", *extra)
        assert expected in line, line
    assert not (tmp_path / "run").exists()
    assert "--to" in refused("train", pairs)


def test_bad_bundles_are_one_line_each(refused, run, tmp_path):
    given = tmp_path / "g.png"
    write_image(given, draw_pair(1)[0])
    copies = {}
    for name in ("newer", "weightless", "damaged", "confused", "garbled", "foreign"):
        copies[name] = shutil.copytree(run / "bundle", tmp_path / name)
    config = json.loads((run / "bundle" / "config.json").read_text())
    (copies["newer"] / "config.json").write_text(json.dumps({**config, "format": 99, "wings": 2}))
    (copies["weightless"] / "model.safetensors").unlink()
    (copies["damaged"] / "model.safetensors").write_bytes(b"\x00" * 100)
    (copies["confused"] / "config.json").write_text(
        json.dumps({**config, "generator": {**config["generator"], "width": 8}})
    )
    (copies["garbled"] / "config.json").write_text("{")
    (copies["foreign"] / "config.json").write_text(json.dumps({"architectures": ["Bert"]}))
    for name, expected in {
        "newer": "has format 99; this i2i reads up to 4; upgrade",
        "weightless": "model.safetensors are missing",
        "damaged": "is damaged",
        "confused": "is not of the network that config.json describes",
        "garbled": "is not JSON",
        "foreign": "says no format version",
    }.items():
        assert expected in refused("translate", copies[name], given, "--to", tmp_path / "o.png")
    assert "is not a bundle" in refused("translate", tmp_path, given, "--to", tmp_path / "o.png")
    assert "no such folder" in refused("translate", tmp_path / "x", given, "--to", tmp_path / "o.png")
    assert "all be the same" in refused("translate", run, given, "--to", tmp_path / "o", "--samples", 2)
    assert "no such file or folder" in refused("translate", run, tmp_path / "no.png", "--to", tmp_path / "o.png")
    (tmp_path / "empty").mkdir()
    assert "holds no images" in refused("translate", run, tmp_path / "empty", "--to", tmp_path / "o")


def test_a_run_of_another_configuration_is_one_line(refused, run, pairs):
    assert "another configuration" in refused("train", pairs, "--to", run, "--size", "64")


def test_sketches_are_written_as_pairs_to_train_on(i2i, tmp_path):
    status, out, _ = i2i("sketches", "--to", tmp_path / "s", "--count", 5, "--size", "32")
    assert status == 0
    assert "i2i train" in out
    assert len(list((tmp_path / "s").rglob("*.png"))) == 5
    assert read_image(next((tmp_path / "s" / "train").iterdir())).shape == (32, 64, 1)
