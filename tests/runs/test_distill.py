"""Distillation as a whole: a teacher's bundle in, a slim one out, and what was lost."""

import json
import os
import signal
from dataclasses import replace

import pytest
import torch
import yaml
from tiny import SIDE, TINY, draw_pair, write_side_by_side

import i2i
from i2i.bundle import load_bundle, save_bundle
from i2i.cli import main
from i2i.errors import ConfigError, RunError
from i2i.methods.distill import cost
from i2i.training import search, train
from i2i.training.distillation import compose_student, distill

SHORT = {"training": {"images": 8, "batch": 2, "validate_every_images": 4, "loggers": [], "samples": 1}}


@pytest.fixture(scope="module")
def teacher(pairs, tmp_path_factory):
    config = {**TINY, "generator": {"width": 8, "depth": 3}}
    return train(pairs, to=tmp_path_factory.mktemp("teacher") / "run", config=config, seed=1).folder


@pytest.fixture(scope="module")
def student(teacher, tmp_path_factory):
    return distill(teacher, to=tmp_path_factory.mktemp("student") / "run", config=SHORT, budget=0.3)


def test_the_student_keeps_to_the_budget_and_has_its_teachers_shape(teacher, student):
    slim, taught = load_bundle(student.bundle), load_bundle(teacher)
    share = cost(slim.generator, (SIDE, SIDE)) / cost(taught.generator, (SIDE, SIDE))
    assert 0.2 < share <= 0.3
    kept = [mine / theirs for mine, theirs in zip(slim.generator.widths, taught.generator.widths, strict=True)]
    assert max(kept) - min(kept) < 0.1
    assert set(slim.generator.features) == set(taught.generator.features)
    given, _ = draw_pair(500)
    assert i2i.load(student.folder)(given).shape == given.shape
    assert not any("maps" in name for name in slim.generator.state_dict())


def test_it_is_trained_as_its_teacher_was_on_the_same_pairs(teacher, student):
    mine, theirs = (yaml.safe_load((run / "config.yaml").read_text()) for run in (student.folder, teacher))
    assert mine["loss"].pop("reconstruction_weight") == 0  # the teacher's output takes the target's place
    assert theirs["loss"].pop("reconstruction_weight") == 100
    for group in ("data", "augment", "discriminator", "loss", "optimizer", "schedule", "translation"):
        assert mine[group] == theirs[group], group
    assert mine["training"]["seed"] == 1
    assert (student.folder / "split.json").read_text() == (teacher / "split.json").read_text()


def test_what_was_lost_is_said_with_intervals(teacher, student):
    found = json.loads((student.folder / "comparison.json").read_text())
    assert found["pairs"] == 1
    assert found["student"]["multiply_adds"] < 0.3 * found["teacher"]["multiply_adds"]
    assert found["teacher"]["parameters"] == sum(w.numel() for w in load_bundle(teacher).generator.parameters())
    kept = json.loads((student.bundle / "config.json").read_text())["scores"]
    assert found["student"]["scores"]["psnr"]["mean"] == pytest.approx(kept["psnr"]["mean"])
    theirs = json.loads((teacher / "bundle" / "config.json").read_text())["scores"]
    assert found["teacher"]["scores"]["psnr"]["mean"] == pytest.approx(theirs["psnr"]["mean"])
    gap = found["student"]["scores"]["psnr"]["mean"] - found["teacher"]["scores"]["psnr"]["mean"]
    assert found["difference"]["psnr"]["mean"] == pytest.approx(gap)
    card = (student.bundle / "README.md").read_text()
    assert card.count("## Beside its teacher") == 1
    assert f"Distilled from `{teacher}`" in card
    assert "cross-entropy + 0 l1 + 100 l1 to the teacher's output + 10 its features" in card
    assert f"{found['student']['multiply_adds']:,}" in card


def test_the_same_call_again_leaves_a_finished_student_as_it_is(teacher, student):
    before = {path: path.read_bytes() for path in student.folder.rglob("*") if path.is_file()}
    again = distill(teacher, to=student.folder, config=SHORT, budget=0.3)
    assert again.images_seen == 8
    assert {path: path.read_bytes() for path in student.folder.rglob("*") if path.is_file()} == before


def test_stopped_and_continued_equals_straight_bit_for_bit(teacher, student, tmp_path):
    def stop(now):
        if now.images_seen == 6:
            os.kill(os.getpid(), signal.SIGTERM)

    stopped = distill(teacher, to=tmp_path / "r", config=SHORT, budget=0.3, progress=stop)
    assert (stopped.signal, stopped.images_seen) == (signal.SIGTERM, 6)
    assert not (tmp_path / "r" / "comparison.json").exists()
    distill(teacher, to=tmp_path / "r", config=SHORT, budget=0.3)
    one, other = (torch.load(r / "checkpoint.pt", weights_only=True) for r in (tmp_path / "r", student.folder))
    assert set(one["networks"]) == {"generator", "discriminator", "maps"}
    for name, network in one["networks"].items():
        assert all(torch.equal(weights, other["networks"][name][key]) for key, weights in network.items()), name
    assert (tmp_path / "r" / "comparison.json").read_text() == (student.folder / "comparison.json").read_text()


