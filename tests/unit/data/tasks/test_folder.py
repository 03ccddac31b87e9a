import json
import re
from pathlib import Path

import numpy as np
import pytest

from i2i.config import parse_settings
from i2i.data.layouts import PairFolder, find_pairs
from i2i.data.order import random_of
from i2i.data.tasks import TASKS, write_pairs
from i2i.data.tasks.folder import cut_out
from i2i.errors import ConfigError, InputError, PairsError, StorageError
from i2i.images import Pixels, read_pixels, write_image

from .conftest import draw_photo, stream

COLOURISE, DENOISE = TASKS["colourise"], TASKS["denoise"]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Twenty photos, each its own, two of them in a folder below."""
    folder = tmp_path / "photos"
    for number in range(20):
        write_image((folder / "more" if number > 17 else folder) / f"p{number}.png", photo_of(f"p{number}"))
    return folder


def photo_of(name: str) -> Pixels:
    """The photo that a pair of this name was made of."""
    return draw_photo(40, 48, seed=int(name.rpartition("p")[2].partition("-")[0]))


def names_by_split(found: PairFolder) -> dict[str, set[str]]:
    return {split: {pair.name for pair in pairs} for split, pairs in found.splits.items()}


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_pairs_are_found_again_with_the_input_first(photos: Path, tmp_path: Path) -> None:
    made = write_pairs(COLOURISE, photos, tmp_path / "pairs")
    found = find_pairs(made.folder)
    assert (found.layout, found.direction) == ("folders", "input-to-target")
    names = names_by_split(found)
    assert made.pairs == {"train": 16, "val": 2, "test": 2} == {split: len(each) for split, each in names.items()}
    assert set().union(*names.values()) == {*(f"p{number}" for number in range(18)), "more/p18", "more/p19"}


@pytest.mark.parametrize("name", ["colourise", "denoise", "inpaint", "edges"])
def test_what_is_written_is_what_the_task_makes_of_the_seed_and_the_name(
    name: str, photos: Path, tmp_path: Path
) -> None:
    task = TASKS[name]
    write_pairs(task, photos, tmp_path / "pairs", seed=4)
    for pair in find_pairs(tmp_path / "pairs").splits["test"]:
        given, wanted = task.make(photo_of(pair.name), random_of(4, pair.name))
        assert (read_pixels(pair.input.path, task.input) == given).all()
        assert (read_pixels(pair.target.path, task.target) == wanted).all()


def test_crops_of_one_photo_are_different_and_in_one_split(photos: Path, tmp_path: Path) -> None:
    made = write_pairs(COLOURISE, photos, tmp_path / "pairs", size=(16, 24), per_photo=3)
    assert made.pairs == {"train": 48, "val": 6, "test": 6}
    split_of: dict[str, str] = {}
    seen = set()
    for split, pairs in find_pairs(tmp_path / "pairs").splits.items():
        for pair in pairs:
            photo = pair.name.rpartition("-")[0]
            assert split_of.setdefault(photo, split) == split
            crop = read_pixels(pair.target.path, COLOURISE.target)
            assert crop.shape == (16, 24, 3)
            assert crop.tobytes() in {cut.tobytes() for cut in _all_crops(photo_of(photo), 16, 24)}
            seen.add(crop.tobytes())
    assert len(split_of) == 20
    assert len(seen) > 50


def test_splits_that_the_photos_have_are_kept(photos: Path, tmp_path: Path) -> None:
    (photos / "more").rename(photos / "test")
    (photos / "train").mkdir()
    for path in list(photos.glob("*.png")):
        path.rename(photos / "train" / path.name)
    made = write_pairs(COLOURISE, photos, tmp_path / "pairs")
    assert made.pairs == {"train": 18, "test": 2}
    assert names_by_split(find_pairs(tmp_path / "pairs"))["test"] == {"p18", "p19"}


def test_the_shares_are_of_all_photos(photos: Path, tmp_path: Path) -> None:
    made = write_pairs(COLOURISE, photos, tmp_path / "pairs", validation=0.25, test=0.5)
    assert made.pairs == {"train": 5, "val": 5, "test": 10}


def test_without_shares_all_is_for_training(photos: Path, tmp_path: Path) -> None:
    assert write_pairs(COLOURISE, photos, tmp_path / "pairs", validation=0, test=0).pairs == {"train": 20}


def test_another_seed_draws_other_splits_and_other_noise(photos: Path, tmp_path: Path) -> None:
    for seed in (0, 1):
        write_pairs(DENOISE, photos, tmp_path / str(seed), seed=seed)
    one, other = (find_pairs(tmp_path / str(seed)) for seed in (0, 1))
    for split in ("val", "test"):
        assert names_by_split(one)[split] != names_by_split(other)[split]
    inputs = [
        {path.name: path.read_bytes() for path in one_or_other.root.glob("*/input/*.png")}
        for one_or_other in (one, other)
    ]
    assert all(inputs[0][name] != inputs[1][name] for name in inputs[0])


def test_a_photo_more_changes_no_other_pair(photos: Path, tmp_path: Path) -> None:
    write_pairs(DENOISE, photos, tmp_path / "before", size=(16, 16), per_photo=2)
    write_image(photos / "a.png", draw_photo(40, 48, seed=77))
    write_pairs(DENOISE, photos, tmp_path / "after", size=(16, 16), per_photo=2)
    before, after = (
        {Path(name).name: data for name, data in files_in(tmp_path / each).items() if "/input/" in name}
        for each in ("before", "after")
    )
    assert before.items() < after.items()


def test_task_json_tells_how_to_make_the_same_again(photos: Path, tmp_path: Path) -> None:
    write_pairs(DENOISE, photos, tmp_path / "one", size=(16, 24), per_photo=2, seed=9, validation=0.2, test=0.0)
    told = json.loads((tmp_path / "one" / "task.json").read_text())
    assert told["pairs"] == {"train": 32, "val": 8}
    again = {key: told[key] for key in ("per_photo", "seed", "validation", "test")}
    write_pairs(TASKS[told["task"]], photos, tmp_path / "two", size=tuple(told["size"]), **again)
    assert files_in(tmp_path / "one") == files_in(tmp_path / "two")


def test_the_readme_says_the_settings_that_training_needs(photos: Path, tmp_path: Path) -> None:
    write_pairs(TASKS["inpaint"], photos, tmp_path / "pairs")
    readme = (tmp_path / "pairs" / "README.md").read_text()
    assert parse_settings(re.findall(r"--set (\S+)", readme))["data"]["input"] == {"alpha": "channel"}


def test_photos_that_cannot_be_read_are_named_and_left_out(photos: Path, tmp_path: Path) -> None:
    broken = photos / "broken.png"
    broken.write_bytes(b"no image")
    write_image(photos / "deep.png", np.zeros((8, 8, 1), np.uint16))
    done: list[tuple[int, int]] = []
    made = write_pairs(COLOURISE, photos, tmp_path / "pairs", progress=lambda done_now, of: done.append((done_now, of)))
    assert set(made.failed) == {broken, photos / "deep.png"}
    assert "uint16" in made.failed[photos / "deep.png"]
    assert sum(made.pairs.values()) == 20
    assert done == [(number, 22) for number in range(1, 23)]
    assert not list((tmp_path / "pairs").rglob("broken*"))


def test_if_no_photo_can_be_read_that_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "x.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"no photo can be read.*x\.png"):
        write_pairs(COLOURISE, tmp_path / "photos", tmp_path / "pairs")


def test_a_folder_without_photos_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    with pytest.raises(PairsError, match="photos"):
        write_pairs(COLOURISE, tmp_path / "photos", tmp_path / "pairs")


def test_a_grey_photo_becomes_colour_by_repetition(tmp_path: Path) -> None:
    grey = draw_photo(12, 12)[:, :, :1]
    write_image(tmp_path / "photos" / "g.png", grey)
    made = write_pairs(COLOURISE, tmp_path / "photos", tmp_path / "pairs")
    assert made.pairs == {"train": 1}
    target = read_pixels(tmp_path / "pairs" / "train" / "target" / "g.png", COLOURISE.target)
    assert (target == np.repeat(grey, 3, axis=2)).all()


def test_photos_named_like_a_side_are_pairs_all_the_same(tmp_path: Path) -> None:
    for name in ("scan_input", "scan_target", "scan"):
        write_image(tmp_path / "photos" / f"{name}.png", draw_photo(12, 12))
    write_pairs(COLOURISE, tmp_path / "photos", tmp_path / "pairs", validation=0, test=0)
    assert len(find_pairs(tmp_path / "pairs").splits["train"]) == 3


@pytest.mark.parametrize("size", [(10, 14), (40, 7), (9, 50), (60, 70), (200, 3)])
def test_a_crop_has_its_size_even_of_a_smaller_photo(size: tuple[int, int]) -> None:
    photo = draw_photo(20, 25)
    crop = cut_out(photo, size, stream(0))
    assert crop.shape == (*size, 3)
    assert {tuple(pixel) for pixel in crop.reshape(-1, 3)} <= {tuple(pixel) for pixel in photo.reshape(-1, 3)}
    if size[0] <= 20 and size[1] <= 25:
        assert crop.tobytes() in {cut.tobytes() for cut in _all_crops(photo, *size)}


def test_a_folder_that_holds_something_is_refused_and_left_alone(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "pairs").mkdir()
    (tmp_path / "pairs" / "keep.txt").write_text("mine")
    with pytest.raises(StorageError, match=r"keep\.txt.*empty folder"):
        write_pairs(COLOURISE, photos, tmp_path / "pairs")
    assert list(files_in(tmp_path / "pairs")) == ["keep.txt"]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"seed": -1}, "seed: found -1"),
        ({"size": (0, 16)}, "size: found 0x16"),
        ({"per_photo": 0, "size": (8, 8)}, "0 pairs a photo"),
        ({"per_photo": 2}, "2 pairs a photo.*size"),
        ({"validation": 0.5, "test": 0.5}, r"validation 0\.5 and test 0\.5"),
        ({"test": -0.1}, r"test -0\.1"),
    ],
)
def test_a_wrong_setting_is_named_before_anything_is_written(
    wrong: dict, named: str, photos: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=named):
        write_pairs(COLOURISE, photos, tmp_path / "pairs", **wrong)
    assert not (tmp_path / "pairs").exists()


def _all_crops(photo: Pixels, height: int, width: int) -> list[Pixels]:
    return [
        photo[top : top + height, left : left + width]
        for top in range(photo.shape[0] - height + 1)
        for left in range(photo.shape[1] - width + 1)
    ]
