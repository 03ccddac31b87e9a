"""Trained, evaluated, translated and written in their own type: the images that people really have."""

import json

import numpy as np
import pytest
from PIL import Image

import i2i
from i2i.images import ImageSpec, Metadata, Raster, encode, read_header, read_raster, write_image, write_raster
from i2i.images.raster import Tag
from i2i.translator.folder import translate_file, translate_folder

TINY = {"generator": {"width": 4}, "discriminator": {"width": 4, "depth": 1}, "training": {"loggers": []}}
FLAGS = {"size": 32, "images": 8, "batch": 4}


def train(pairs, to, **data):
    tree = {**TINY, "data": data}
    return i2i.train(pairs, to=to, config=tree, **FLAGS)


def write_pairs(folder, make, count=8, suffix=".png", suffix_of_target=None):
    random = np.random.default_rng(0)
    for number in range(count):
        given, wanted = make(random)
        write_image(folder / "in" / f"{number}{suffix}", given)
        write_image(folder / "out" / f"{number}{suffix_of_target or suffix}", wanted)
    return folder


def smooth(random, channels, low, high, side=32):
    coarse = random.uniform(low, high, (4, 4, channels))
    return np.kron(coarse, np.ones((side // 4, side // 4, 1)))


@pytest.fixture(scope="module")
def depth(tmp_path_factory):
    """Photo to 16-bit depth in millimetres, where 0 and 65535 are no reading."""
    root = tmp_path_factory.mktemp("depth")

    def make(random):
        distance = smooth(random, 1, 500, 4000).astype(np.uint16)
        photo = (255 - distance / 16).clip(0, 255).astype(np.uint8).repeat(3, axis=2)
        distance[:5, :7], distance[-3:, -9:] = 0, 65535
        return photo, distance

    pairs = write_pairs(root / "pairs", make)
    return pairs, train(pairs, root / "run", target={"nodata": [0, 65535], "unit": "mm"})


def test_depth_is_written_as_16_bits_in_the_unit_of_the_files(depth, tmp_path):
    pairs, run = depth
    translator = i2i.load(run.bundle)
    translate_folder(translator, pairs / "in", tmp_path / "out")
    made = read_raster(tmp_path / "out" / "0.png").pixels
    (low, high) = translator.config.target.ranges[0]
    assert (made.dtype, made.shape) == (np.uint16, (32, 32, 1))
    assert 500 <= low <= made.min() <= made.max() <= high <= 4000
    assert made.max() - made.min() > 0  # nor is it black, as 16-bit outputs of others are
    assert isinstance(translator(pairs / "in" / "0.png"), Image.Image)
    assert translator(np.zeros((5, 9, 3), np.uint8)).dtype == np.uint16


def test_depth_is_measured_in_millimetres_and_only_where_there_is_a_reading(depth):
    pairs, run = depth
    found = i2i.evaluate(run.bundle, pairs, split="train", lpips=None)
    errors, reference = [], []
    translator = i2i.load(run.bundle)
    for name in found.names:
        target = read_raster(pairs / "out" / f"{name}.png").pixels.astype(float)
        made = translator(np.asarray(Image.open(pairs / "in" / f"{name}.png"))).astype(float)
        known = (target != 0) & (target != 65535)
        errors.append(np.abs(made - target)[known].mean())
        reference.append(target[known])
    assert found.rows["i2i"]["l1"].mean == pytest.approx(np.mean(errors), rel=1e-3)
    assert (found.measures["l1"].unit, "delta1" in found.measures) == ("mm", True)
    assert "what is no reading in the target left out" in found.protocol
    assert "LPIPS" in found.not_measured
    assert "lpips" not in found.rows["i2i"]
    assert i2i.load(run.bundle).config.training["training"]["best"] == "l1"


def test_a_report_on_depth_can_be_looked_at(depth, tmp_path):
    pairs, run = depth
    found = i2i.evaluate(run.bundle, pairs, split="train", lpips=None)
    found.save(tmp_path / "report", validation=run.folder / "validation.csv")
    sheet = np.asarray(Image.open(tmp_path / "report" / "contact_sheet.png"))
    assert (sheet.reshape(-1, 3) == (255, 0, 255)).all(axis=1).any()  # the gaps of the targets
    scores = json.loads((tmp_path / "report" / "scores.json").read_text())
    assert scores["measures"]["l1"]["unit"] == "mm"
    assert (run.bundle / "README.md").read_text().count("mm") >= 2


@pytest.mark.parametrize(("inputs", "targets", "suffix"), [(5, 12, ".npy"), (12, 5, ".tif"), (3, 32, ".npz")])
def test_many_channels_go_in_and_many_others_come_out(tmp_path, inputs, targets, suffix):
    def make(random):
        given = smooth(random, inputs, -50, 800).astype(np.float32)
        wanted = np.resize(given.transpose(2, 0, 1) / 7, (targets, 32, 32)).transpose(1, 2, 0)
        wanted = wanted.copy()
        wanted[0, 0] = np.nan
        return given, wanted

    pairs = write_pairs(tmp_path / "pairs", make, suffix=suffix)
    run = train(pairs, tmp_path / "run")
    config = i2i.load(run.bundle).config
    assert (config.input.channels, config.target.channels, config.target.dtype) == (inputs, targets, "float32")
    outcome = translate_folder(i2i.load(run.bundle), pairs / "in", tmp_path / "out")
    assert (len(outcome.written), outcome.failed) == (8, {})
    made = read_raster(tmp_path / "out" / f"0{suffix}").pixels
    assert (made.dtype, made.shape) == (np.float32, (32, 32, targets))
    assert np.isfinite(made).all()
    found = i2i.evaluate(run.bundle, pairs, split="train", lpips=None)
    assert np.isfinite(found.rows["i2i"]["l1"].mean)
    assert "LPIPS" in found.not_measured


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    """Photo to a palette image of three classes, one of them 255 for what nobody labelled."""
    root = tmp_path_factory.mktemp("labels")
    random = np.random.default_rng(1)
    colours = {3: (200, 30, 30), 7: (30, 200, 30), 20: (30, 30, 200)}
    for number in range(8):
        values = np.kron(random.choice(list(colours), (4, 4)), np.ones((8, 8))).astype(np.uint8)
        photo = np.array([colours[value] for value in values.ravel()], np.uint8).reshape(32, 32, 3)
        values[:2] = 255
        map_ = Image.fromarray(values).convert("P")
        map_.putpalette([channel for value in range(256) for channel in colours.get(value, (value, value, value))])
        (root / "pairs" / "labels").mkdir(parents=True, exist_ok=True)
        map_.save(root / "pairs" / "labels" / f"{number}.png")
        write_image(root / "pairs" / "photo" / f"{number}.png", photo)
    return root


def test_label_maps_come_out_as_label_maps(labels, tmp_path):
    sides = {"target": {"classes": "auto", "nodata": [255]}}
    run = i2i.train(
        labels / "pairs", to=tmp_path / "run", config={**TINY, "data": sides}, direction="photo-to-labels", **FLAGS
    )
    config = i2i.load(run.bundle).config
    assert [each.value for each in config.target.classes] == [3, 7, 20]
    assert config.generator["out_channels"] == 3
    translate_folder(i2i.load(run.bundle), labels / "pairs" / "photo", tmp_path / "out")
    made = read_raster(tmp_path / "out" / "0.png")
    assert set(np.unique(made.pixels)) <= {3, 7, 20}
    assert made.palette is not None
    assert made.palette[7].tolist() == [30, 200, 30]
    found = i2i.evaluate(run.bundle, labels / "pairs", split="train", lpips=None)
    assert {"mean_iou", "pixel_accuracy"} <= set(found.rows["i2i"])
    assert "psnr" not in found.rows["i2i"]
    assert config.training["training"]["best"] == "mean_iou"


def test_label_maps_go_in_as_classes(labels, tmp_path):
    run = train(labels / "pairs", tmp_path / "run", input={"classes": "auto", "nodata": [255]})
    translator = i2i.load(run.bundle)
    assert translator.config.generator["in_channels"] == 3
    translator(labels / "pairs" / "labels" / "0.png").save(tmp_path / "out.png")
    with pytest.raises(i2i.I2IError, match="holds the label 4 that the class table lacks"):
        translator(np.full((8, 8), 4, np.uint8))


def test_the_place_on_earth_and_the_resolution_are_carried_to_the_output(tmp_path):
    scale = Tag(33550, 12, 3, (0.5, 0.5, 0.0))
    tie = Tag(33922, 12, 6, (0.0, 0.0, 0.0, 5e5, 4e6, 0.0))
    random = np.random.default_rng(0)
    for number in range(8):
        given = smooth(random, 4, 0, 3000).astype(np.int16)
        metadata = Metadata(resolution=(72.0, 72.0, 2), tags=(scale, tie))
        write_raster(tmp_path / "pairs" / "in" / f"{number}.tif", Raster(given, metadata=metadata))
        write_image(tmp_path / "pairs" / "out" / f"{number}.tif", given[:, :, :1] * 2)
    run = train(tmp_path / "pairs", tmp_path / "run")
    translate_file(i2i.load(run.bundle), tmp_path / "pairs" / "in" / "0.tif", [tmp_path / "o.tif"])
    made = read_raster(tmp_path / "o.tif")
    assert (made.pixels.dtype, made.pixels.shape) == (np.int16, (32, 32, 1))
    assert made.metadata.resolution == (72.0, 72.0, 2)
    values = {tag.code: tuple(tag.value) for tag in made.metadata.tags}
    assert (values[33550], values[33922]) == (scale.value, tie.value)


def test_a_wrong_kind_of_image_is_refused_in_words(depth, tmp_path):
    translator = i2i.load(depth[1].bundle)
    for array, expected in (
        (np.zeros((4, 4, 5), np.uint8), "has 5 channels; expected 3"),
        (np.zeros((4, 4, 3), np.uint16), "is uint16; expected uint8"),
        (np.zeros((4, 4, 3), np.int64), "is int64; expected"),
        (np.zeros((0, 4, 3), np.uint8), "at least one pixel"),
    ):
        with pytest.raises(i2i.I2IError, match=expected):
            translator(array)


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    root = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(0)
    for number in range(8):
        write_image(root / f"{number}.png", smooth(random, 3, 0, 255, side=48).astype(np.uint8))
    return root


@pytest.mark.parametrize(("task", "channels"), [("colourise", 1), ("inpaint", 4), ("edges", 1)])
def test_a_task_makes_the_pairs_while_it_trains(photos, tmp_path, task, channels):
    run = i2i.train(photos, to=tmp_path / "run", task=task, config=TINY, **FLAGS)
    translator = i2i.load(run.bundle)
    assert translator.config.generator["in_channels"] == channels
    assert translator.config.task == task
    found = i2i.evaluate(run.bundle, photos, lpips=None)
    assert len(found.names) == 1  # the photo that was held out
    assert np.isfinite(found.rows["i2i"]["psnr"].mean)
    assert found.rows["i2i"] == i2i.evaluate(run.bundle, photos, lpips=None).rows["i2i"]


def test_colour_alone_leaves_the_light_and_dark_of_the_input_as_they_are(photos, tmp_path):
    run = i2i.train(photos, to=tmp_path / "run", task="colourise-ab", config=TINY, **FLAGS)
    grey = np.random.default_rng(0).integers(40, 200, (50, 61, 1), dtype=np.uint8)
    for resize in ("native", "training"):
        translator = i2i.load(run.bundle, resize=resize)
        assert translator.config.generator["out_channels"] == 2
        coloured = translator(grey)
        lightness = [encode(image, ImageSpec(3, space="lab"))[0] for image in (coloured, grey.repeat(3, axis=2))]
        assert (lightness[0] - lightness[1]).abs().mean() < 0.01
    translate_file(translator, photos / "0.png", [tmp_path / "tiles.png"], tile=32)
    assert np.isfinite(i2i.evaluate(run.bundle, photos, lpips=None).rows["i2i"]["psnr"].mean)


def test_super_resolution_gives_larger_images(photos, tmp_path):
    run = i2i.train(photos, to=tmp_path / "run", task="super-resolve-2", config=TINY, **FLAGS)
    translate = i2i.load(run.bundle)
    assert translate(np.zeros((20, 30, 3), np.uint8)).shape == (40, 60, 3)
    translate_file(translate, photos / "0.png", [tmp_path / "large.png"])
    header = read_header(tmp_path / "large.png")
    assert (header.height, header.width) == (96, 96)


def test_groups_are_held_out_whole_and_found_again_by_evaluate(tmp_path):
    def make(random):
        return (smooth(random, 1, 0, 255).astype(np.uint8),) * 2

    pairs = write_pairs(tmp_path / "pairs", make)
    for side in ("in", "out"):
        for path in sorted((pairs / side).iterdir()):
            path.rename(path.with_name(f"scene{int(path.stem) % 4}-{path.stem}.png"))
    run = train(pairs, tmp_path / "run", group="^scene[0-9]", validation=0.25)
    split = json.loads((run.folder / "split.json").read_text())
    scenes = [{name[:6] for name in split[part]} for part in ("train", "held out")]
    assert (len(scenes[0]), len(scenes[1]), scenes[0] & scenes[1]) == (3, 1, set())
    assert sorted(i2i.evaluate(run.bundle, pairs, lpips=None).names) == sorted(split["held out"])


def test_a_list_of_held_out_pairs_goes_into_the_bundle(tmp_path):
    pairs = write_pairs(tmp_path / "pairs", lambda random: (smooth(random, 1, 0, 255).astype(np.uint8),) * 2)
    (tmp_path / "list.txt").write_text("3\n5\n")
    run = train(pairs, tmp_path / "run", validation_list=str(tmp_path / "list.txt"))
    (tmp_path / "list.txt").unlink()
    assert i2i.evaluate(run.bundle, pairs, lpips=None).names == ["3", "5"]


def test_a_large_image_is_translated_in_tiles_and_named_where_it_can_not_be(depth, tmp_path, monkeypatch):
    translator = i2i.load(depth[1].bundle, resize="native")
    large = tmp_path / "in" / "large.png"
    write_image(large, np.random.default_rng(0).integers(0, 256, (150, 170, 3), dtype=np.uint8))
    monkeypatch.setattr("i2i.translator.folder.TILED_FROM", 150 * 169)
    calls = []
    translate_file(translator, large, [tmp_path / "o.png"], progress=lambda *done: calls.append(done))
    assert calls[-1][0] == calls[-1][1] > 20
    told = len(calls)
    made = read_raster(tmp_path / "o.png").pixels
    assert (made.shape, made.dtype) == ((150, 170, 1), np.uint16)
    translate_file(translator, large, [tmp_path / "off.png"], tile="off", progress=calls.append)
    assert len(calls) == told
    monkeypatch.setattr("i2i.translator.folder.PIXEL_LIMIT", 150 * 169)
    with pytest.raises(i2i.I2IError, match=r"large.png: has 170x150 pixels.*translate it in tiles \(--tile 32\)"):
        translate_file(translator, large, [tmp_path / "no.png"], tile="off")
    outcome = translate_folder(i2i.load(depth[1].bundle), large.parent, tmp_path / "out", tile=32)
    assert [path.name for path in (tmp_path / "out").glob("[a-z]*")] == ["large.tif"]
    assert outcome.failed == {}