def test_a_student_can_teach_in_its_turn(student, tmp_path):
    second = distill(student.folder, to=tmp_path / "second", config=SHORT, budget=0.5)
    assert max(load_bundle(second.bundle).generator.widths) < max(load_bundle(student.bundle).generator.widths)


def test_widths_of_the_users_own_are_taken_and_their_budget_checked(teacher):
    composed = compose_student(teacher, {}, settings=["generator.width=2", "distill.budget=0.5"])
    assert (composed.generator.width, composed.generator.widths) == (2, ())
    assert compose_student(teacher, {"budget": 150_000}).generator.widths != ()
    with pytest.raises(ConfigError, match=r"budget: allows 10 multiply-adds, and the slimmest student takes [\d,]+"):
        compose_student(teacher, {"budget": 10})


def test_other_pairs_may_not_be_held_out_than_the_teachers(pairs, teacher, tmp_path):
    for flags, settings in (({"seed": 5}, []), ({}, ["data.validation=0.5"])):
        with pytest.raises(ConfigError, match="would be held out that the teacher was trained on"):
            compose_student(teacher, flags, settings=settings)
    held = json.loads((teacher / "split.json").read_text())["held out"]
    (tmp_path / "held.txt").write_text("\n".join(held))
    composed = compose_student(teacher, {"seed": 5}, settings=[f"data.validation_list={tmp_path / 'held.txt'}"])
    assert composed.training.seed == 5


def test_pairs_that_moved_are_asked_for_and_taken_from_where_they_are_now(pairs, teacher, tmp_path):
    bundle = load_bundle(teacher)
    training = {**bundle.config.training, "data": {**bundle.config.training["data"], "pairs": str(tmp_path / "gone")}}
    save_bundle(tmp_path / "moved", bundle.generator, replace(bundle.config, training=training), "card")
    with pytest.raises(
        ConfigError, match="gone: the pairs that the teacher was trained on are not there; give --pairs"
    ):
        compose_student(tmp_path / "moved", {})
    assert compose_student(tmp_path / "moved", {"pairs": str(pairs)}).data.pairs == str(pairs)


@pytest.mark.parametrize("name", ["unet", "resnet"])
def test_a_teacher_from_elsewhere_needs_to_be_told_its_pairs_and_then_teaches(pairs, tmp_path, name):
    from i2i.bundle import BundleConfig
    from i2i.config import Translation
    from i2i.generators import build_generator
    from i2i.images import ImageSpec

    shape = {"depth": 4, "dropout": [2]} if name == "unet" else {"blocks": 2, "dropout": True}
    network = build_generator(name, in_channels=3, out_channels=3, width=4, norm="instance", **shape)
    policy = Translation("batch", dropout=True, resize="native")
    described = BundleConfig(
        network.description, ImageSpec(3), ImageSpec(3), (SIDE, SIDE), policy, training={"imported_from": "x.pth"}
    )
    save_bundle(tmp_path / "teacher", network, described, "card")
    with pytest.raises(ConfigError, match="has no record of a training, and so of no pairs; give --pairs"):
        compose_student(tmp_path / "teacher", {})
    changes = {**SHORT, "discriminator": {"width": 4, "depth": 1}}
    run = distill(tmp_path / "teacher", to=tmp_path / "run", pairs=pairs, config=changes, budget=0.5)
    slim = load_bundle(run.bundle).config
    assert slim.translation == policy
    assert slim.generator.items() >= {"name": name, "norm": "instance"}.items()
    assert slim.generator["dropout"] == shape["dropout"]


@pytest.fixture
def steps(monkeypatch):
    """Counts a search's training steps; before the one whose number is in it, the search is interrupted."""
    taken: list[int] = []
    stops: list[int] = []
    step = search.Step.__call__

    def counted(self, batch):
        if len(taken) in stops:
            stops.clear()
            raise KeyboardInterrupt
        taken.append(len(taken))
        return step(self, batch)

    monkeypatch.setattr(search.Step, "__call__", counted)
    return taken, stops


