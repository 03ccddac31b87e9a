"""Two sets of images without partners: found, held out, decoded, and shown in an order that can be repeated."""

import numpy as np
import pytest
import torch
from tiny import draw_pair, write_side_by_side

from i2i.config import Augment
from i2i.data.layouts import couple, each_once, find_pairs, reversed_direction, swapped
from i2i.data.loader import Loader
from i2i.data.order import random_at
from i2i.data.samples import Reading
from i2i.data.splits import HoldOut, hold_out_of
from i2i.data.store import PairStore
from i2i.errors import PairsError
from i2i.images import ImageSpec, write_image

COLOUR, GREY = ImageSpec(3), ImageSpec(1)


def write_sets(root, count_a, count_b, split="train"):
    for number in range(count_a):
        write_image(root / f"{split}A" / f"horse{number}.png", draw_pair(number)[0])
    for number in range(count_b):
        write_image(root / f"{split}B" / f"{number}.png", draw_pair(100 + number, side=40)[1])
    return root


def flat(root, levels, side):
    for level in levels:
        write_image(root / side / f"{side}{level}.png", np.full((12, 12, 3), level, np.uint8))
    return root


def test_two_sets_of_any_sizes_are_found_and_every_image_is_there(tmp_path):
    write_sets(write_sets(tmp_path, 3, 7), 2, 1, split="test")
    found = find_pairs(tmp_path, "unpaired")
    assert (found.layout, found.direction, found.paired) == ("unpaired", "A-to-B", False)
    assert found.describe().endswith("two sets of images without partners (2 and 1 test, 3 and 7 train), A-to-B")
    assert [[len(images) for images in found.sets[split]] for split in ("train", "test")] == [[3, 7], [2, 1]]
    train = found.splits["train"]
    assert len(train) == 7
    assert len({pair.name for pair in train}) == 7
    assert len({pair.input for pair in train}) == 3
    assert len({pair.target for pair in train}) == 7


def test_the_direction_says_which_set_is_the_input(tmp_path):
    found = find_pairs(write_sets(tmp_path, 2, 3), "unpaired", "B-to-A")
    assert all(image.input.path.parent.name == "trainB" for image in found.sets["train"][0])
    assert all(pair.input.path.parent.name == "trainB" for pair in found.splits["train"])
    assert [reversed_direction(each) for each in ("B-to-A", "a-to-b-to-c")] == ["A-to-B", "reverse"]
    assert swapped(swapped(found.splits["train"])) == found.splits["train"]


def test_what_stands_first_is_not_what_has_the_first_name(tmp_path):
    found = find_pairs(write_sets(tmp_path, 30, 30), "unpaired")
    names = [pair.input.path.name for pair in found.splits["train"]]
    assert sorted(names) != names
    again = couple(*(list(reversed(images)) for images in found.sets["train"]))
    assert again == found.splits["train"]


@pytest.mark.parametrize("layout", ["unpaired", "auto"])
def test_an_empty_folder_of_one_side_is_named(tmp_path, layout):
    write_sets(tmp_path, 2, 0)
    (tmp_path / "trainB").mkdir()
    with pytest.raises(PairsError, match=r"trainB: holds no images; expected those of one side"):
        find_pairs(tmp_path, layout)


def test_a_folder_of_one_side_alone_is_told_what_is_missing(tmp_path):
    with pytest.raises(PairsError, match="train has only the side A; expected a folder of the other side beside it"):
        find_pairs(write_sets(tmp_path, 2, 0), "unpaired")
    with pytest.raises(PairsError, match="expected a folder a side, such as"):
        find_pairs(write_side_by_side(tmp_path / "together", 2), "unpaired")


def test_sets_without_partners_taken_for_pairs_are_pointed_to_the_recipes(tmp_path):
    with pytest.raises(PairsError, match=r"these look unpaired: --recipe cyclegan \(or cut\)"):
        find_pairs(write_sets(tmp_path, 3, 4))
    write_image(tmp_path / "trainB" / "horse0.png", draw_pair(0)[1])
    with pytest.raises(PairsError, match=r"6 files have no partner .*or, if none has, --recipe cyclegan"):
        find_pairs(tmp_path)


def test_each_set_is_held_out_by_itself_and_no_image_is_on_both_sides(tmp_path):
    found = find_pairs(write_sets(tmp_path, 10, 20), "unpaired")
    kept, held = hold_out_of(found, HoldOut(0.2))
    for side, counts in (("input", (8, 2)), ("target", (16, 4))):
        parts = [{getattr(pair, side) for pair in pairs} for pairs in (kept, held)]
        assert tuple(map(len, parts)) == counts
        assert not parts[0] & parts[1]
    assert hold_out_of(found, HoldOut(0.0)) == (found.splits["train"], [])


