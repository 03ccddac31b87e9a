"""A comparison as a whole: several methods trained, killed, continued, scored alike, and laid side by side."""

import csv
import json
import os
import signal

import pytest
import torch
import yaml
from tiny import SIDE, TINY, draw_pair, write_side_by_side

import i2i
from i2i.comparing import compare, running
from i2i.errors import RunError
from i2i.evaluation import evaluate
from i2i.evaluation.reader import REAL
from i2i.images import write_image
from i2i.watch.library import Library

COMMON = {
    **{group: settings for group, settings in TINY.items() if group not in ("training", "data")},
    "data": {"size": [SIDE, SIDE], "validation": 0.25},
    "training": {"batch": 2, "loggers": [], "validate_every_images": 8, "samples": 1, "examples": 1},
}
SOFT = "pix2pix+loss.reconstruction_weight=1"
WILD = "pix2pix+optimizer.learning_rate=1e30"


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    root = tmp_path_factory.mktemp("pairs")
    write_side_by_side(root / "train", 16)
    write_side_by_side(root / "test", 6, first=100)
    return root


def run(pairs, to, methods, **arguments):
    return compare(pairs, methods=methods, to=to, config=COMMON, lpips=None, **{"budget": "16images", **arguments})


def table(file):
    return list(csv.DictReader(file.read_text().splitlines()))


