from collections import Counter

import numpy as np
import pytest
import torch
from tiny import SIDE, write_side_by_side

from i2i.data.layouts import find_pairs
from i2i.data.loader import Loader
from i2i.data.order import index_at
from i2i.data.samples import Reading
from i2i.data.splits import HoldOut, hold_out
from i2i.data.store import PairStore
from i2i.images import ImageSpec

COLOUR = ImageSpec(3)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return find_pairs(write_side_by_side(tmp_path_factory.mktemp("p"), 7)).splits["train"]


@pytest.fixture(scope="module")
def store(pairs):
    return PairStore(pairs, Reading(COLOUR, COLOUR, (36, 36)))


def test_each_epoch_shows_every_image_once_in_another_order():
    epochs = [[index_at(3, epoch * 10 + k, 10) for k in range(10)] for epoch in range(3)]
    assert all(Counter(epoch) == Counter(range(10)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3
    assert [index_at(4, k, 10) for k in range(10)] != epochs[0]


def test_a_batch_is_a_function_of_the_images_seen(store):
    loader = Loader(store, (COLOUR, COLOUR), (SIDE, SIDE), True, seed=5, batch=3)
    straight = loader.batches(0)
    batches = [next(straight) for _ in range(4)]
    resumed = next(loader.batches(6))
    assert torch.equal(resumed.input, batches[2].input)
    assert torch.equal(resumed.target, batches[2].target)
    assert not torch.equal(batches[0].input, batches[1].input)
    assert batches[0].input.shape == (3, 3, SIDE, SIDE)


def test_images_do_not_depend_on_batch_size_or_processes(store):
    whole = Loader(store, (COLOUR, COLOUR), (SIDE, SIDE), True, seed=5, batch=4).batch_at(8).input
    halves = [
        Loader(store, (COLOUR, COLOUR), (SIDE, SIDE), True, 5, 4, rank=rank, processes=2).batch_at(8).input
        for rank in range(2)
    ]
    assert torch.equal(torch.stack(halves, dim=1).flatten(0, 1), whole)
    singles = [
        Loader(store, (COLOUR, COLOUR), (SIDE, SIDE), True, seed=5, batch=1).batch_at(8 + k).input for k in range(4)
    ]
    assert torch.equal(torch.cat(singles), whole)


def test_pairs_beyond_the_memory_are_mapped_and_read_alike(pairs, store, tmp_path):
    mapped = PairStore(pairs, Reading(COLOUR, COLOUR, (36, 36)), memory_gib=1e-6, spill=tmp_path)
    assert store.in_memory
    assert not mapped.in_memory
    for index in range(len(store)):
        for one, other in zip(store[index], mapped[index], strict=True):
            np.testing.assert_array_equal(one, other)
    assert list(tmp_path.iterdir()) == []  # the file has no name and goes with the process


def test_pairs_of_many_sizes_stand_in_one_store(tmp_path):
    for number, side in enumerate((8, 30, 12, 50)):
        write_side_by_side(tmp_path, 1, side, first=number)
    store = PairStore(find_pairs(tmp_path).splits["train"], Reading(COLOUR, ImageSpec(1), None))
    assert [store[k][0].shape for k in range(4)] == [(8, 8, 3), (30, 30, 3), (12, 12, 3), (50, 50, 3)]
    assert store[3][1].shape == (50, 50, 1)


def test_held_out_pairs_are_chosen_by_name_not_by_position(pairs):
    kept, held = hold_out(pairs, HoldOut(0.3))
    again = hold_out(list(reversed(pairs)), HoldOut(0.3))[1]
    assert {pair.name for pair in held} == {pair.name for pair in again}
    assert (len(kept), len(held)) == (5, 2)
    assert not {pair.name for pair in kept} & {pair.name for pair in held}
    assert hold_out(pairs, HoldOut(0.0)) == (pairs, [])
