"""A folder a domain: found, refused, held out, and shown in an order that gives each domain its share."""

import numpy as np
import pytest
import torch
from tiny import draw_pair, write_side_by_side

from i2i.data.layouts import by_turns, domain_of, find_pairs
from i2i.data.loader import Loader
from i2i.data.order import balanced_at
from i2i.data.samples import Reading
from i2i.data.splits import HoldOut, hold_out_of
from i2i.data.store import PairStore
from i2i.errors import PairsError
from i2i.images import ImageSpec, write_image

COLOUR = ImageSpec(3)


def write_domains(root, counts, split=""):
    for domain, count in counts.items():
        folder = root / split / domain
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            write_image(folder / f"{number}.png", draw_pair(number)[0])
    return root


def counted(images):
    names = [domain_of(image) for image in images]
    return {name: names.count(name) for name in sorted(set(names))}


def test_each_folder_is_a_domain_and_every_image_is_there(tmp_path):
    found = find_pairs(write_domains(tmp_path, {"wild": 2, "cat": 5, "dog": 3}), "domains")
    assert (found.layout, found.domains, found.paired, found.direction) == (
        "domains",
        ("cat", "dog", "wild"),
        False,
        "",
    )
    assert found.describe().endswith("images of 3 domains (10 train): cat, dog, wild")
    assert counted(found.splits["train"]) == {"cat": 5, "dog": 3, "wild": 2}
    assert all(image.input == image.target for image in found.splits["train"])
    assert len({image.name for image in found.splits["train"]}) == 10


@pytest.mark.parametrize("joined", [False, True])
def test_splits_are_folders_above_the_domains_or_before_their_names(tmp_path, joined):
    for split, counts in (("train", {"A": 3, "B": 4}), ("test", {"A": 1, "B": 2})):
        if joined:
            write_domains(tmp_path, {f"{split}{name}": count for name, count in counts.items()})
        else:
            write_domains(tmp_path, counts, split)
    found = find_pairs(tmp_path, "domains")
    assert found.domains == ("A", "B")
    assert {split: counted(images) for split, images in found.splits.items() if images} == {
        "train": {"A": 3, "B": 4},
        "test": {"A": 1, "B": 2},
    }


def test_what_stands_first_is_one_of_each_domain(tmp_path):
    found = find_pairs(write_domains(tmp_path, {"cat": 9, "dog": 9, "wild": 2}), "domains")
    names = [domain_of(image) for image in found.splits["train"]]
    assert names[:6] == ["cat", "dog", "wild"] * 2
    assert [image.name for image in found.splits["train"][::3][:2]] != ["cat/0", "cat/1"], "not by name"
    assert by_turns(list(reversed(found.splits["train"]))) == found.splits["train"]


@pytest.mark.parametrize(
    ("counts", "split", "message"),
    [
        ({"cat": 2}, "", "found only cat; expected two folders or more, one a domain, such as cat/ and dog/"),
        ({}, "", "found no folders; expected two folders or more"),
        ({"cat": 2}, "train", "train: found only cat; expected two folders or more"),
        ({"cat": 2, "dog": 0}, "", "dog: holds no images; expected those of the domain 'dog'; add some, or take"),
    ],
)
def test_too_few_domains_or_empty_ones_are_named(tmp_path, counts, split, message):
    with pytest.raises(PairsError, match=message):
        find_pairs(write_domains(tmp_path, counts, split), "domains")


def test_a_folder_without_images_tells_what_there_is(tmp_path):
    write_domains(tmp_path, {"cat": 1, "dog": 0})
    (tmp_path / "dog" / "notes.txt").write_text("later")
    with pytest.raises(PairsError, match=r"dog: holds no images, only notes\.txt; expected"):
        find_pairs(tmp_path, "domains")


@pytest.mark.parametrize("split", ["", "train"])
def test_images_beside_the_folders_are_named(tmp_path, split):
    write_domains(tmp_path, {"cat": 1, "dog": 1}, split)
    write_image(tmp_path / split / "stray.png", draw_pair(0)[0])
    with pytest.raises(PairsError, match=r"lie beside the folders of the domains: stray\.png; put each into"):
        find_pairs(tmp_path, "domains")


def test_the_domains_of_other_splits_are_those_of_training(tmp_path):
    write_domains(write_domains(tmp_path, {"cat": 2, "dog": 2}, "train"), {"cat": 1, "dgo": 1}, "test")
    with pytest.raises(PairsError, match=r"test has the domain 'dgo', which there is none of .*did you mean 'dog'"):
        find_pairs(tmp_path, "domains")
    (tmp_path / "test" / "dgo").rename(tmp_path / "test" / "dog")
    write_domains(tmp_path, {"cat": 1, "dog": 1}, "val")
    assert find_pairs(tmp_path, "domains").domains == ("cat", "dog")
    write_domains(tmp_path, {"wild": 1}, "train")
    with pytest.raises(PairsError, match="val has no folder of the domain 'wild', which train has; add it"):
        find_pairs(tmp_path, "domains")


