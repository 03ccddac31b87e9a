from pathlib import Path

import numpy as np
import pytest

from i2i.data.sketches import compose, render_pair, sketch_pair, write_pairs
from i2i.data.sketches.compose import PARTS
from i2i.errors import ConfigError, StorageError
from i2i.images import Pixels, read_image

SEEDS = range(24)
EVEN = {"train": 1, "test": 1}


def test_a_pair_is_grey_dark_on_white_and_has_the_size_asked_for() -> None:
    for side in sketch_pair(3, (96, 160)):
        assert side.shape == (96, 160, 1)
        assert side.dtype == np.uint8
        assert np.median(side) == 255
        assert side.min() < 100


def test_the_same_seed_is_the_same_pair_whatever_is_drawn_in_between() -> None:
    first = sketch_pair(7, (64, 64))
    np.random.seed(0)  # noqa: NPY002 - the global generator must not matter
    sketch_pair(8, (64, 64))
    assert all((a == b).all() for a, b in zip(first, sketch_pair(7, (64, 64)), strict=True))


def test_another_seed_is_another_drawing() -> None:
    targets = {sketch_pair(seed, (64, 64))[1].tobytes() for seed in range(60)}
    assert len(targets) == 60


def test_another_hand_draws_the_same_drawing_differently() -> None:
    drawing = compose(5)
    (one, target), (other, same) = render_pair(drawing, 1, (128, 128)), render_pair(drawing, 2, (128, 128))
    assert (target == same).all()
    assert (one != other).any()


def test_seeds_reach_every_part() -> None:
    drawings = {seed: compose(seed) for seed in range(200)}
    chosen = [part for part in PARTS if any(compose(seed, part) == drawing for seed, drawing in drawings.items())]
    assert chosen == list(PARTS)


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_a_larger_size_is_the_same_drawing_in_finer_pixels(seed: int) -> None:
    for small, large in zip(sketch_pair(seed, (128, 128)), sketch_pair(seed, (512, 512)), strict=True):
        assert np.abs(_shrunk(large, 4) - small[:, :, 0]).mean() < 1.0


@pytest.mark.parametrize(
    ("size", "rows", "columns"), [((96, 128), (0, 96), (16, 112)), ((160, 96), (32, 128), (0, 96))]
)
def test_an_oblong_page_holds_the_square_drawing_in_its_middle(
    size: tuple[int, int], rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    for square, page in zip(sketch_pair(4, (96, 96)), sketch_pair(4, size), strict=True):
        middle = page[slice(*rows), slice(*columns)]
        assert np.abs(middle.astype(int) - square).max() <= 1
        assert (page < 250).sum() == (middle < 250).sum()


def test_the_hand_is_visibly_not_the_target_but_never_far_from_it() -> None:
    for seed in SEEDS:
        hand, target = (side[:, :, 0] for side in sketch_pair(seed, (128, 128)))
        assert np.abs(hand.astype(int) - target).mean() > 4
        assert _near(hand < 128, target < 128, 3) > 0.98
        assert _near(target < 128, hand < 215, 3) > 0.97


def test_the_hand_presses_unevenly_and_the_target_is_of_one_black() -> None:
    def greys(pixels: Pixels) -> int:
        spread = np.percentile(pixels[pixels < 200], [5, 75])
        return int(spread[1] - spread[0])

    pairs = [sketch_pair(seed, (512, 512)) for seed in range(4)]
    assert max(greys(target) for _, target in pairs) < 10
    assert min(greys(hand) for hand, _ in pairs) > 30


def test_written_pairs_are_input_left_target_right_in_three_splits(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    folder = write_pairs(tmp_path / "new", 10, size=(32, 48), seed=2, progress=lambda done, of: seen.append((done, of)))
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert names == sorted([f"train/{k:05d}.png" for k in range(8)] + ["val/00000.png", "test/00000.png"])
    assert seen == [(k, 10) for k in range(1, 11)]
    first = read_image(folder / "train" / "00000.png")
    assert (first == np.concatenate(sketch_pair(2 * 10**9, (32, 48)), axis=1)).all()


def test_no_pair_is_in_two_splits_and_another_seed_shares_none(tmp_path: Path) -> None:
    folders = [write_pairs(tmp_path / str(seed), 12, size=(32, 32), seed=seed, splits=EVEN) for seed in (0, 1)]
    images = [path.read_bytes() for folder in folders for path in folder.rglob("*.png")]
    assert len(set(images)) == 24


def test_the_splits_divide_drawings_among_them(tmp_path: Path) -> None:
    drawings = [compose(seed, "plate") for seed in range(4)]
    folder = write_pairs(tmp_path / "real", 12, size=(32, 32), splits=EVEN, drawings=drawings)
    clean = {split: [_target(path) for path in sorted((folder / split).iterdir())] for split in EVEN}
    assert [len(images) for images in clean.values()] == [6, 6]
    expected = [render_pair(drawing, 0, (32, 32))[1].tobytes() for drawing in drawings]
    assert set(clean["train"]) == set(expected[:2])
    assert set(clean["test"]) == set(expected[2:])
    hands = {path.read_bytes() for path in (folder / "train").iterdir()}
    assert len(hands) == 6


@pytest.mark.parametrize(("count", "expected"), [(3, [1, 1, 1]), (4, [2, 1, 1]), (10, [8, 1, 1]), (36, [29, 4, 3])])
def test_every_split_gets_its_share_and_at_least_one(tmp_path: Path, count: int, expected: list[int]) -> None:
    folder = write_pairs(tmp_path / "new", count, size=(8, 8))
    assert [len(list((folder / split).iterdir())) for split in ("train", "val", "test")] == expected


def test_a_folder_that_holds_something_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "keep.txt").write_text("mine")
    with pytest.raises(StorageError, match=r"keep\.txt.*empty folder"):
        write_pairs(tmp_path, 3, size=(16, 16))
    assert [path.name for path in tmp_path.iterdir()] == ["keep.txt"]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StorageError, match="file"):
        write_pairs(tmp_path / "file", 3, size=(16, 16))


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    assert len(list(write_pairs(tmp_path, 3, size=(16, 16)).rglob("*.png"))) == 3


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"count": 2}, "pairs: found 2"),
        ({"count": 3, "seed": -1}, "seed: found -1"),
        ({"count": 3, "size": (0, 16)}, "size: found 0x16"),
        ({"count": 3, "splits": {"train": 0.0}}, "splits"),
        ({"count": 3, "splits": {}}, "splits"),
        ({"count": 3, "drawings": []}, "drawings: found 0"),
    ],
)
def test_a_wrong_setting_is_named_before_anything_is_written(tmp_path: Path, wrong: dict, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        write_pairs(tmp_path / "new", **wrong)
    assert not (tmp_path / "new").exists()


def _shrunk(pixels: Pixels, by: int) -> np.ndarray:
    height, width = pixels.shape[0] // by, pixels.shape[1] // by
    return pixels.reshape(height, by, width, by).mean(axis=(1, 3))


def _near(ink: np.ndarray, other: np.ndarray, reach: int) -> float:
    """The share of `ink` that lies within `reach` pixels of `other`."""
    steps = range(-reach, reach + 1)
    grown = np.any([np.roll(other, (y, x), (0, 1)) for y in steps for x in steps if x * x + y * y <= reach**2], axis=0)
    return float((ink & grown).sum() / ink.sum())


def _target(path: Path) -> bytes:
    image = read_image(path)
    return image[:, image.shape[1] // 2 :].tobytes()
