"""Made pairs: read as they are, known for where they come from, never over anything, and honestly reported."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import i2i
from i2i.augmenting import Vary, augment, remake
from i2i.augmenting.duplicates import Duplicate, Search
from i2i.bundle import BundleConfig, save_bundle
from i2i.config import Translation
from i2i.data.doctor import examine
from i2i.data.layouts import Side, find_pairs
from i2i.errors import BundleError, ConfigError, ImageError, InputError, PairsError, StorageError
from i2i.generators import build_generator
from i2i.images import ImageSpec, read_pixels, read_raster, write_image, write_pixels
from i2i.layers.initialise import initialise

from .conftest import CLASSES, LABELS, PHOTO, draw_labels, paint, write_labels, write_pair

VARIED = Vary(mirror=True, rotate=10, scale=1.2, shift=0.1)


def rows_of(folder):
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def report_of(folder):
    return json.loads((folder / "report.json").read_text())


def bytes_of(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def painted(labels, seed):
    """An answer that follows the input, under a grain of its own for each seed."""
    return paint(labels, seed)


def test_made_pairs_are_pairs_of_one_geometry_and_exact_label_maps(bundle, pairs, tmp_path):
    augment(bundle, pairs, tmp_path / "new", samples=2, vary=VARIED)
    found = find_pairs(tmp_path / "new")
    assert (found.layout, found.direction, len(found.splits["train"])) == ("manifest", "map-to-photo", 16)
    for pair in found.splits["train"]:
        given, made = read_raster(pair.input.path), read_raster(pair.target.path)
        assert given.pixels.shape[:2] == made.pixels.shape[:2] == (32, 32)
        assert made.pixels.shape[2] == 3
        assert set(np.unique(given.pixels)) <= {10, 20, 30, 40}
        assert [tuple(given.palette[each.value]) for each in CLASSES] == [each.colour for each in CLASSES]


def test_they_train_and_are_checked_and_evaluated_as_they_are(bundle, pairs, tmp_path):
    to = tmp_path / "new"
    result = augment(bundle, pairs, to, samples=2, vary=VARIED)
    assert not examine(find_pairs(to)).has_errors
    config = {
        "data": {"group": "source", "input": {"classes": str(to / "map-classes.csv")}},
        "generator": {"width": 4},
        "discriminator": {"width": 4, "depth": 1},
        "training": {"loggers": [], "samples": 1},
    }
    run = i2i.train(to, to=tmp_path / "run", config=config, size=32, images=4, batch=2)
    assert i2i.load(run.bundle).config.input.classes == CLASSES
    assert len(i2i.evaluate(bundle, to, lpips=None).names) == 16
    assert f"--set 'data.input.classes={to / 'map-classes.csv'}'" in result.train_command()


def test_a_row_alone_makes_its_pair_again_to_the_bit(bundle, pairs, tmp_path):
    to = tmp_path / "new"
    augment(bundle, pairs, to, samples=3, vary=VARIED, dropout=True, seed=7)
    rows = rows_of(to)
    assert len({row["variation"] for row in rows}) > 12
    for row in rows[::5]:
        given, made = remake(bundle, row, pairs)
        assert np.array_equal(given, read_pixels(to / row["map"], LABELS))
        assert np.array_equal(made, read_pixels(to / row["photo"], PHOTO))
    other, _ = remake(bundle, rows[0] | {"variation": rows[1]["variation"]}, pairs)
    assert not np.array_equal(other, read_pixels(to / rows[0]["map"], LABELS))


def test_a_row_is_not_followed_to_another_input(bundle, pairs, tmp_path):
    augment(bundle, pairs, tmp_path / "new", vary=VARIED)
    row = rows_of(tmp_path / "new")[0]
    assert row["source"] == "train/map/0.png"
    shutil.copy(pairs / "train" / "map" / "1.png", pairs / "train" / "map" / "0.png")
    with pytest.raises(PairsError, match="is not the input that the row tells of"):
        remake(bundle, row, pairs)


def test_rows_tell_where_pairs_come_from_and_not_where_things_lie(bundle, pairs, tmp_path):
    augment(bundle, pairs, tmp_path / "new", dropout=True)
    row = rows_of(tmp_path / "new")[3]
    assert (row["bundle"], row["direction"], row["dropout"], row["version"]) == (
        "park", "map-to-photo", "on", i2i.__version__
    )  # fmt: skip
    for file in ("manifest.csv", "augment.json", "report.json"):
        assert str(tmp_path) not in (tmp_path / "new" / file).read_text()
        assert str(bundle.parent) not in (tmp_path / "new" / file).read_text()


def test_the_same_command_gives_the_same_bytes(bundle, pairs, tmp_path):
    for name in ("one", "two"):
        augment(bundle, pairs, tmp_path / name / "new", samples=2, vary=VARIED, dropout=True)
    one, two = (bytes_of(tmp_path / name / "new") for name in ("one", "two"))
    assert one.keys() == two.keys()
    assert all(one[path] == two[path] for path in one if path.name != "report.html")
    augment(bundle, pairs, tmp_path / "three", samples=2, vary=VARIED, dropout=True, seed=1)
    assert rows_of(tmp_path / "three")[0]["seed"] != rows_of(tmp_path / "one" / "new")[0]["seed"]


def test_a_folder_half_made_is_continued(bundle, pairs, tmp_path):
    to = tmp_path / "new"
    augment(bundle, pairs, to, samples=2, vary=VARIED, dropout=True)
    whole = bytes_of(to)
    for path in ("manifest.csv", "report.json", "report.html", "photo/3.1.png", "map/5.2.png"):
        (to / path).unlink()
    untouched = (to / "photo" / "0.1.png").stat().st_mtime_ns
    result = augment(bundle, pairs, to, samples=2, vary=VARIED, dropout=True)
    assert result.made.written == 2
    assert bytes_of(to) == whole
    assert (to / "photo" / "0.1.png").stat().st_mtime_ns == untouched


@pytest.mark.parametrize("change", [{"seed": 1}, {"samples": 1}, {"vary": Vary(flip=True)}, {"resize": "native"}])
def test_other_settings_are_refused_the_folder(bundle, pairs, tmp_path, change):
    to, usual = tmp_path / "new", {"samples": 2, "vary": Vary(mirror=True)}
    augment(bundle, pairs, to, **usual)
    before = bytes_of(to)
    with pytest.raises(StorageError, match="holds pairs by another bundle or other settings"):
        augment(bundle, pairs, to, **(usual | change))
    assert bytes_of(to) == before


def test_a_changed_input_is_another_setting(bundle, pairs, tmp_path):
    augment(bundle, pairs, tmp_path / "new")
    write_labels(pairs / "train" / "map" / "2.png", draw_labels(99, 3))
    with pytest.raises(StorageError, match="other settings"):
        augment(bundle, pairs, tmp_path / "new")


def test_nothing_of_the_users_is_written_over(bundle, pairs, tmp_path):
    with pytest.raises(StorageError, match="lies among the inputs"):
        augment(bundle, pairs, pairs / "train" / "new")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    with pytest.raises(StorageError, match="holds other things"):
        augment(bundle, pairs, tmp_path / "mine")
    augment(bundle, pairs, tmp_path / "new")
    manifest = tmp_path / "new" / "manifest.csv"
    manifest.write_text(manifest.read_text() + "# mine\n")
    with pytest.raises(StorageError, match="was changed since it was written"):
        augment(bundle, pairs, tmp_path / "new")
    assert manifest.read_text().endswith("# mine\n")


def test_only_inputs_of_the_training_split_are_taken(bundle, pairs, tmp_path):
    augment(bundle, pairs, tmp_path / "new")
    assert {row["source"].partition("/")[0] for row in rows_of(tmp_path / "new")} == {"train"}
    (tmp_path / "only").mkdir()
    (pairs / "test").rename(tmp_path / "only" / "test")
    with pytest.raises(PairsError, match="has no train split, only test"):
        augment(bundle, tmp_path / "only", tmp_path / "other")


def test_what_can_only_repeat_itself_is_refused(bundle, pairs, tmp_path):
    with pytest.raises(ConfigError, match=r"give only 1 different pair; vary more \(--vary.*--dropout on"):
        augment(bundle, pairs, tmp_path / "new", samples=2)
    with pytest.raises(ConfigError, match="give only 2 different pairs"):
        augment(bundle, pairs, tmp_path / "new", samples=3, vary=Vary(mirror=True))
    assert not (tmp_path / "new").exists()
    assert len(augment(bundle, pairs, tmp_path / "new", samples=3, dropout=True).kept) == 24


def test_a_latent_code_is_drawn_anew_for_each_pair(pairs, tmp_path):
    torch.manual_seed(0)
    arguments = {"in_channels": 4, "out_channels": 3, "width": 3, "depth": 3, "code": 2}
    generator = build_generator("latent-unet", norm="instance", **arguments)
    initialise(generator, gain=0.5)
    policy = Translation(resize="native")
    config = BundleConfig(generator.description, LABELS, PHOTO, (32, 32), policy, direction="map-to-photo")
    save_bundle(tmp_path / "many", generator, config, "# card\n")
    augment(tmp_path / "many", pairs, tmp_path / "new", samples=3)
    rows = rows_of(tmp_path / "new")
    assert len({row["seed"] for row in rows}) == len(rows) == 24
    outputs = [read_pixels(tmp_path / "new" / row["photo"], PHOTO).astype(int) for row in rows[:3]]
    assert all(np.abs(outputs[one] - outputs[other]).mean() > 0.5 for one, other in ((0, 1), (0, 2), (1, 2)))
    assert np.array_equal(remake(tmp_path / "many", rows[1], pairs)[1], outputs[1])
    translator = i2i.load(tmp_path / "many")
    translator.reference = "shoe.png"
    with pytest.raises(ConfigError, match=r"in the style of shoe.png, of which rows of pairs can't tell"):
        augment(translator, pairs, tmp_path / "other")


def test_folders_are_classes_and_bare_inputs_are_no_pairs(bundle, tmp_path):
    for name, count in (("summer", 3), ("winter", 1), ("autumn", 2)):
        for number in range(count):
            write_labels(tmp_path / "in" / name / f"{number}.png", draw_labels(number + 10 * count, 1))
    result = augment(bundle, tmp_path / "in", tmp_path / "new", balance=4, vary=VARIED)
    assert {each.name: (each.inputs, each.there, each.made) for each in result.classes} == {
        "autumn": (2, 0, 4), "summer": (3, 0, 4), "winter": (1, 0, 4),
    }  # fmt: skip
    rows = rows_of(tmp_path / "new")
    assert sorted(row["class"] for row in rows) == ["autumn"] * 4 + ["summer"] * 4 + ["winter"] * 4
    assert all(row["map"].startswith(f"map/{row['class']}/") for row in rows)


def test_real_pairs_count_for_their_classes(bundle, tmp_path):
    for name, count in (("summer", 5), ("winter", 1)):
        for number in range(count):
            write_pair(tmp_path / "pairs", f"{name}/{number}", draw_labels(number + 10 * count, 1, 2), seed=number)
    result = augment(bundle, tmp_path / "pairs", tmp_path / "new", balance="max", vary=VARIED)
    assert {each.name: (each.there, each.made, each.after) for each in result.classes} == {
        "summer": (5, 0, 5), "winter": (1, 4, 5),
    }  # fmt: skip
    assert result.class_lines()[2].split() == ["winter", "1", "1", "4", "5"]


def test_a_column_of_a_manifest_is_the_class(bundle, pairs, tmp_path):
    lines = ["map,photo,season"]
    lines += [f"train/map/{n}.png,train/photo/{n}.png,{'winter' if n < 2 else 'summer'}" for n in range(8)]
    (pairs / "manifest.csv").write_text("\n".join(lines))
    result = augment(bundle, pairs, tmp_path / "new", balance=6, by="season", vary=VARIED)
    assert {each.name: (each.there, each.made) for each in result.classes} == {"summer": (6, 0), "winter": (2, 4)}
    assert {row["class"] for row in rows_of(tmp_path / "new")} == {"winter"}
    with pytest.raises(ConfigError, match=r"--by saeson: is no column of .*did you mean 'season'"):
        augment(bundle, pairs, tmp_path / "other", by="saeson")


def test_classes_are_what_label_maps_hold(bundle, pairs, tmp_path):
    result = augment(bundle, pairs, tmp_path / "new", balance=4, by="labels", vary=VARIED)
    assert {each.name: (each.there, each.after) for each in result.classes if each.name != "ground"} == {
        "tree": (8, 12), "pond": (3, 4), "boat": (1, 4),
    }  # fmt: skip
    held = [row["class"].split(";") for row in rows_of(tmp_path / "new")]
    assert sum("boat" in each for each in held) == 3
    assert len(held) == 4


def test_classes_that_can_not_be_reached_are_said(bundle, tmp_path):
    for number in range(3):
        write_pair(tmp_path / "pairs", f"{number}", draw_labels(number, 1, 2))
    result = augment(bundle, tmp_path / "pairs", tmp_path / "new", balance=5, by="labels", vary=VARIED)
    assert "class boat has 0 pairs: no input of it" in result.warnings()
    assert "class boat has 0 pairs: no input of it" in (tmp_path / "new" / "report.html").read_text()


def test_a_translator_that_copies_a_training_image_is_caught(plant, pairs, tmp_path):
    stolen = read_pixels(pairs / "train" / "photo" / "5.png", PHOTO)

    def copying(labels, seed):
        brighter = np.clip(stolen.astype(int) + 12, 0, 255).astype(np.uint8)
        return brighter if (labels == 3).any() else painted(labels[::-1, ::-1], seed)

    result = augment(plant(copying), pairs, tmp_path / "new", samples=1)
    (found,) = result.copies
    assert (found.name, found.twin, found.split, found.own) == ("0.1", "5", "train", False)
    assert "copies of real targets among the outputs: 1" in result.verdict
    assert "real, train: 5" in (tmp_path / "new" / "report.html").read_text()
    assert len(rows_of(tmp_path / "new")) == 8


def test_copies_are_left_out_of_the_manifest_and_nothing_is_deleted(plant, pairs, tmp_path):
    stolen = read_pixels(pairs / "test" / "photo" / "1.png", PHOTO)

    def copying(labels, seed):
        return stolen if (labels == 2).any() else painted(labels[::-1], seed)

    to, translator = tmp_path / "new", plant(copying)
    result = augment(translator, pairs, to)
    assert {each.name for each in result.copies} == {"1.1", "2.1", "3.1"}
    assert {each.split for each in result.copies} == {"test"}
    before = bytes_of(to)
    result = augment(translator, pairs, to, drop_duplicates=True)
    assert result.made.written == 0
    assert {row["name"] for row in rows_of(to)} == {"0.1", "4.1", "5.1", "6.1", "7.1"}
    after = bytes_of(to)
    assert all(after[path] == content for path, content in before.items() if path.suffix == ".png")
    assert report_of(to)["left_out"] == ["1.1", "2.1", "3.1"]
    augment(translator, pairs, to)
    assert bytes_of(to) == before


def test_a_class_whose_copies_are_left_out_is_short(plant, pairs, tmp_path):
    stolen = read_pixels(pairs / "train" / "photo" / "5.png", PHOTO)

    def copying(labels, seed):
        return stolen if (labels == 3).any() else painted(labels, seed)

    settings = {"balance": 4, "by": "labels", "vary": Vary(mirror=True)}
    whole = augment(plant(copying), pairs, tmp_path / "new", **settings)
    assert {each.name: each.after for each in whole.classes}["boat"] == 4
    result = augment(plant(copying), pairs, tmp_path / "new", **settings, drop_duplicates=True)
    assert {each.name: each.after for each in result.classes}["boat"] == 1
    assert any(each.startswith("class boat has 1 pairs: copies of it were left out") for each in result.warnings())


def test_the_real_target_of_the_same_input_is_called_that(plant, pairs, tmp_path):
    known = {read_pixels(path, LABELS).tobytes(): path.stem for path in (pairs / "train" / "map").iterdir()}

    def learned_by_heart(labels, seed):
        return read_pixels(pairs / "train" / "photo" / f"{known[labels.tobytes()]}.png", PHOTO)

    result = augment(plant(learned_by_heart), pairs, tmp_path / "new")
    assert [each.own for each in result.copies] == [True] * 8
    assert "= its own input's real target" in result.copies[0].text()


def test_a_collapsed_translator_is_told(plant, pairs, tmp_path):
    answer = painted(draw_labels(77, 1, 2, 3), 77)
    result = augment(plant(lambda labels, seed: answer), pairs, tmp_path / "new", samples=2, vary=Vary(mirror=True))
    assert result.variety.made == result.variety.noise == pytest.approx(0, abs=1e-6)
    assert any("the translator has collapsed to a few answers" in each for each in result.warnings())
    assert any("the samples of one input hardly differ" in each for each in result.warnings())
    assert len(result.repeats) == 15
    kept = augment(
        plant(lambda labels, seed: answer), pairs, tmp_path / "new", samples=2, vary=Vary(mirror=True),
        drop_duplicates=True,
    ).kept  # fmt: skip
    assert len(kept) == 1


def test_noise_that_changes_nothing_is_told_beside_what_was_varied(plant, pairs, tmp_path):
    """The inputs are varied, so that their outputs differ; the noise is told apart from that."""
    result = augment(plant(lambda labels, seed: painted(labels, 0)), pairs, tmp_path / "new", samples=3, vary=VARIED)
    assert result.variety.samples > 0.1
    assert result.variety.noise == pytest.approx(0, abs=1e-6)
    (warning,) = result.variety.sentences()
    assert warning.startswith("the samples of one input hardly differ (0.000; two real targets")


def test_a_translator_that_is_as_it_should_be_has_no_warning(plant, pairs, tmp_path):
    def styled(labels, seed):
        """The shapes of the input under blotches of the seed."""
        blotches = np.kron(np.random.default_rng(seed).integers(0, 160, (8, 8, 3)), np.ones((4, 4, 1), int))
        return (paint(labels, seed) // 3 + blotches).astype(np.uint8)

    result = augment(plant(styled), pairs, tmp_path / "new", samples=3)
    assert result.search.duplicates == []
    assert result.warnings() == []
    assert result.verdict == "24 made pairs; no output is a copy of a real target"


def test_samples_of_one_input_in_other_colours_are_no_copies(plant, pairs, tmp_path):
    """Their grey thumbnails are the same; the distance tells them apart."""

    def coloured(labels, seed):
        blotches = np.kron(np.random.default_rng(seed).integers(-90, 90, (8, 8)), np.ones((4, 4), int))
        grey = paint(labels, int(labels.sum())).mean(axis=2) // 3 + 90
        return np.stack([grey + blotches, grey, grey - blotches], axis=2).clip(0, 255).astype(np.uint8)

    (pairs / "maps").mkdir()
    write_labels(pairs / "maps" / "0.png", draw_labels(1, 1, 2, 3))
    write_labels(pairs / "maps" / "1.png", draw_labels(31, 3, 1))
    result = augment(plant(coloured), pairs / "maps", tmp_path / "new", samples=3)
    assert result.variety.samples > 0.1 * result.variety.made
    assert result.repeats == []


def test_of_a_chain_of_copies_every_other_one_can_stay():
    file = Side(Path("none.png"))

    def twin(name, other, split="made"):
        return Duplicate(name, other, split, "0.95", own=False, files=(file, file))

    chain = [twin("b", "a"), twin("c", "b"), twin("d", "c"), twin("e", "real", "train"), twin("f", "e")]
    assert Search(chain, 1, []).spare() == {"b", "d", "e"}


def test_without_real_pairs_that_is_said(bundle, tmp_path):
    for number in range(3):
        write_labels(tmp_path / "in" / f"{number}.png", draw_labels(number, 1, 2))
    result = augment(bundle, tmp_path / "in", tmp_path / "new")
    assert "there were no real targets to compare with (--against)" in result.verdict
    assert np.isnan(result.variety.real)
    assert report_of(tmp_path / "new")["variety"]["real"] is None
    assert report_of(tmp_path / "new")["variety"]["yardstick"] == "1 - MS-SSIM"


def test_pairs_elsewhere_are_compared_with(plant, pairs, tmp_path):
    write_labels(tmp_path / "in" / "a.png", draw_labels(3, 2))
    stolen = read_pixels(pairs / "train" / "photo" / "6.png", PHOTO)
    result = augment(plant(lambda labels, seed: stolen), tmp_path / "in", tmp_path / "new", against=pairs)
    assert [(each.twin, each.how) for each in result.copies] == [("6", "the same pixels")]
    with pytest.raises(PairsError, match="holds plain images; expected real pairs for --against"):
        augment(plant(painted), pairs, tmp_path / "other", against=tmp_path / "in")


def test_side_by_side_pairs_give_their_input_half(bundle, plant, tmp_path):
    spec = ImageSpec(3)
    for number in range(3):
        labels, photo = paint(draw_labels(number, 1, 2), 5), paint(draw_labels(number, 1, 2), number)
        write_image(tmp_path / "pairs" / f"{number}.png", np.concatenate([photo, labels], axis=1))
    translator = plant(lambda pixels, seed: pixels[::-1], direction="right-to-left", layout="side-by-side", input=spec)
    augment(translator, tmp_path / "pairs", tmp_path / "new")
    row = rows_of(tmp_path / "new")[1]
    assert (row["source"], row["half"], row["right"]) == ("1.png", "right", "right/1.1.png")
    assert np.array_equal(read_raster(tmp_path / "new" / row["right"]).pixels, paint(draw_labels(1, 1, 2), 5))
    assert find_pairs(tmp_path / "new", direction="right-to-left").direction == "right-to-left"


def test_targets_have_the_type_and_range_of_the_target(plant, pairs, tmp_path):
    depth = ImageSpec(1, dtype="uint16", ranges=((0.0, 5000.0),), nodata=(65535.0,), unit="mm")

    def measured(labels, seed):
        return np.where(labels == 0, 65535, 4000 + 10 * labels.astype(np.uint16)).astype(np.uint16)

    pairs_of_maps = pairs / "train" / "map"
    result = augment(plant(measured, target=depth), pairs_of_maps, tmp_path / "new")
    made = read_raster(tmp_path / "new" / rows_of(tmp_path / "new")[0]["photo"]).pixels
    assert made.dtype == np.uint16
    assert set(np.unique(made)) <= {4010, 4020, 4030, 65535}
    assert "--set 'data.target.nodata=[65535.0]'" in result.train_command()


def test_an_input_that_can_not_be_read_is_named_and_the_others_are_made(bundle, tmp_path):
    for number in range(3):
        write_labels(tmp_path / "in" / f"{number}.png", draw_labels(number, 1, 2))
    (tmp_path / "in" / "1.png").write_bytes(b"no image")
    result = augment(bundle, tmp_path / "in", tmp_path / "new")
    assert [row["name"] for row in rows_of(tmp_path / "new")] == ["0.1", "2.1"]
    assert "in/1.png" in result.failed[0]
    for name in ("0.png", "2.png"):
        (tmp_path / "in" / name).unlink()
    with pytest.raises(InputError, match=r"no input can be used; the first: .*1\.png"):
        augment(bundle, tmp_path / "in", tmp_path / "other")


def test_names_never_leave_the_folder(bundle, pairs, tmp_path):
    lines = [
        "map,photo,name",
        "train/map/0.png,train/photo/0.png,../../escaped",
        "train/map/1.png,train/photo/1.png,a:b",
    ]
    (pairs / "manifest.csv").write_text("\n".join(lines))
    augment(bundle, pairs, tmp_path / "deep" / "new")
    assert [row["name"] for row in rows_of(tmp_path / "deep" / "new")] == ["a_b.1", "escaped.1"]
    assert not list(tmp_path.glob("escaped*"))


def test_what_is_no_folder_of_inputs_is_refused(bundle, tmp_path):
    with pytest.raises(ImageError, match="no such folder or manifest"):
        augment(bundle, tmp_path / "nowhere", tmp_path / "new")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageError, match="holds no images; expected inputs of the bundle: 4 classes"):
        augment(bundle, tmp_path / "empty", tmp_path / "new")
    write_labels(tmp_path / "one.png", draw_labels(0, 1))
    with pytest.raises(ImageError, match="is a file; expected a folder of inputs"):
        augment(bundle, tmp_path / "one.png", tmp_path / "new", layout="images")


def test_two_folders_of_other_names_are_classes_not_sides(bundle, tmp_path):
    for name in ("ash", "oak"):
        write_labels(tmp_path / "in" / name / "0.png", draw_labels(len(name), 1))
    result = augment(bundle, tmp_path / "in", tmp_path / "new")
    assert [each.name for each in result.classes] == ["ash", "oak"]
    assert [job.source.name for job in result.plan.jobs] == ["ash/0", "oak/0"]


def test_large_images_are_refused_where_they_would_be_translated_whole(bundle, tmp_path):
    write_pixels(tmp_path / "in" / "0.png", np.zeros((8, 2048 * 2048 // 8 + 1, 1), np.uint8), LABELS)
    with pytest.raises(InputError, match="too many to be translated whole; expected at most 4,194,304"):
        augment(bundle, tmp_path / "in", tmp_path / "new", resize="native")


@pytest.fixture
def animals(tmp_path):
    """A folder a domain: six cats, three wild ones and a single dog to train on, and a dog to test with."""
    for split, name, count in (("train", "cat", 6), ("train", "wild", 3), ("train", "dog", 1), ("test", "dog", 1)):
        for number in range(count):
            seed = 100 * len(split) + 10 * len(name) + number + (name == "dog") * 50
            photo = paint(draw_labels(seed, 1, 2, 3), seed)
            write_image(tmp_path / "animals" / split / name / f"{number}.png", photo)
    return tmp_path / "animals"


@pytest.fixture
def menagerie(tmp_path):
    """A bundle that translates into several domains."""
    domains = ("cat", "dog", "wild")
    torch.manual_seed(0)
    generator = build_generator("labelled", in_channels=3, out_channels=3, domains=3, width=3, blocks=1)
    initialise(generator, gain=0.2)
    config = BundleConfig(generator.description, PHOTO, PHOTO, (32, 32), layout="domains", domains=domains)
    save_bundle(tmp_path / "menagerie", generator, config, "# card\n")
    return tmp_path / "menagerie"


def test_a_rare_domain_is_filled_from_the_others(menagerie, animals, tmp_path):
    result = augment(menagerie, animals, tmp_path / "new", to_domain="dog", balance="max")
    assert [(each.name, each.inputs, each.there, each.made, each.after) for each in result.classes] == [
        ("dog", 9, 1, 5, 6)
    ]
    rows = rows_of(tmp_path / "new")
    assert {row["source"].split("/")[1] for row in rows} <= {"cat", "wild"}
    assert {(row["class"], row["to_domain"]) for row in rows} == {("dog", "dog")}
    assert all(row["dog"] == f"dog/{row['name']}.png" for row in rows)
    assert result.search.compared == 2
    given, made = remake(menagerie, rows[0], animals)
    assert np.array_equal(made, read_pixels(tmp_path / "new" / rows[0]["dog"], PHOTO))
    again, _ = remake(menagerie, rows[0] | {"to_domain": "cat"}, animals)
    assert np.array_equal(again, given)


def test_the_same_folder_is_not_filled_with_another_domain(menagerie, animals, tmp_path):
    augment(menagerie, animals, tmp_path / "new", to_domain="dog")
    with pytest.raises(StorageError, match="other settings"):
        augment(menagerie, animals, tmp_path / "new", to_domain="cat")
    with pytest.raises(BundleError, match="choose one with --to-domain"):
        augment(menagerie, animals, tmp_path / "other")