def test_a_search_halves_shapes_of_one_budget_and_goes_on_where_it_was_stopped(teacher, tmp_path, steps, monkeypatch):
    monkeypatch.setattr(search, "TILTS", (0.5, 1.0, 2.0))
    composed = compose_student(teacher, {"budget": 0.3, "search": 10}, SHORT)
    chosen = search.search_widths(composed, tmp_path / "straight")
    taken, stops = steps
    assert len(taken) == 3 + 2  # of 2 images
    table = json.loads((tmp_path / "straight" / "search" / "search.json").read_text())
    most = 0.3 * cost(load_bundle(teacher).generator, (SIDE, SIDE))
    assert all(0.6 * most < found["multiply_adds"] <= most for found in table["candidates"].values())
    assert len({tuple(found["widths"]) for found in table["candidates"].values()}) == 3
    assert [(rung["images"], len(rung["scores"])) for rung in table["rungs"]] == [(2, 3), (4, 2)]
    first, second = (sorted(rung["scores"], key=rung["scores"].get) for rung in table["rungs"])
    assert set(second) == set(first[:2])
    assert list(chosen.widths) == table["candidates"][second[0]]["widths"]

    taken.clear()
    stops.append(4)  # when one of the two that are left has been scored again
    with pytest.raises(KeyboardInterrupt):
        search.search_widths(composed, tmp_path / "run")
    assert search.search_widths(composed, tmp_path / "run") == chosen
    assert len(taken) == 3 + 2
    assert json.loads((tmp_path / "run" / "search" / "search.json").read_text()) == table
    with pytest.raises(RunError, match=r"search_images was 10, is now 20"):
        search.search_widths(compose_student(teacher, {"budget": 0.3, "search": 20}, SHORT), tmp_path / "run")


def test_a_search_begins_with_shapes_slim_in_the_deep_and_in_the_fine_stages(teacher):
    composed = compose_student(teacher, {"budget": 0.3})
    shapes = search._candidates(composed)
    assert len(shapes) == len(search.TILTS) == 5
    kept = [settings.widths[-1] / settings.widths[0] for settings in shapes.values()]
    assert kept == sorted(kept)
    assert search._rungs(replace(composed, distill=replace(composed.distill, search_images=1200)), 5) == [100, 200, 400]


def test_a_run_after_a_search_has_the_widths_it_found(teacher, tmp_path, monkeypatch):
    monkeypatch.setattr(search, "TILTS", (0.5, 2.0))
    run = distill(teacher, to=tmp_path / "run", config=SHORT, budget=0.3, search=4)
    table = json.loads((run.folder / "search" / "search.json").read_text())
    widths = list(load_bundle(run.bundle).generator.widths)
    assert widths in [found["widths"] for found in table["candidates"].values()]
    assert widths == yaml.safe_load((run.folder / "config.yaml").read_text())["generator"]["widths"]


def test_a_search_that_cannot_be_is_refused_before_anything_is_written(teacher, tmp_path):
    for changes, expected in (
        ({"distill": {"search_images": 20}}, r"search_images: 20 are too few; expected at least 24 for 5 candidates"),
        ({"distill": {"search_images": 24}, "training": {"devices": 2}}, "is for one device, not 2"),
    ):
        with pytest.raises(ConfigError, match=expected):
            distill(teacher, to=tmp_path / "run", config={**SHORT, **changes} if "training" not in changes else changes)
        assert not (tmp_path / "run").exists()
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "thesis.txt").write_text("four years")
    with pytest.raises(RunError, match="not empty and not a run"):
        distill(teacher, to=tmp_path / "own", config=SHORT, search=24)
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["thesis.txt"]


def test_the_command_says_what_is_taken_and_what_was_lost(teacher, tmp_path, capsys):
    (tmp_path / "short.yaml").write_text(yaml.safe_dump(SHORT))
    flags = ["--budget", "0.3", "--config", str(tmp_path / "short.yaml")]
    with pytest.raises(SystemExit) as left:
        main(["distill", str(teacher), "--to", str(tmp_path / "run"), "--json", str(tmp_path / "r.json"), *flags])
    out = " ".join(capsys.readouterr().out.split())
    assert left.value.code == 0
    assert "multiply-adds, 2" in out
    assert "student - teacher on 1 held-out pairs: PSNR" in out
    assert json.loads((tmp_path / "r.json").read_text())["images_seen"] == 8
    with pytest.raises(SystemExit) as left:
        main(["distill", str(teacher), "--dry-run", *flags])
    tree = yaml.safe_load(capsys.readouterr().out)
    assert left.value.code == 0
    assert tree["distill"]["teacher"] == str(teacher)
    assert not (tmp_path / "none").exists()


def test_more_pairs_than_the_teacher_had_may_be_learnt_from(teacher, pairs, tmp_path):
    """As long as none that the teacher learnt from is held out."""
    write_side_by_side(tmp_path / "more" / "train", 10)
    assert compose_student(teacher, {"pairs": str(tmp_path / "more")}).data.pairs == str(tmp_path / "more")
