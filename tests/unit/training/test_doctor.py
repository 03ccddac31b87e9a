"""A finding is told once, when it appears; a training writes its symptoms and tells what ails it."""

import csv
import logging

import pytest
from tiny import TINY

import i2i.runs.rules as rules
from i2i.config import overlay
from i2i.errors import TrainingDiverged
from i2i.methods.recipes import find_recipe
from i2i.runs import RunFiles, RunReader
from i2i.training import train
from i2i.training.doctor import Doctor
from i2i.training.symptoms import Symptoms


def add(folder: RunFiles, *rows: tuple[int, float]) -> None:
    fresh = not folder.symptoms.exists()
    with folder.symptoms.open("a") as file:
        if fresh:
            file.write("images_seen,contrast,variety,input_variety\n")
        file.writelines(f"{seen},{contrast},0.5,0.5\n" for seen, contrast in rows)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config.yaml").write_text("training: {images: 9000}\n")
    return RunFiles(tmp_path)


def test_a_finding_is_told_once_and_again_when_it_comes_back(folder, caplog):
    caplog.set_level(logging.INFO, logger="i2i")
    doctor = Doctor(folder)
    told = []
    for rows in (
        [(1000, 0.8)],
        [(2000, 0.01)],
        [(3000, 0.01)],
        [(4000, 0.01)],
        [(5000, 0.8)],
        [(6000, 0.01), (7000, 0.02)],
    ):
        add(folder, *rows)
        told.append([finding.check for finding in doctor.look()])
    assert told == [[], [], ["constant"], [], [], ["constant"]]
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert lines[0].startswith("image 3000: error: the outputs are nearly of one value: 1.0%")
    assert "i2i check" in lines[0]
    assert "\n" not in lines[0]


def test_a_folder_that_is_gone_ends_no_training(tmp_path):
    assert Doctor(RunFiles(tmp_path / "gone")).look() == []


def test_a_training_writes_its_symptoms_and_what_its_measures_are(pairs, tmp_path):
    run = train(pairs, to=tmp_path / "run", config=TINY)
    files = RunFiles(run.folder)
    rows = list(csv.DictReader(files.symptoms.read_text().splitlines()))
    assert [row["images_seen"] for row in rows] == ["8", "16", "24"]
    for name in ("right_real", "right_fake", "contrast", "error", "error_trained"):
        assert all(0 <= float(row[name]) < 10 for row in rows), name
    measures = RunReader(run.folder).read().measures
    assert measures["psnr"]["direction"] == "higher"
    assert set(measures) >= set(run.scores)


def test_a_training_says_what_ails_it(pairs, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(rules, "EARLIEST_IMAGES", 1)
    monkeypatch.setattr(Symptoms, "row", lambda self, translate, trained=None: {"correlation": -0.9})
    caplog.set_level(logging.INFO, logger="i2i")
    train(pairs, to=tmp_path / "run", config=TINY)
    told = [record.getMessage() for record in caplog.records if "bright stands for dark" in record.getMessage()]
    assert len(told) == 1
    assert told[0].startswith("image 16: error")


def test_a_training_that_diverges_leaves_word_and_a_new_start_takes_it_away(pairs, tmp_path):
    sick = TINY | {"optimizer": {"learning_rate": 1e30}}
    with pytest.raises(TrainingDiverged) as error:
        train(pairs, to=tmp_path / "run", config=sick)
    files = RunFiles(tmp_path / "run")
    assert files.diverged.read_text().strip() == str(error.value)
    (finding,) = rules.examine(RunReader(files.path).read())
    assert finding.check == "diverged"
    files.checkpoint.unlink(missing_ok=True)
    train(pairs, to=tmp_path / "run", config=TINY)
    assert not files.diverged.exists()


def test_the_settings_that_findings_advise_exist():
    config = find_recipe("pix2pix")
    advised = {
        "optimizer": {"learning_rate": 1e-4, "clip": 1.0, "discriminator_learning_rate": 5e-5},
        "generator": {"upsample": "resize", "depth": 5, "norm": "batch"},
        "discriminator": {"width": 32},
        "loss": {"reconstruction_weight": 200.0},
        "augment": {"discriminator": ["colour", "translation", "cutout"], "scale": 1.1, "rotate": 5.0},
        "data": {"mirror": True},
        "training": {"seed": 1},
    }
    assert overlay(config, advised).augment.discriminator == ("colour", "translation", "cutout")
