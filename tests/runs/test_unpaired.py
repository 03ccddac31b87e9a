"""Methods without partners, by the same commands as pix2pix: train, translate, evaluate, export, in both directions."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tiny import SIDE, TINY, draw_pair

import i2i
from i2i.bundle import load_bundle, load_discriminator, read_bundle_config
from i2i.config import overlay, to_tree
from i2i.errors import BundleError, ConfigError, PairsError
from i2i.evaluation.baselines import COPY, REAL
from i2i.export.importers.single_file import unpack
from i2i.images import read_raster, write_image
from i2i.training import train
from i2i.translator.folder import translate_folder

SMALL = {**TINY, "data": {"size": [SIDE, SIDE]}, "generator": {"width": 4, "blocks": 1}}


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    """Boxes on grey, and darker ones under other names: 12 and 9 to train on, 4 and 3 to test with."""
    root = tmp_path_factory.mktemp("sets")
    for split, counts, first in (("train", (12, 9), 0), ("test", (4, 3), 500)):
        for number in range(counts[0]):
            write_image(root / f"{split}A" / f"box{number}.png", draw_pair(first + number)[0])
        for number in range(counts[1]):
            write_image(root / f"{split}B" / f"{number}.png", draw_pair(first + 100 + number)[1] // 2)
    return root


@pytest.fixture(scope="module")
def run(sets, tmp_path_factory):
    return train(sets, to=tmp_path_factory.mktemp("run") / "r", recipe="cyclegan", config=SMALL)


def test_a_run_says_what_it_was_trained_on_and_draws_what_comes_back(run):
    split = json.loads((run.folder / "split.json").read_text())
    assert (len(split["train"]), len(split["held out"])) == (11, 1)
    header = (run.folder / "validation.csv").read_text().splitlines()[0]
    assert header == "images_seen,sliced_wasserstein,reverse.sliced_wasserstein"
    sheet = read_raster(run.folder / "samples" / "00000024.png").pixels
    assert 3 * SIDE < sheet.shape[1] < 4 * SIDE, "input, output, back"
    assert 2 * SIDE < sheet.shape[0] < 3 * SIDE, "one held-out image of either set"
    config = read_bundle_config(run.bundle)
    assert config.layout == "unpaired"
    assert config.directions == ("A-to-B", "B-to-A")
    assert set(config.scores) == set(config.reverse.scores) == {"sliced_wasserstein"}
    card = (run.bundle / "README.md").read_text()
    assert "two sets of up to 11 images" in card
    assert "`--direction B-to-A`" in card


def test_the_best_is_where_both_directions_together_are_best(run):
    rows = [row.split(",") for row in (run.folder / "validation.csv").read_text().splitlines()[1:]]
    sums = [float(there) + float(back) for _, there, back in rows]
    config = read_bundle_config(run.bundle)
    kept = sum(each["sliced_wasserstein"]["mean"] for each in (config.scores, config.reverse.scores))
    assert kept == pytest.approx(min(sums), rel=1e-4)


def test_each_direction_is_its_own_translator(run):
    image = draw_pair(900)[0]
    there, back = i2i.load(run.bundle), i2i.load(run.bundle, direction="b-to-a")
    assert "A-to-B" in there.describe()
    assert "B-to-A" in back.describe()
    outputs = [there(image), back(image), i2i.load(run.bundle, direction="A-to-B")(image)]
    assert not np.array_equal(outputs[0], outputs[1])
    assert np.array_equal(outputs[0], outputs[2])
    saved = load_file(run.bundle / "reverse.safetensors")
    assert all(torch.equal(saved[name], tensor) for name, tensor in back.generator.state_dict().items())
    with pytest.raises(BundleError, match="has no direction 'A-to-C'; it translates A-to-B and B-to-A"):
        i2i.load(run.bundle, direction="A-to-C")


def test_each_direction_has_its_own_judge(run):
    checkpoint = torch.load(run.folder / "checkpoint.pt", weights_only=True)["networks"]
    for direction, name in (("A-to-B", "discriminator"), ("B-to-A", "reverse_discriminator")):
        judge = load_discriminator(run.bundle, direction).state_dict()
        assert judge.keys() == checkpoint[name].keys()
    assert not torch.equal(*(next(iter(load_discriminator(run.bundle, d).parameters())) for d in ("A-to-B", "B-to-A")))


def test_folders_of_the_two_directions_are_kept_apart(run, sets, tmp_path):
    there, back = i2i.load(run.bundle), i2i.load(run.bundle, direction="B-to-A")
    assert len(translate_folder(there, sets / "testA", tmp_path / "out").written) == 4
    with pytest.raises(i2i.I2IError, match="by another bundle or other settings"):
        translate_folder(back, sets / "testB", tmp_path / "out")


def test_sets_are_compared_as_sets_beside_real_targets(run, sets, tmp_path):
    for direction, inputs in (("A-to-B", 4), ("B-to-A", 3)):
        found = i2i.evaluate(run.bundle, sets, direction=direction)
        assert len(found.names) == inputs
        assert list(found.measures) == ["sliced_wasserstein"]
        assert set(found.rows) == {"i2i", COPY, REAL}
        assert found.not_measured["measures of pairs"] == "the images have no partners"
        assert f"Two sets without partners: split test of {sets.name}, {direction}" in found.protocol
        assert "trained A-to-B!" not in found.protocol
        assert found.worst == []
        page = found.save(tmp_path / direction).read_text()
        assert "any target" in page
        assert "The worst" not in page
    rows = {row: values["sliced_wasserstein"].mean for row, values in found.rows.items()}
    assert rows[REAL] < rows[COPY]


def test_equal_names_are_pairs_if_the_user_says_so(run, tmp_path):
    for number in range(4):
        given, wanted = draw_pair(700 + number)
        write_image(tmp_path / "A" / f"{number}.png", given)
        write_image(tmp_path / "B" / f"{number}.png", wanted)
    assert "psnr" not in i2i.evaluate(run.bundle, tmp_path, lpips=None).measures
    assert "psnr" in i2i.evaluate(run.bundle, tmp_path, layout="folders", lpips=None).measures


def test_one_file_holds_both_directions(run, tmp_path):
    file = i2i.export_bundle(run.bundle, "safetensors", tmp_path / "one.safetensors").path
    unpack(file, tmp_path / "again")
    for direction in ("A-to-B", "B-to-A"):
        one, other = (load_bundle(path, direction) for path in (run.bundle, tmp_path / "again"))
        assert one.config == other.config
        for name, tensor in one.generator.state_dict().items():
            assert torch.equal(tensor, other.generator.state_dict()[name])


def test_a_graph_is_of_the_direction_asked_for(run, tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    monkeypatch.chdir(tmp_path)
    exported = i2i.export_bundle(run.bundle, "onnx", direction="B-to-A")
    assert exported.path.name == "r-B-to-A.onnx"
    assert exported.report["direction"] == "B-to-A"
    assert exported.report["parity"]["of_tolerance"] <= 1
    with pytest.raises(ConfigError, match="leave out --direction"):
        i2i.export_bundle(run.bundle, "safetensors", direction="B-to-A")


@pytest.mark.parametrize("recipe", ["cyclegan", "cut", "fastcut"])
def test_pairs_are_taken_apart_to_train_and_together_to_measure(pairs, tmp_path, recipe, caplog):
    done = train(pairs, to=tmp_path / "r", recipe=recipe, config=overlay_tiny(images=4))
    config = read_bundle_config(done.bundle)
    assert config.layout == "side-by-side"
    assert "psnr" in config.scores
    assert len(config.directions) == (2 if recipe == "cyclegan" else 1)
    found = i2i.evaluate(done.bundle, pairs, lpips=None)
    assert "psnr" in found.measures
    if recipe != "cyclegan":
        with pytest.raises(BundleError, match="it translates left-to-right;"):
            i2i.load(done.bundle, direction="right-to-left")


def overlay_tiny(**training):
    return {**SMALL, "training": {**SMALL["training"], **training}, "contrast": {"patches": 16, "width": 8}}


def test_sets_without_partners_are_no_pairs(sets, pairs, tmp_path):
    with pytest.raises(PairsError, match="these look unpaired: --recipe cyclegan"):
        train(sets, to=tmp_path / "r", config=TINY | {"data": {"size": [SIDE, SIDE]}})
    with pytest.raises(ConfigError, match=r"data\.layout is 'unpaired', and pix2pix learns from pairs"):
        train(sets, to=tmp_path / "r", config=TINY, layout="unpaired")
    with pytest.raises(ConfigError, match=r"makes pairs, and cyclegan learns without partners"):
        train(sets / "trainA", to=tmp_path / "r", recipe="cyclegan", config=SMALL, task="colourise")
    with pytest.raises(ConfigError, match="'psnr' is not measured"):
        train(sets, to=tmp_path / "r", recipe="cut", config=overlay_tiny(best="psnr"))
    with pytest.raises(PairsError, match="expected a folder a side"):
        train(pairs, to=tmp_path / "r", recipe="cut", config=SMALL, layout="unpaired")
    assert not (tmp_path / "r").exists()


def write_shapes(root, counts, first=0):
    """Red shapes on grey in A, blue ones in B, at places that have nothing to do with each other."""
    for side, count, colour in (("A", counts, (220, 40, 40)), ("B", counts, (40, 40, 220))):
        for number in range(count):
            image, _ = draw_shape(first + number + (10_000 if side == "B" else 0), colour)
            write_image(root / side / f"{side}{number}.png", image)
    return root


def draw_shape(seed, colour):
    """A rectangle, (32, 32, 3), and where it is, (32, 32)."""
    random = np.random.default_rng(seed)
    image, place = np.full((SIDE, SIDE, 3), 200, np.uint8), np.zeros((SIDE, SIDE), bool)
    (top, left), (height, width) = random.integers(2, SIDE - 16, 2), random.integers(9, 14, 2)
    place[top : top + height, left : left + width] = True
    image[place] = colour
    return image, place


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ["cyclegan", "cut"])
def test_colours_are_swapped_and_shapes_stay_where_they_are(tmp_path, recipe):
    """The toy whose answer is known, though no red shape was ever shown beside its blue one."""
    config = {
        "data": {"size": [SIDE, SIDE], "jitter": 1.0},
        "generator": {"width": 8, "blocks": 2},
        "discriminator": {"width": 16, "depth": 1},
        "contrast": {"patches": 64, "width": 32},
        "optimizer": {"learning_rate": 1e-3},
        "training": {"images": 400, "loggers": [], "validate_every_images": 100, "samples": 4},
    }
    done = train(write_shapes(tmp_path / "shapes", 60), to=tmp_path / "r", recipe=recipe, config=config)
    ways = [("A-to-B", (220, 40, 40), (40, 40, 220))]
    if recipe == "cyclegan":
        ways.append(("B-to-A", (40, 40, 220), (220, 40, 40)))
    for direction, colour, wanted in ways:
        translator, overlaps, moved = i2i.load(done.bundle, direction=direction), [], []
        for seed in range(5000, 5010):
            given, place = draw_shape(seed, colour)
            output = translator(given).astype(int)
            swapped = np.abs(output - wanted).sum(axis=2) < np.abs(output - (200, 200, 200)).sum(axis=2)
            overlaps.append((swapped & place).sum() / (swapped | place).sum())
            moved.append(np.abs(np.argwhere(swapped).mean(axis=0) - np.argwhere(place).mean(axis=0)).max())
            assert np.abs(output[place] - wanted).mean() < 0.6 * np.abs(output[place] - colour).mean(), (
                direction,
                seed,
            )
        assert np.mean(overlaps) > 0.35, (direction, overlaps)  # by chance it is 0.1
        assert np.mean(moved) < 2.5, (direction, moved)  # of 32 pixels


def test_their_settings_go_through_yaml():
    for name in ("cyclegan", "cut", "fastcut"):
        config = i2i.RECIPES[name].config(name)
        assert overlay(config, to_tree(config)) == config
