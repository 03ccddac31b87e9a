import errno
import json
import logging
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from tiny import TINY, draw_pair

import i2i
import i2i.bundle
from i2i.bundle import load_discriminator
from i2i.config import to_tree
from i2i.errors import ConfigError, RunError, StorageError, TrainingDiverged
from i2i.images import read_image
from i2i.training import loop, state, train


def tiny(**training):
    return {**TINY, "training": {**TINY["training"], **training}}


LONGER = {**tiny(images=120, validate_every_images=40), "optimizer": {"learning_rate": 0.002}}


@pytest.fixture(scope="module")
def run(pairs, tmp_path_factory):
    return train(pairs, to=tmp_path_factory.mktemp("run") / "r", config=LONGER, seed=1)


def test_a_run_leaves_what_it_promises(run):
    left = {str(path.relative_to(run.folder)) for path in run.folder.rglob("*") if path.is_file()}
    assert {
        "config.yaml",
        "split.json",
        "checkpoint.pt",
        "losses.csv",
        "validation.csv",
        "bundle/config.json",
        "bundle/model.safetensors",
        "bundle/README.md",
        "bundle/discriminator.safetensors",
    } <= left
    assert any(name.startswith("samples/") for name in left)
    assert not any("partial" in name for name in left)
    split = json.loads((run.folder / "split.json").read_text())
    assert (len(split["train"]), len(split["held out"])) == (9, 1)
    header = (run.folder / "losses.csv").read_text().splitlines()[0].split(",")
    assert header[:2] == ["images_seen", "seconds"]
    assert {"discriminator.real", "generator.adversarial", "generator.reconstruction", "lr.generator"} <= set(header)


def test_the_bundle_holds_inputs_to_try_it_on_unless_that_is_declined(run, pairs, tmp_path):
    held_out = json.loads((run.folder / "split.json").read_text())["held out"]
    (example,) = i2i.bundle.examples(run.bundle)
    (given,) = [draw_pair(int(name))[0] for name in held_out]
    assert np.array_equal(read_image(example), given)
    declined = train(pairs, to=tmp_path / "r", config=tiny(images=8, examples=0))
    assert i2i.bundle.examples(declined.bundle) == []


def test_the_bundle_holds_the_discriminator_as_it_was_when_these_weights_were_kept(pairs, tmp_path):
    run = train(pairs, to=tmp_path / "r", config=tiny(best="last"))
    kept = load_discriminator(run.bundle).state_dict()
    last = torch.load(run.folder / "checkpoint.pt", weights_only=True)["networks"]["discriminator"]
    assert all(torch.equal(kept[name], tensor) for name, tensor in last.items())


def test_training_lowers_the_reconstruction(run):
    rows = [row.split(",") for row in (run.folder / "losses.csv").read_text().splitlines()]
    column = rows[0].index("generator.reconstruction")
    values = [float(row[column]) for row in rows[1:]]
    assert np.mean(values[-4:]) < 0.8 * np.mean(values[:4])


def test_the_bundle_translates_with_no_flags(run):
    given, _ = draw_pair(500)
    output = i2i.load(run.folder)(given)
    assert output.shape == given.shape
    assert output.dtype == np.uint8
    card = (run.bundle / "README.md").read_text()
    assert "left-to-right" in card
    assert "PSNR" in card


def test_the_best_bundle_is_kept_not_the_last(pairs, tmp_path):
    done = train(pairs, to=tmp_path / "r", config=tiny(best="psnr", images=32, validate_every_images=4))
    rows = [row.split(",") for row in (done.folder / "validation.csv").read_text().splitlines()]
    psnr = [float(row[rows[0].index("psnr")]) for row in rows[1:]]
    kept = json.loads((done.bundle / "config.json").read_text())["scores"]["psnr"]["mean"]
    assert kept == pytest.approx(max(psnr), rel=1e-4)
    checkpoint = torch.load(done.folder / "checkpoint.pt", weights_only=True)
    assert checkpoint["best"]["images_seen"] == int(rows[1 + int(np.argmax(psnr))][0])


def test_patience_stops_early(pairs, tmp_path):
    changes = tiny(best="psnr", patience=1, images=400, validate_every_images=2)
    done = train(pairs, to=tmp_path / "r", config={**changes, "optimizer": {"learning_rate": 0.0}})
    assert done.images_seen == 4


def test_the_caller_s_random_state_decides_nothing(pairs, tmp_path):
    torch.manual_seed(1)
    one = train(pairs, to=tmp_path / "one", config=tiny(images=4))
    torch.manual_seed(2)
    other = train(pairs, to=tmp_path / "other", config=tiny(images=4))
    first, second = (torch.load(r.folder / "checkpoint.pt", weights_only=True)["networks"] for r in (one, other))
    for name, network in first.items():
        assert all(torch.equal(weights, second[name][key]) for key, weights in network.items())


