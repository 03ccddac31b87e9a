import pytest
from tiny import write_side_by_side

from i2i.config import Config, overlay, to_tree
from i2i.errors import ConfigError, PairsError
from i2i.methods.recipes import RECIPES, find_recipe
from i2i.training.resolve import resolve


def resolved(pairs, **changes):
    return resolve(overlay(Config(), {"data": {"pairs": str(pairs), **changes.pop("data", {})}, **changes}))


@pytest.mark.parametrize(
    ("size", "depth"), [("256", 8), ("128", 7), ("64", 6), ("512", 8), ("256x512", 8), ("320x256", 6), ("480x640", 5)]
)
def test_the_network_is_as_deep_as_the_size_allows(pairs, size, depth):
    assert resolved(pairs, data={"size": size})[0].generator.depth == depth


@pytest.mark.parametrize("size", ["100", "300x300", "288x432"])
def test_a_size_the_network_cannot_take_is_refused_with_a_near_one(pairs, size):
    with pytest.raises(ConfigError, match=r"must be multiples of 32 for the unet, such as \d+x\d+"):
        resolved(pairs, data={"size": size})


def test_less_depth_than_would_be_chosen_may_be_asked_for(pairs):
    assert resolved(pairs, data={"size": "32"}, generator={"depth": 3})[0].generator.depth == 3
    with pytest.raises(ConfigError, match="or set generator\\.depth to at most 2"):
        resolved(pairs, data={"size": "20"}, generator={"depth": 3})


def test_an_epoch_is_as_many_images_as_there_are_to_train_on(pairs):
    config, found, train, held_out = resolved(pairs, data={"size": 32}, training={"epochs": 3, "batch": 4})
    assert (len(train), len(held_out)) == (9, 1)
    assert config.training.images == 28  # 27, up to whole batches
    assert len(found.splits["test"]) == 4
    assert {pair.name for pair in held_out}.isdisjoint(pair.name for pair in train)


def test_a_validation_split_of_the_users_own_is_used_and_nothing_held_out(tmp_path):
    write_side_by_side(tmp_path / "train", 3)
    write_side_by_side(tmp_path / "val", 2)
    _, _, train, held_out = resolved(tmp_path, data={"size": 32})
    assert (len(train), len(held_out)) == (3, 2)


def test_the_test_split_is_never_trained_on(tmp_path):
    write_side_by_side(tmp_path / "test", 3)
    with pytest.raises(PairsError, match="has no training pairs, only test"):
        resolved(tmp_path, data={"size": 32})


def test_a_batch_that_cannot_be_shared_out_is_refused(pairs):
    with pytest.raises(ConfigError, match="use a multiple of 4"):
        resolved(pairs, data={"size": 32}, training={"batch": 6, "devices": 2, "accumulate": 2})


def test_what_suits_batch_and_objective_is_on_record(pairs):
    recipe = to_tree(find_recipe("pix2pix"))
    changes = {"optimizer": recipe["optimizer"], "loss": recipe["loss"]}
    config = resolved(pairs, data={"size": 32}, training={"batch": 4}, **changes)[0]
    assert (config.optimizer.learning_rate, config.loss.reconstruction) == (4e-4, "l1")
    assert config.loss.feature_matching_weight == 10
    assert resolve(config)[0] == config
    alone = {**changes, "loss": {**changes["loss"], "adversarial": "none"}}
    assert resolved(pairs, data={"size": 32}, **alone)[0].loss.feature_matching_weight == 0, "nobody judges"


@pytest.mark.parametrize(("multiplies", "settled"), [(True, "bf16"), (False, "fp32")])
def test_the_default_computes_in_what_the_processor_multiplies_in(pairs, monkeypatch, multiplies, settled):
    monkeypatch.setattr("i2i.training.resolve.multiplies_bf16", lambda: multiplies)
    training = {**to_tree(find_recipe("pix2pix"))["training"], "device": "cpu"}
    assert resolved(pairs, data={"size": 32}, training=training)[0].training.precision == settled
    assert (
        resolved(pairs, data={"size": 32}, training={**training, "precision": "fp32"})[0].training.precision == "fp32"
    )


def test_what_was_published_is_trained_in_float32():
    assert [name for name in RECIPES if find_recipe(name).training.precision != "fp32"] == ["pix2pix"]


def test_crops_at_native_scale_are_translated_at_native_scale(pairs):
    assert resolved(pairs, data={"size": 32, "resize": "none"})[0].translation.resize == "native"
    assert resolved(pairs, data={"size": 32})[0].translation.resize == "training"
