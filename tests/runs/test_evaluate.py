"""Which pairs are scored, and that it is said."""

import pytest
from tiny import TINY, write_side_by_side

import i2i
from i2i.errors import PairsError
from i2i.training import train


@pytest.fixture(scope="module")
def flat(tmp_path_factory):
    """A folder without splits, and a run that held a part of it out."""
    root = tmp_path_factory.mktemp("flat")
    pairs = write_side_by_side(root / "pairs", 20)
    config = {**TINY, "training": {**TINY["training"], "images": 4}}
    return pairs, train(pairs, to=root / "run", config=config, seed=3)


@pytest.fixture(scope="module")
def run(pairs, tmp_path_factory):
    config = {**TINY, "training": {**TINY["training"], "images": 4}}
    return train(pairs, to=tmp_path_factory.mktemp("evaluate") / "run", config=config)


def test_the_test_split_is_scored_and_the_training_split_serves_the_baselines(run, pairs):
    result = i2i.evaluate(run.folder, pairs, lpips=None)
    assert result.names == ["100", "101", "102", "103"]
    assert "split test" in result.protocol
    assert "mean of 9 training targets" in result.protocol  # one of the ten was held out
    assert "left-to-right, both sides resized to 32x32" in result.protocol
    assert "batch statistics, dropout off" in result.protocol


def test_without_a_test_split_what_training_held_out_is_scored(flat):
    import json

    pairs, run = flat
    result = i2i.evaluate(run.folder, pairs, lpips=None)
    held_out = json.loads((run.folder / "split.json").read_text())["held out"]
    assert result.names == held_out
    assert len(held_out) == 2
    assert "held out and chose the weights" in result.protocol
    assert not result.notes  # none of them is in the training set


def test_held_out_pairs_can_be_asked_for_beside_a_test_split(run, pairs, tmp_path):
    result = i2i.evaluate(run.folder, pairs, split="held-out", lpips=None)
    assert len(result.names) == 1
    write_side_by_side(tmp_path / "train", 2)
    write_side_by_side(tmp_path / "val", 2)
    with pytest.raises(PairsError, match="held nothing out of it"):
        i2i.evaluate(run.folder, tmp_path, split="held-out", lpips=None)


def test_scores_on_training_pairs_are_called_that(flat):
    pairs, run = flat
    assert "trained on!" in i2i.evaluate(run.folder, pairs, split="train", lpips=None).protocol


def test_a_split_that_is_not_there_is_refused(run, pairs):
    with pytest.raises(PairsError, match="has no val split, only train, test"):
        i2i.evaluate(run.folder, pairs, split="val", lpips=None)


def test_the_direction_is_the_bundles_unless_said_otherwise(run, pairs):
    swapped = i2i.evaluate(run.folder, pairs, direction="right-to-left", lpips=None)
    assert "right-to-left (the bundle was trained left-to-right!)" in swapped.protocol
    assert swapped.rows["i2i"] != i2i.evaluate(run.folder, pairs, lpips=None).rows["i2i"]


def test_the_scores_are_those_of_the_validation_that_chose_the_bundle(flat):
    """The same images, outputs and measures, by two ways through the program."""
    pairs, run = flat
    scored = i2i.evaluate(run.folder, pairs, lpips=None).rows["i2i"]
    for measure in ("psnr", "ssim", "l1"):
        assert scored[measure].mean == pytest.approx(run.scores[measure], rel=1e-5)
