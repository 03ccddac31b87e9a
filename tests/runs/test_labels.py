"""From label maps to photos by the recipes made for it, with the commands of every other recipe."""

import numpy as np
import pytest
import yaml

import i2i
from i2i.errors import ConfigError, I2IError, ImageError
from i2i.export import export_bundle
from i2i.graphs import GRAPH_FORMATS
from i2i.images import read_raster, write_image
from i2i.translator.folder import translate_folder

SIDE = 32
TABLE = "value,name,colour\n3,ground,#805020\n8,wall,#c0c0c0\n9,sky,#2060ff\n"
COLOURS = {3: (128, 80, 32), 8: (192, 192, 192), 9: (32, 96, 255)}
TINY = {
    "generator": {"width": 4, "depth": 2, "blocks": 1, "enhancer_blocks": 1},
    "discriminator": {"width": 4, "depth": 1, "scales": 2},
    "loss": {"perceptual_weight": 0.0},
    "training": {"loggers": []},
}


def draw(random: np.random.Generator) -> np.ndarray:
    labels = np.full((SIDE, SIDE, 1), 9, np.uint8)
    labels[int(random.integers(12, 20)) :] = 3
    left = int(random.integers(4, 16))
    labels[6:26, left : left + 10] = 8
    return labels


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Maps of the values 3, 8 and 9, each the photo's colour."""
    root, random = tmp_path_factory.mktemp("labels"), np.random.default_rng(0)
    for number in range(10):
        labels = draw(random)
        photo = np.array([COLOURS.get(value, (0, 0, 0)) for value in range(10)], np.uint8)[labels[..., 0]]
        split = "train" if number < 8 else "test"
        write_image(root / "set" / split / "labels" / f"{number}.png", labels)
        write_image(root / "set" / split / "photos" / f"{number}.png", photo)
    (root / "classes.csv").write_text(TABLE)
    return root


def train(pairs, to, recipe, **data):
    given = {"classes": str(pairs / "classes.csv"), "edges": True, **data}
    tree = {**TINY, "data": {"input": given}}
    return i2i.train(pairs / "set", to=to, recipe=recipe, config=tree, size=SIDE, images=16, batch=4)


@pytest.fixture(scope="module", params=["pix2pixhd", "pix2pixhd-local", "spade"])
def run(request, pairs, tmp_path_factory):
    return train(pairs, tmp_path_factory.mktemp(request.param) / "run", request.param)


def test_the_bundle_needs_no_flag_to_translate_evaluate_and_export(run, pairs, tmp_path):
    translator = i2i.load(run.bundle)
    assert translator.config.input.edges
    assert translator.config.input.planes == 4
    outcome = translate_folder(translator, pairs / "set" / "test" / "labels", tmp_path / "out")
    assert (len(outcome.written), outcome.failed) == (2, {})
    scores = i2i.evaluate(run.bundle, pairs / "set", lpips=None)
    assert "psnr" in scores.rows["i2i"]
    exported = export_bundle(run.bundle, "torchscript", tmp_path / "network.pt")
    labels = draw(np.random.default_rng(5))
    made = GRAPH_FORMATS["torchscript"].runner(exported.path)(labels[None])[0].astype(int)
    assert np.abs(made - i2i.load(run.bundle, resize="native")(labels).astype(int)).max() <= 1


def test_a_label_that_the_bundle_does_not_know_is_one_line_that_names_it(run):
    with pytest.raises(ImageError, match="4") as unknown:
        i2i.load(run.bundle)(np.full((SIDE, SIDE), 4, np.uint8))
    assert "\n" not in str(unknown.value)


def test_a_table_that_disagrees_with_the_files_stops_the_run_and_names_the_label(pairs, tmp_path):
    (tmp_path / "short.csv").write_text(TABLE.replace("8,wall,#c0c0c0\n", ""))
    with pytest.raises(I2IError, match=r"labels.*8") as refused:
        train(pairs, tmp_path / "run", "spade", classes=str(tmp_path / "short.csv"))
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "run" / "bundle").exists()


def test_a_photo_is_no_label_map_for_spade(pairs, tmp_path):
    with pytest.raises(ConfigError, match=r"data\.input is 3 channels uint8"):
        i2i.train(
            pairs / "set", to=tmp_path / "run", recipe="spade", direction="photos-to-labels", config=TINY, size=SIDE
        )
    assert not (tmp_path / "run").exists()


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    """Maps as Cityscapes has them: two objects of class 26 side by side, each with its number."""
    root, random = tmp_path_factory.mktemp("street"), np.random.default_rng(1)
    for number in range(8):
        values = np.full((SIDE, SIDE, 1), 7, np.uint16)
        left = int(random.integers(2, 14))
        values[8:24, left : left + 8], values[8:24, left + 8 : left + 16] = 26001, 26000 + number + 2
        write_image(root / "labels" / f"{number}.png", values)
        write_image(root / "photos" / f"{number}.png", (values % 256).astype(np.uint8).repeat(3, axis=2))
    return root


def test_objects_are_told_apart_from_the_files_to_the_bundle(street, tmp_path):
    tree = {**TINY, "data": {"input": {"classes": "auto", "edges": True, "objects": 1000}}}
    run = i2i.train(street, to=tmp_path / "run", recipe="pix2pixhd", config=tree, size=SIDE, images=8, batch=4)
    spec = i2i.load(run.bundle).config.input
    assert ([each.value for each in spec.classes], spec.objects, spec.planes) == ([7, 26], 1000, 3)
    example = read_raster(sorted((run.bundle / "examples").iterdir())[0]).pixels
    assert example.dtype == np.uint16
    assert len(np.unique(example)) == 3
    labels = read_raster(street / "labels" / "0.png").pixels
    one = np.where(labels > 7, 26001, labels)
    translator = i2i.load(run.bundle)
    assert not np.array_equal(translator(labels), translator(one))
    exported = export_bundle(run.bundle, "torchscript", tmp_path / "network.pt")
    made = GRAPH_FORMATS["torchscript"].runner(exported.path)(labels[None])[0].astype(int)
    assert np.abs(made - i2i.load(run.bundle, resize="native")(labels).astype(int)).max() <= 1


def test_a_network_gives_no_objects(street, tmp_path):
    tree = {**TINY, "data": {"target": {"classes": "auto", "objects": 1000}}}
    with pytest.raises(ConfigError, match=r"data\.target\.objects: a network gives classes, not objects"):
        i2i.train(street, to=tmp_path / "run", direction="photos-to-labels", config=tree, size=SIDE, images=8)


@pytest.mark.parametrize(("direction", "loss"), [("photos-to-labels", "l2"), ("labels-to-photos", "l1")])
def test_what_the_default_weighs_pixels_by_suits_the_target_and_is_on_record(pairs, tmp_path, direction, loss):
    side = "target" if loss == "l2" else "input"
    tree = {"training": {"loggers": []}, "data": {side: {"classes": str(pairs / "classes.csv")}}}
    run = i2i.train(
        pairs / "set", to=tmp_path / "run", direction=direction, config=tree, size=SIDE, width=4, images=8, batch=4
    )
    assert yaml.safe_load((run.folder / "config.yaml").read_text())["loss"]["reconstruction"] == loss