def test_a_list_holds_out_images_of_both_sets(tmp_path):
    found = find_pairs(write_sets(tmp_path, 3, 3), "unpaired")
    kept, held = hold_out_of(found, HoldOut(names=("horse1", "2.png")))
    assert [(pair.input.path.stem, pair.target.path.stem) for pair in held] == [("horse1", "2")]
    assert {pair.target.path.stem for pair in kept} == {"0", "1"}
    with pytest.raises(PairsError, match="all or none of one of the two sets"):
        hold_out_of(found, HoldOut(names=("horse1",)))
    with pytest.raises(PairsError, match="there is no training pair"):
        hold_out_of(found, HoldOut(names=("zebra",)))


def test_a_set_of_one_image_is_not_split(tmp_path):
    kept, held = hold_out_of(find_pairs(write_sets(tmp_path, 1, 5), "unpaired"), HoldOut(0.2))
    assert (len(kept), held) == (5, [])


@pytest.fixture(scope="module")
def loader(tmp_path_factory):
    """Inputs of levels 0 to 4, targets of levels 100 to 111: what is shown can be read off."""
    root = tmp_path_factory.mktemp("flat")
    pairs = find_pairs(flat(flat(root, range(5), "a"), range(100, 112), "b"), "unpaired").splits["train"]
    reading = Reading(COLOUR, GREY)
    inputs = PairStore(each_once(pairs, "input"), reading, keep="inputs")
    targets = PairStore(each_once(pairs, "target"), reading, keep="targets")
    assert (len(inputs), len(targets)) == (5, 12)
    return Loader(inputs, (COLOUR, GREY), (8, 8), True, seed=3, batch=1, targets=targets)


def levels(images):
    return ((images[:, 0, 0, 0] + 1) * 127.5).round().int().tolist()


def test_every_input_comes_once_an_epoch_beside_any_target(loader):
    batches = [loader.batch_at(seen) for seen in range(600)]
    given = [levels(batch.input)[0] for batch in batches]
    wanted = [levels(batch.target)[0] for batch in batches]
    assert all(sorted(given[start : start + 5]) == [0, 1, 2, 3, 4] for start in range(0, 600, 5))
    counts = np.bincount(wanted, minlength=112)[100:]
    assert counts.sum() == 600
    assert counts.min() > 25, "about 50 each"
    couples = np.zeros((5, 12))
    np.add.at(couples, (given, np.array(wanted) - 100), 1)
    assert (couples > 0).all(), "any input meets any target"
    assert batches[0].input.shape == (1, 3, 8, 8)
    assert batches[0].target.shape == (1, 1, 8, 8)
    assert batches[0].valid is None


def test_the_sequence_is_a_function_of_the_images_seen(loader):
    straight, resumed = loader.batches(0), loader.batches(4)
    ahead = [next(straight) for _ in range(7)]
    for batch in ahead[4:]:
        again = next(resumed)
        assert torch.equal(again.input, batch.input)
        assert torch.equal(again.target, batch.target)


def test_the_two_sides_are_cut_by_chances_of_their_own(tmp_path):
    ramp = np.tile(np.arange(0, 240, 4, dtype=np.uint8)[:, None, None], (1, 60, 3))
    for side in ("A", "B"):
        write_image(tmp_path / side / "x.png", ramp)
    pairs = find_pairs(tmp_path, "unpaired").splits["train"]
    store = PairStore(pairs, Reading(COLOUR, COLOUR))
    together = Loader(store, (COLOUR, COLOUR), (8, 8), mirror=False, seed=0, batch=1)
    apart = Loader(store, (COLOUR, COLOUR), (8, 8), mirror=False, seed=0, batch=1, targets=store)
    for seen in range(5):
        assert levels(together.batch_at(seen).input) == levels(together.batch_at(seen).target)
    tops = [(levels(batch.input)[0], levels(batch.target)[0]) for batch in map(apart.batch_at, range(40))]
    assert sum(a == b for a, b in tops) < 8
    assert abs(np.corrcoef(np.array(tops).T)[0, 1]) < 0.4
    lit = Loader(store, (COLOUR, COLOUR), (8, 8), False, 0, 1, Augment(brightness=0.5), targets=store)
    assert torch.equal(lit.batch_at(0).target, apart.batch_at(0).target), "light is changed on the input alone"
    assert not torch.equal(lit.batch_at(0).input, apart.batch_at(0).input)


def test_the_stream_of_targets_is_not_that_of_the_inputs():
    draws = [random_at(0, purpose, 5).random() for purpose in (0, 1, 2, 3)]
    assert len(set(draws)) == 4


def test_images_of_unlike_size_stand_beside_each_other(tmp_path):
    found = find_pairs(write_sets(tmp_path, 2, 2), "unpaired")  # 32² and 40²
    with pytest.raises(PairsError, match="must have the same size"):
        PairStore(found.splits["train"], Reading(COLOUR, COLOUR))
    store = PairStore(found.splits["train"], Reading(COLOUR, COLOUR, crop=(24, 24)), keep="apart")
    assert [side.shape for side in store[1]] == [(24, 24, 3), (24, 24, 3)]