def test_domains_have_no_direction_and_are_not_taken_for_pairs(tmp_path):
    write_domains(tmp_path, {"cat": 1, "dog": 1, "wild": 1})
    with pytest.raises(PairsError, match=r"domains have no direction.*choose with --to-domain"):
        find_pairs(tmp_path, "domains", "cat-to-dog")
    with pytest.raises(PairsError, match="if each folder is a domain to translate into, --recipe stargan"):
        find_pairs(tmp_path)
    with pytest.raises(PairsError, match="images lie beside"):
        find_pairs(write_side_by_side(tmp_path / "together", 2), "domains")


def test_a_share_of_each_domain_is_held_out(tmp_path):
    found = find_pairs(write_domains(tmp_path, {"cat": 20, "dog": 10, "wild": 4}), "domains")
    kept, held = hold_out_of(found, HoldOut(0.2))
    assert counted(held) == {"cat": 4, "dog": 2, "wild": 1}
    assert counted(kept) == {"cat": 16, "dog": 8, "wild": 3}
    assert not {image.name for image in kept} & {image.name for image in held}
    assert hold_out_of(found, HoldOut(0.2, seed=1))[1] != held
    assert hold_out_of(found, HoldOut(0.0)) == (found.splits["train"], [])


def test_a_list_holds_out_some_of_every_domain(tmp_path):
    found = find_pairs(write_domains(tmp_path, {"cat": 3, "dog": 3}), "domains")
    kept, held = hold_out_of(found, HoldOut(names=("cat/1", "dog/2.png")))
    assert sorted(image.name for image in held) == ["cat/1", "dog/2"]
    assert counted(kept) == {"cat": 2, "dog": 2}
    with pytest.raises(PairsError, match=r"all or none of the domain 'dog'.*such as dog/NAME"):
        hold_out_of(found, HoldOut(names=("cat/1",)))
    with pytest.raises(PairsError, match="all or none of the domain 'cat'"):
        hold_out_of(found, HoldOut(names=("cat/0", "cat/1", "cat/2", "dog/0")))


def test_a_domain_of_one_image_has_none_to_spare(tmp_path):
    found = find_pairs(write_domains(tmp_path, {"cat": 9, "dog": 1}), "domains")
    assert hold_out_of(found, HoldOut(0.2)) == (found.splits["train"], [])


def test_every_domain_comes_as_often_and_within_it_every_image():
    counts = (3, 7, 2)
    drawn = [balanced_at(5, seen, counts) for seen in range(3 * 42)]
    for start in range(0, len(drawn), 3):
        assert sorted(domain for domain, _ in drawn[start : start + 3]) == [0, 1, 2]
    for domain, count in enumerate(counts):
        places = [place for found, place in drawn if found == domain]
        for start in range(0, 42 // count * count, count):
            assert sorted(places[start : start + count]) == list(range(count))
    assert len({tuple(domain for domain, _ in drawn[start : start + 3]) for start in range(0, 126, 3)}) == 6, (
        "any order"
    )
    assert [balanced_at(6, seen, counts) for seen in range(126)] != drawn


def test_no_domain_has_the_order_of_another():
    drawn = [balanced_at(5, seen, (8, 8)) for seen in range(16 * 5)]
    first, second = ([place for domain, place in drawn if domain == which] for which in (0, 1))
    alike = sum(first[start : start + 8] == second[start : start + 8] for start in range(0, 40, 8))
    assert alike == 0


@pytest.fixture(scope="module")
def loader(tmp_path_factory):
    """Images whose level says which they are: 10, 11 … of cat, 100 … of dog."""
    root = tmp_path_factory.mktemp("levels")
    for domain, levels in (("cat", range(10, 15)), ("dog", range(100, 103))):
        for level in levels:
            write_image(root / domain / f"{level}.png", np.full((12, 12, 3), level, np.uint8))
    images = find_pairs(root, "domains").splits["train"]
    store = PairStore(images, Reading(COLOUR, COLOUR), keep="inputs")
    places = tuple(tuple(i for i, image in enumerate(images) if domain_of(image) == name) for name in ("cat", "dog"))
    return Loader(store, (COLOUR, COLOUR), (8, 8), True, seed=3, batch=4, domains=places)


def test_a_batch_says_of_which_domain_its_images_are(loader):
    batch = loader.batch_at(0)
    levels = ((batch.input[:, 0, 0, 0] + 1) * 127.5).round().int().tolist()
    assert batch.domain.tolist() == [int(level >= 100) for level in levels]
    assert sorted(batch.domain.tolist()) == [0, 0, 1, 1]
    assert batch.target is batch.input
    assert batch.valid is None
    moved = batch.to(torch.device("meta"))
    assert moved.target is moved.input, "moved once"
    assert moved.domain.device.type == "meta"


def test_the_sequence_is_a_function_of_the_images_seen(loader):
    straight, resumed = loader.batches(0), loader.batches(8)
    ahead = [next(straight) for _ in range(4)]
    for batch in ahead[2:]:
        again = next(resumed)
        assert torch.equal(again.input, batch.input)
        assert torch.equal(again.domain, batch.domain)


def test_processes_take_turns_and_together_see_the_same_images(loader):
    parts = [
        Loader(loader.store, loader.specs, (8, 8), True, 3, 4, rank=rank, processes=2, domains=loader.domains)
        for rank in (0, 1)
    ]
    whole = loader.batch_at(4)
    for rank, part in enumerate(parts):
        assert torch.equal(part.batch_at(4).input, whole.input[rank::2])
        assert torch.equal(part.batch_at(4).domain, whole.domain[rank::2])