def test_two_seeds_are_two_trainings(pairs, tmp_path):
    runs = [train(pairs, to=tmp_path / str(seed), config=tiny(images=2), seed=seed) for seed in (0, 1)]
    first, second = (torch.load(r.folder / "checkpoint.pt", weights_only=True)["networks"]["generator"] for r in runs)
    key = next(key for key in first if key.endswith("weight"))
    assert not torch.equal(first[key], second[key])


def test_a_finished_run_is_left_as_it_is(run, pairs):
    before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    again = train(pairs, to=run.folder, config=LONGER, seed=1)
    assert again.images_seen == run.images_seen
    assert again.scores == run.scores
    assert run.scores
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before


def test_a_run_of_another_configuration_is_refused(run, pairs):
    before = (run.folder / "checkpoint.pt").read_bytes()
    with pytest.raises(RunError, match=r"optimizer\.learning_rate was 0\.002, is now 0\.1"):
        train(pairs, to=run.folder, config={**LONGER, "optimizer": {"learning_rate": 0.1}}, seed=1)
    assert (run.folder / "checkpoint.pt").read_bytes() == before


def test_a_folder_of_the_users_own_is_not_touched(pairs, tmp_path):
    (tmp_path / "thesis.txt").write_text("four years")
    with pytest.raises(RunError, match="not empty and not a run"):
        train(pairs, to=tmp_path, config=tiny())
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_run_goes_on_where_another_device_is_named(run, pairs):
    assert (
        train(
            pairs, to=run.folder, config={**LONGER, "training": {**LONGER["training"], "device": "cpu"}}, seed=1
        ).images_seen
        == run.images_seen
    )


def test_other_pairs_under_the_same_configuration_are_refused(run, pairs, tmp_path):
    from tiny import write_side_by_side

    write_side_by_side(tmp_path / "p" / "train", 11)
    with pytest.raises(RunError, match="was trained on other pairs"):
        train(tmp_path / "p", to=run.folder, config=LONGER, seed=1)


def test_a_loss_that_is_not_finite_stops_the_run_and_spares_the_checkpoint(pairs, tmp_path, monkeypatch):
    config = tiny(images=24, checkpoint_every_images=8)
    whole = loop.Step.__call__

    def poisoned(self, batch):
        terms = whole(self, batch)
        if self.state.images_seen == 14:
            terms["generator.reconstruction"] = torch.tensor(float("nan"))
        return terms

    monkeypatch.setattr(loop.Step, "__call__", poisoned)
    with pytest.raises(TrainingDiverged) as error:
        train(pairs, to=tmp_path / "r", config=config)
    assert "image 14: the term generator.reconstruction is nan" in str(error.value)
    assert str(tmp_path / "r" / "checkpoint.pt") in str(error.value)
    assert torch.load(tmp_path / "r" / "checkpoint.pt", weights_only=True)["images_seen"] == 8


@pytest.mark.parametrize("interval", [8, 24])
def test_weights_that_are_not_finite_replace_no_checkpoint_and_no_bundle(pairs, tmp_path, monkeypatch, interval):
    whole = loop.Step.__call__

    def poisoned(self, batch):
        terms = whole(self, batch)
        if self.state.images_seen == 16:
            next(self.state.networks["generator"].parameters()).data.fill_(float("inf"))
        return terms

    monkeypatch.setattr(loop.Step, "__call__", poisoned)
    changes = tiny(checkpoint_every_images=8, validate_every_images=interval, best="last")
    with pytest.raises(TrainingDiverged, match="the generator has weights that are not finite"):
        train(pairs, to=tmp_path / "r", config=changes)
    assert torch.load(tmp_path / "r" / "checkpoint.pt", weights_only=True)["images_seen"] == 8
    if interval == 8:
        kept = i2i.load(tmp_path / "r").generator
        assert all(weights.isfinite().all() for weights in kept.parameters())


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "No space left on device"), RuntimeError("write failed")])
def test_a_full_disk_while_saving_keeps_the_checkpoint_before(pairs, tmp_path, monkeypatch, failure):
    train(pairs, to=tmp_path / "r", config=tiny(images=24, checkpoint_every_images=8), progress=_stop_at(12))
    before = (tmp_path / "r" / "checkpoint.pt").read_bytes()

    def full(tree, file):
        file.write(b"PK half of it")
        raise failure

    monkeypatch.setattr(state.torch, "save", full)
    with pytest.raises(StorageError, match=r"checkpoint\.pt: .*disk"):
        train(pairs, to=tmp_path / "r", config=tiny(images=24, checkpoint_every_images=8))
    assert (tmp_path / "r" / "checkpoint.pt").read_bytes() == before