@pytest.fixture(scope="module")
def compared(pairs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared") / "c"
    return folder, run(pairs, folder, ["pix2pix", SOFT, WILD, "spade+loss.perceptual_weight=0"])


def test_what_fails_or_can_not_take_the_pairs_is_a_row_with_the_reason_and_stops_nothing(compared):
    _, result = compared
    reasons = {row.label: row.reason for row in result.methods}
    assert reasons["pix2pix"] == reasons[SOFT] == ""
    assert "the term" in reasons[WILD]
    assert "not finite" in reasons[WILD] or "is nan" in reasons[WILD] or "is inf" in reasons[WILD]
    assert "paints label maps" in reasons["spade+loss.perceptual_weight=0"]
    assert any(WILD in note and "is not compared" in note for note in result.notes)


def test_each_is_an_ordinary_run_that_others_can_read_and_watch(compared, pairs):
    folder, result = compared
    runs = folder / "runs"
    assert {path.name for path in runs.iterdir()} == {"pix2pix", SOFT, WILD}
    config = yaml.safe_load((runs / SOFT / "config.yaml").read_text())
    assert (config["training"]["images"], config["loss"]["reconstruction_weight"]) == (16, 1.0)
    assert {watched.name for watched in Library([folder]).runs()} == {"pix2pix", SOFT, WILD}
    scores = evaluate(runs / SOFT, pairs, split="held-out", lpips=None).rows["i2i"]
    row = result.methods[1]
    assert row.scores["psnr"].mean == pytest.approx(scores["psnr"].mean)
    assert row.scores["psnr"].low == pytest.approx(scores["psnr"].low)
    assert row.scores["sliced_wasserstein"].mean == pytest.approx(scores["sliced_wasserstein"].mean)


def test_the_test_split_is_not_read_and_the_page_says_on_what_it_was_scored(compared):
    folder, result = compared
    split = json.loads((folder / "runs" / "pix2pix" / "split.json").read_text())
    assert result.names == split["held out"]
    page = (folder / "on-held-out" / "page.html").read_text()
    assert "pairs of the training split that were held out; the test split was not read" in page
    assert "chosen on these very images" in page


def test_all_that_was_found_is_in_the_files(compared):
    folder, result = compared
    found = json.loads((folder / "on-held-out" / "scores.json").read_text())
    soft = found["methods"][SOFT]
    assert soft["scores"]["psnr"]["mean"] == pytest.approx(result.methods[1].scores["psnr"].mean)
    assert soft["cost"]["images_seen"] == 16
    assert soft["cost"]["total_multiply_adds"] == pytest.approx(16 * soft["cost"]["training_multiply_adds"])
    assert soft["cost"]["seconds"] > 0
    assert set(found["made"]) >= {"software", "machine"}
    assert found["methods"][WILD]["reason"]
    assert found["baselines"]["copy the input"]["scores"]["psnr"]["mean"] is not None
    rows = table(folder / "on-held-out" / "per_image.csv")
    ours = [float(row["psnr"]) for row in rows if row["row"] == SOFT]
    assert sum(ours) / len(ours) == pytest.approx(soft["scores"]["psnr"]["mean"], rel=1e-4)
    lines = {row["method"]: row for row in table(folder / "on-held-out" / "scores.csv")}
    gap = sum(a - b for a, b in zip(ours, (float(r["psnr"]) for r in rows if r["row"] == "pix2pix"), strict=True))
    assert float(lines[SOFT]["psnr_lead"]) == pytest.approx(gap / len(ours), abs=2e-3)
    assert lines["pix2pix"]["psnr_lead"] == ""


def test_the_same_call_trains_nothing_again_and_finds_the_same(compared, pairs, monkeypatch):
    folder, _ = compared
    before = (folder / "on-held-out" / "scores.json").read_text()
    monkeypatch.setattr(running, "run_training", None)
    run(pairs, folder, ["pix2pix", SOFT, WILD, "spade+loss.perceptual_weight=0"])
    assert (folder / "on-held-out" / "scores.json").read_text() == before


def test_the_test_split_can_be_named_once_all_is_trained(compared, pairs, monkeypatch):
    folder, earlier = compared
    before = (folder / "on-held-out" / "scores.json").read_text()
    monkeypatch.setattr(running, "run_training", None)
    result = run(pairs, folder, ["pix2pix", SOFT, WILD, "spade+loss.perceptual_weight=0"], split="test")
    assert result.split == "test"
    assert len(result.names) == 6
    assert not set(result.names) & set(earlier.names)
    assert (folder / "on-held-out" / "scores.json").read_text() == before
    assert "chosen on these very images" not in (folder / "on-test" / "page.html").read_text()


def test_outputs_can_be_read_back_by_a_translator_of_the_other_direction(compared, pairs, monkeypatch):
    folder, _ = compared
    monkeypatch.setattr(running, "run_training", None)
    methods = ["pix2pix", SOFT, WILD, "spade+loss.perceptual_weight=0"]
    result = run(pairs, folder, methods, split="test", reader=folder / "runs" / "pix2pix")
    assert {"read_psnr", "read_l1"} <= set(result.measures)
    assert "read_psnr" in result.methods[1].leads
    real = next(row for row in result.baselines if row.label == REAL)
    assert set(real.scores) == {key for key in result.measures if key.startswith("read_")}


def test_killed_in_the_midst_it_goes_on_to_the_same_weights(compared, pairs, tmp_path):
    straight, _ = compared
    methods = ["pix2pix", SOFT, WILD, "spade+loss.perceptual_weight=0"]

    def die(what, done, of):
        if what == SOFT and done == 10:
            raise SystemError("killed")

    with pytest.raises(SystemError, match="killed"):
        run(pairs, tmp_path / "c", methods, progress=die)
    finished = tmp_path / "c" / "runs" / "pix2pix" / "checkpoint.pt"
    changed = finished.stat().st_mtime_ns
    run(pairs, tmp_path / "c", methods)
    assert finished.stat().st_mtime_ns == changed, "what was done is not done again"
    for name in ("pix2pix", SOFT):
        one, two = (torch.load(folder / "runs" / name / "checkpoint.pt") for folder in (straight, tmp_path / "c"))
        assert one["images_seen"] == two["images_seen"] == 16
        for network, weights in one["networks"].items():
            assert all(torch.equal(tensor, two["networks"][network][key]) for key, tensor in weights.items())


def test_a_signal_stops_it_and_the_same_command_goes_on(i2i, pairs, tmp_path, monkeypatch):
    file = tmp_path / "common.yaml"
    file.write_text(yaml.safe_dump(COMMON))
    command = [
        "compare", pairs, "--methods", f"pix2pix,{SOFT}", "--budget", "16images", "--to", tmp_path / "c",
        "--config", file, "--lpips", "none", "--json", tmp_path / "scores.json",
    ]  # fmt: skip
    train = running.run_training

    def stopped(config, to, report):
        def tell(at):
            if at.images_seen == 4 and config.loss.reconstruction_weight == 1:
                os.kill(os.getpid(), signal.SIGTERM)

        return train(config, to, tell)

    monkeypatch.setattr(running, "run_training", stopped)
    status, _, err = i2i(*command)
    assert status == 128 + signal.SIGTERM
    assert "the same command continues" in err
    assert not (tmp_path / "c" / "on-held-out").exists()
    monkeypatch.setattr(running, "run_training", train)
    status, out, err = i2i(*command)
    assert status == 0, err
    assert f"{SOFT}: 16 images of" in err
    assert "What each took" in out
    assert "page: " in out
    assert json.loads((tmp_path / "scores.json").read_text())["methods"][SOFT]["cost"]["images_seen"] == 16
    refused = ["45images" if word == "16images" else word for word in command]
    status, _, err = i2i(*refused)
    assert status == 2
    assert "holds another comparison: the budget was 16 images, is now 45 images" in err


def test_a_budget_of_work_is_kept_by_methods_of_unlike_cost(pairs, tmp_path):
    settings = ["generator.blocks=1"]
    result = run(pairs, tmp_path / "c", ["pix2pix", "cyclegan"], budget="9e7macs", settings=settings)
    one, two = (row.cost for row in result.methods)
    for cost in (one, two):
        assert 9e7 - 2 * cost.training_multiply_adds < cost.total_multiply_adds <= 9e7
    assert one.images_seen > 3 * two.images_seen
    assert result.methods[1].leads.keys() >= {"psnr", "ssim", "ms_ssim", "l1", "sharpness"}


def test_a_budget_of_time_is_turned_into_images_and_the_time_spent_is_told(pairs, tmp_path):
    result = run(pairs, tmp_path / "c", ["pix2pix", "pix2pix+batch=4"], budget="2s")
    one, two = result.methods
    for row in (one, two):
        pace = json.loads((tmp_path / "c" / "plan.json").read_text())["methods"][row.label]["work"]["images_per_second"]
        assert row.cost.images_seen == pytest.approx(2 * pace, abs=4)
        assert row.cost.seconds > 0
        missed = abs(row.cost.seconds / 2 - 1) > 0.1
        assert any(note.startswith(f"{row.label} took") for note in result.notes) == missed


def test_several_seeds_are_scored_on_the_same_images_and_their_spread_is_told(pairs, tmp_path):
    result = run(pairs, tmp_path / "c", ["pix2pix", SOFT], seeds=2, seed=5)
    assert {path.name for path in (tmp_path / "c" / "runs").iterdir()} == {
        f"{label}-seed-{seed}" for label in ("pix2pix", SOFT) for seed in (5, 6)
    }
    splits = {(path / "split.json").read_text() for path in (tmp_path / "c" / "runs").iterdir()}
    assert len(splits) == 1
    for row in result.methods:
        assert row.seeds == (5, 6)
        means = row.by_seed["psnr"]
        assert means[0] != means[1]
        assert row.scores["psnr"].mean == pytest.approx(sum(means) / 2)
    assert len(result.methods[1].leads["psnr"].by_seed) == 2
    assert len({curve.method for curve in result.curves}) == 2
    assert len(result.curves) == 4
    rows = table(tmp_path / "c" / "on-held-out" / "per_image.csv")
    assert {row["seed"] for row in rows if row["row"] == SOFT} == {"5", "6"}
    assert "One training each" not in " ".join(result.notes)


def test_methods_that_read_the_input_in_another_way_meet_the_same_targets(pairs, tmp_path):
    result = run(pairs, tmp_path / "c", ["pix2pix", "pix2pix-lua2016+data.input.channels=1"])
    assert all(not row.reason for row in result.methods)
    assert {len(values[0]) for found in result.per_image.values() for values in found.values()} == {len(result.names)}


def test_sets_without_partners_are_compared_as_sets(tmp_path):
    for number in range(8):
        write_image(tmp_path / "sets" / "trainA" / f"a{number}.png", draw_pair(number)[0])
        write_image(tmp_path / "sets" / "trainB" / f"b{number}.png", draw_pair(100 + number)[0])
    methods = ["cyclegan", "pix2pix", "cut+contrast.patches=8"]
    result = run(tmp_path / "sets", tmp_path / "c", methods, settings=["generator.blocks=1"])
    assert list(result.measures) == ["sliced_wasserstein"]
    assert [bool(row.reason) for row in result.methods] == [False, True, False]
    assert result.methods[2].leads == {}
    assert any("of sets and without a test" in sentence for sentence in result.verdict())
    assert "target</span>" not in (tmp_path / "c" / "on-held-out" / "page.html").read_text()


def test_if_nothing_could_be_trained_that_is_an_error(pairs, tmp_path):
    with pytest.raises(RunError, match=r"there is nothing to compare: .*the term"):
        run(pairs, tmp_path / "c", [WILD, "pix2pix+optimizer.learning_rate=2e30"])


def test_what_is_wrong_is_one_line_and_leaves_nothing(i2i, pairs, tmp_path):
    to = tmp_path / "c"
    for methods, budget, message in (
        ("pix2pix,cyclgan", "16images", "cyclgan: no such recipe; did you mean 'cyclegan'?"),
        ("pix2pix,cut", "16", "--budget 16: expected a time"),
        ("pix2pix,cut", "1images", "pix2pix: --budget 1 images: is not enough for one batch of 2"),
    ):
        common = ("--size", SIDE, "--batch", 2, "--width", 4, "--set", "discriminator.depth=1")
        status, _, err = i2i("compare", pairs, "--methods", methods, "--budget", budget, "--to", to, *common)
        assert status == 2
        assert message in err.splitlines()[-1]
    for flag, message in (("--features", "no-such"), ("--reader", "no-such")):
        status, _, err = i2i(
            "compare", pairs, "--methods", "pix2pix,cut", "--budget", "9s", "--to", to, flag, "no-such"
        )
        assert status == 2
        assert message in err.splitlines()[-1]
    assert not (to / "runs").exists()


def test_a_dry_run_settles_who_trains_how_long(i2i, pairs, tmp_path):
    file = tmp_path / "common.yaml"
    file.write_text(yaml.safe_dump(COMMON))
    to = tmp_path / "c"
    command = ["compare", pairs, "--methods", f"pix2pix,{SOFT}", "--budget", "16images", "--to", to, "--config", file]
    status, _, err = i2i(*command, "--dry-run")
    assert status == 0
    assert "pix2pix: 16 images of" in err
    assert [path.name for path in to.iterdir()] == ["plan.json"]


def test_it_is_there_by_its_name():
    assert i2i.compare is compare
