import json

import numpy as np
import pytest
from tiny import draw_pair, write_side_by_side

from i2i.data.layouts import find_pairs
from i2i.data.samples import Reading, check_crop, read_pair
from i2i.errors import PairsError
from i2i.images import ImageSpec, write_image

READING = Reading(ImageSpec(3), ImageSpec(3), None)


def write_folders(root, names_a, names_b, a="A", b="B"):
    for number, name in enumerate(names_a):
        write_image(root / a / f"{name}.png", draw_pair(number)[0])
    for number, name in enumerate(names_b):
        write_image(root / b / f"{name}.png", draw_pair(number)[1])
    return root


def test_side_by_side_images_are_cut_in_the_direction_asked_for(tmp_path):
    write_side_by_side(tmp_path / "train", 2)
    for direction, order in (("left-to-right", (0, 1)), ("right-to-left", (1, 0))):
        found = find_pairs(tmp_path, direction=direction)
        assert (found.layout, found.direction) == ("side-by-side", direction)
        sides = read_pair(found.splits["train"][1], READING)
        np.testing.assert_array_equal(sides[0], draw_pair(1)[order[0]])
        np.testing.assert_array_equal(sides[1], draw_pair(1)[order[1]])


def test_split_folders_are_read_under_their_usual_names(tmp_path):
    for split, count in (("train", 3), ("validation", 2), ("test", 1)):
        write_side_by_side(tmp_path / split, count)
    splits = find_pairs(tmp_path).splits
    assert {split: len(pairs) for split, pairs in splits.items()} == {"train": 3, "val": 2, "test": 1}


@pytest.mark.parametrize(
    ("a", "b", "names"),
    [
        ("A", "B", "A-to-B"),
        ("trainA", "trainB", "A-to-B"),
        ("train/A", "train/B", "A-to-B"),
        ("A/train", "B/train", "A-to-B"),
        ("edges", "photos", "edges-to-photos"),
    ],
)
def test_every_arrangement_of_two_folders_is_detected(tmp_path, a, b, names):
    found = find_pairs(write_folders(tmp_path, ["x", "y"], ["x", "y"], a, b))
    assert (found.layout, found.direction) == ("folders", names)
    assert [pair.name for pair in found.splits["train"]] == ["x", "y"]
    assert found.describe().endswith(f"folders pairs (2 train), {names}")


def test_pairs_are_matched_by_stem_never_by_order(tmp_path):
    root = write_folders(tmp_path, ["10", "9", "b_A"], ["9", "b_B", "10"])
    pairs = find_pairs(root).splits["train"]
    assert [pair.name for pair in pairs] == ["9", "b", "10"]
    assert all(pair.input.path.stem.split("_")[0] == pair.target.path.stem.split("_")[0] for pair in pairs)


def test_whatever_has_no_partner_is_named(tmp_path):
    root = write_folders(tmp_path, ["x", "y", "lonely"], ["x", "y", "alone"])
    with pytest.raises(PairsError, match="2 files have no partner") as error:
        find_pairs(root)
    assert "lonely.png" in str(error.value)
    assert "alone.png" in str(error.value)
    found = find_pairs(root, unmatched="skip")
    assert len(found.splits["train"]) == 2
    assert "lonely.png" in found.describe()


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_manifest_names_its_own_sides_and_splits(tmp_path, kind):
    write_folders(tmp_path / "images", ["x", "y"], ["x", "y"], "in", "out")
    rows = [
        {"sketch": f"images/in/{name}.png", "cad": f"images/out/{name}.png", "split": split}
        for name, split in (("x", "train"), ("y", "test"))
    ]
    if kind == "csv":
        lines = ["sketch,cad,split", *(",".join(row.values()) for row in rows)]
    else:
        lines = [json.dumps(row) for row in rows]
    (tmp_path / f"manifest.{kind}").write_text("\n".join(lines))
    for root in (tmp_path, tmp_path / f"manifest.{kind}"):
        found = find_pairs(root, direction="cad-to-sketch")
        assert found.layout == "manifest"
        assert len(found.splits["train"]) == len(found.splits["test"]) == 1
        assert found.splits["train"][0].input.path.parent.name == "out"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("input,target\n", "lists no pairs"),
        ("input\na.png\n", "expected one a side"),
        ("input,target\na.png,b.png\n", "line 2: .*a.png is not there"),
        ("input,target\na.png\n", "is not there|has no 'target'"),
    ],
)
def test_a_manifest_that_lies_is_caught_with_its_line(tmp_path, text, expected):
    (tmp_path / "manifest.csv").write_text(text)
    with pytest.raises(PairsError, match=expected):
        find_pairs(tmp_path)


def test_no_pairs_is_an_error_that_says_what_was_expected(tmp_path):
    with pytest.raises(PairsError, match=r"no image pairs found.*expected side-by-side images"):
        find_pairs(tmp_path)
    with pytest.raises(PairsError, match="no such folder"):
        find_pairs(tmp_path / "nowhere")


def test_a_direction_that_names_no_side_is_refused_with_those_there_are(tmp_path):
    write_side_by_side(tmp_path, 1)
    with pytest.raises(PairsError, match="use left-to-right or right-to-left"):
        find_pairs(tmp_path, direction="A-to-B")


def test_two_files_of_one_stem_are_an_error(tmp_path):
    root = write_folders(tmp_path, ["x"], ["x"])
    write_image(root / "A" / "x.bmp", draw_pair(0)[0])
    with pytest.raises(PairsError, match="same stem"):
        find_pairs(root)


def test_sides_of_different_size_are_an_error_that_names_both(tmp_path):
    write_image(tmp_path / "A" / "x.png", np.zeros((8, 8, 3), np.uint8))
    write_image(tmp_path / "B" / "x.png", np.zeros((8, 9, 3), np.uint8))
    (pair,) = find_pairs(tmp_path).splits["train"]
    with pytest.raises(PairsError, match=r"A/x\.png: is 8x8, its partner .*B/x\.png is 8x9"):
        read_pair(pair, READING)
    write_image(tmp_path / "odd" / "x.png", np.zeros((8, 9, 3), np.uint8))
    (pair,) = find_pairs(tmp_path / "odd").splits["train"]
    with pytest.raises(PairsError, match="is 9 pixels wide"):
        read_pair(pair, READING)


def test_the_sketches_of_the_seed_articles_become_pairs_of_256(tmp_path):
    write_image(tmp_path / "s.png", np.full((288, 864, 3), 9, np.uint8))
    (pair,) = find_pairs(tmp_path).splits["train"]
    given, wanted = read_pair(pair, Reading(ImageSpec(1), ImageSpec(3), (256, 256)))
    assert (given.shape, wanted.shape) == ((256, 256, 1), (256, 256, 3))


def test_three_folders_are_asked_about_not_cut_in_half(tmp_path):
    for side in ("clean", "masks", "sketch"):
        write_image(tmp_path / side / "x.png", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(PairsError, match="holds the folders clean, masks, sketch; expected two sides"):
        find_pairs(tmp_path)
    assert len(find_pairs(tmp_path, "side-by-side").splits["train"]) == 3


def test_a_crop_larger_than_a_pair_is_refused(tmp_path):
    write_side_by_side(tmp_path, 1, side=16)
    with pytest.raises(PairsError, match="smaller than the crop of 32x32"):
        check_crop(find_pairs(tmp_path).splits["train"], (32, 32))