def _stop_at(images):
    def progress(now):
        if now.images_seen == images:
            os.kill(os.getpid(), signal.SIGTERM)

    return progress


def test_a_signal_saves_and_the_same_call_continues(pairs, tmp_path):
    config = tiny(images=24, checkpoint_every_images=24, validate_every_images=24)
    stopped = train(pairs, to=tmp_path / "r", config=config, progress=_stop_at(6))
    assert (stopped.signal, stopped.images_seen) == (signal.SIGTERM, 6)
    assert torch.load(tmp_path / "r" / "checkpoint.pt", weights_only=True)["images_seen"] == 6
    finished = train(pairs, to=tmp_path / "r", config=config)
    straight = train(pairs, to=tmp_path / "s", config=config)
    assert (finished.signal, finished.images_seen) == (0, 24)
    one, other = (torch.load(r.folder / "checkpoint.pt", weights_only=True) for r in (finished, straight))
    for key, weights in one["networks"]["generator"].items():
        assert torch.equal(weights, other["networks"]["generator"][key])


def test_a_damaged_checkpoint_is_said_not_guessed(pairs, tmp_path):
    train(pairs, to=tmp_path / "r", config=tiny(images=24), progress=_stop_at(6))
    file = tmp_path / "r" / "checkpoint.pt"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(RunError, match=r"checkpoint\.pt: is damaged"):
        train(pairs, to=tmp_path / "r", config=tiny(images=24))


def test_an_unknown_flag_is_refused_with_the_nearest(pairs, tmp_path):
    with pytest.raises(ConfigError, match="did you mean 'size'"):
        train(pairs, to=tmp_path / "r", sizes=64)


def test_an_unknown_measure_is_refused_before_anything_is_written(pairs, tmp_path):
    with pytest.raises(ConfigError, match=r"training\.best: 'pnsr'.*did you mean 'psnr'"):
        train(pairs, to=tmp_path / "r", config=tiny(best="pnsr"))
    assert not (tmp_path / "r").exists()


def test_bf16_trains_and_no_library_greets(pairs, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("lightning_fabric"), "handlers", [caplog.handler])
    done = train(pairs, to=tmp_path / "r", config=tiny(images=4, precision="bf16"))
    assert not [record for record in caplog.records if not record.name.startswith("i2i")]
    weights = torch.load(done.folder / "checkpoint.pt", weights_only=True)["networks"]["generator"]
    assert all(tensor.isfinite().all() for tensor in weights.values())


def test_a_run_goes_on_in_the_precision_that_it_began_in_on_whatever_machine(pairs, tmp_path, monkeypatch):
    for multiplies in (True, False):
        monkeypatch.setattr("i2i.training.resolve.multiplies_bf16", lambda found=multiplies: found)
        done = train(pairs, to=tmp_path / "r", config=tiny(images=4, precision="auto", device="cpu"))
    assert done.images_seen == 4
    assert "precision: bf16" in (done.folder / "config.yaml").read_text()


def test_crops_at_native_scale_train_and_validate_on_whole_images(pairs, tmp_path):
    config = tiny(images=8)
    config["data"] = {**config["data"], "resize": "none", "size": [16, 32]}
    done = train(pairs, to=tmp_path / "r", config=config)
    given, _ = draw_pair(3)
    assert i2i.load(done.bundle)(given[:21, :17]).shape == (21, 17, 3)


def test_tensorboard_files_are_written_where_asked_for(pairs, tmp_path):
    done = train(pairs, to=tmp_path / "r", config=tiny(images=4, loggers=["tensorboard"]))
    assert list((done.folder / "tensorboard").glob("events.*"))


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_the_command_saves_on_a_signal_and_says_how_to_go_on(pairs, tmp_path, number, status):
    config = tmp_path / "c.json"
    config.write_text(json.dumps(tiny(images=100_000, log_every_images=2, checkpoint_every_images=100_000)))
    command = [sys.executable, "-m", "i2i", "train", str(pairs), "--to", str(tmp_path / "r"), "--config", str(config)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    for _ in range(600):
        if (tmp_path / "r" / "losses.csv").exists():
            break
        time.sleep(0.1)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == status
    assert "the same command continues" in errors
    assert (tmp_path / "r" / "checkpoint.pt").exists()


def test_what_was_resolved_is_what_is_stored(run):
    from i2i.config import from_tree, read_tree

    stored = from_tree(read_tree(run.folder / "config.yaml"))
    assert stored.generator.depth == 5
    assert stored.data.input.channels == 3
    assert json.loads((run.bundle / "config.json").read_text())["training"] == json.loads(json.dumps(to_tree(stored)))
