"""A bridge by the same commands as pix2pix: train, translate, sample, tile, evaluate, explain, export, serve."""

import json

import numpy as np
import pytest
import torch
from tiny import SIDE, TINY, draw_pair

import i2i
from i2i.bundle import load_bundle, read_bundle_config
from i2i.errors import ConfigError
from i2i.evaluation import evaluate
from i2i.graphs import GRAPH_FORMATS
from i2i.images import read_raster, write_image
from i2i.training import train
from i2i.translator.explaining import Explainer
from i2i.translator.tiling import translate_pixels_tiled

SMALL = {**TINY, "generator": {"width": 4, "depth": 1}, "translation": {"steps": 3}}


@pytest.fixture(scope="module")
def run(pairs, tmp_path_factory):
    return train(pairs, to=tmp_path_factory.mktemp("bridge") / "r", recipe="bridge", config=SMALL)


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    path = tmp_path_factory.mktemp("photo") / "box.png"
    write_image(path, draw_pair(500)[0])
    return path


def test_the_bundle_keeps_the_steps_and_the_card_says_how_it_was_made(run):
    config = read_bundle_config(run.bundle)
    assert config.translation.steps == 3
    assert config.generator["name"] == "bridge"
    assert load_bundle(run.bundle).generator.steps == 3
    assert not (run.bundle / "discriminator.safetensors").exists()
    card = (run.bundle / "README.md").read_text()
    assert "square of the error along a Brownian bridge, noise 1" in card
    assert "in 3 steps" in card
    header = (run.folder / "losses.csv").read_text().splitlines()[0]
    assert header == "images_seen,seconds,generator.bridge,lr.generator"


def test_the_kept_weights_are_averaged_ones(run):
    checkpoint = torch.load(run.folder / "checkpoint.pt", weights_only=True)
    assert set(checkpoint["ema"]) == {"generator"}


def test_its_answers_follow_the_seed_and_the_steps(run, photo):
    translator = i2i.load(run.bundle)
    assert translator.is_random
    assert ", 3 steps, " in translator.describe()
    answers = [np.asarray(each) for each in translator.sample(photo, 2, seed=5)]
    assert answers[0].shape == (SIDE, SIDE, 3)
    assert not np.array_equal(*answers)
    assert np.array_equal(np.asarray(translator(photo, seed=5)), answers[0])
    assert not np.array_equal(np.asarray(i2i.load(run.bundle, steps=4)(photo, seed=5)), answers[0])


def test_one_step_draws_nothing_and_says_so_when_samples_are_asked_for(run, photo):
    translator = i2i.load(run.bundle, steps=1)
    assert not translator.is_random
    assert ", 1 step, " in translator.describe()
    assert np.array_equal(np.asarray(translator(photo, seed=1)), np.asarray(translator(photo, seed=2)))
    with pytest.raises(ConfigError, match="it takes one step, which gives the mean"):
        translator.sample(photo, 2)
    packed = i2i.load(run.bundle, steps=1, engine="packed")
    difference = np.asarray(packed(photo)).astype(int) - np.asarray(translator(photo))
    assert np.abs(difference).max() <= 1


def test_engines_that_draw_no_noise_refuse_more_steps(run, photo):
    with pytest.raises(ConfigError, match="engine 'packed': it draws noise, which only eager draws by the seed"):
        i2i.load(run.bundle, engine="packed")(photo)
    assert i2i.load(run.bundle, engine="auto").chosen.name == "eager"


@pytest.mark.parametrize("steps", ["0", "-2"])
def test_no_steps_are_refused(run, i2i, photo, tmp_path, steps):
    status, _, error = i2i("translate", run.bundle, photo, "--to", tmp_path / "out.png", "--steps", steps)
    assert status == 2
    assert f"--steps {steps}: expected at least 1, such as 8" in error


def test_steps_of_a_translator_that_answers_at_once_are_refused(pairs, i2i, photo, tmp_path):
    once = train(pairs, to=tmp_path / "unet", config={**TINY, "training": {**TINY["training"], "images": 2}})
    status, _, error = i2i("translate", once.bundle, photo, "--to", tmp_path / "out.png", "--steps", 4)
    assert status == 2
    assert "its unet answers at once, not in steps; leave out --steps" in error
    with pytest.raises(ConfigError, match=r"translation\.steps=4: the unet answers at once"):
        train(pairs, to=tmp_path / "other", config={**TINY, "translation": {"steps": 4}})
    with pytest.raises(ConfigError, match="the bridge works step by step, which method pix2pix can't teach it"):
        train(pairs, to=tmp_path / "other", config={**TINY, "generator": {"name": "bridge"}})


def test_a_folder_of_samples_is_written_by_the_command(run, i2i, photo, tmp_path):
    arguments = ("translate", run.folder, photo.parent, "--to", tmp_path / "out", "--samples", 2, "--steps", 2)
    status, output, error = i2i(*arguments)
    assert status == 0, error
    assert "2 steps" in output
    assert sorted(path.name for path in (tmp_path / "out").glob("*.png")) == ["box.1.png", "box.2.png"]
    first = read_raster(tmp_path / "out" / "box.1.png").pixels
    assert np.array_equal(first, np.asarray(load_by_steps(run, 2)(photo, seed=0)))


def load_by_steps(run, steps):
    return i2i.load(run.bundle, steps=steps)


def test_a_bridge_is_evaluated_under_the_protocol_of_its_steps(run, pairs):
    scores = evaluate(run.bundle, pairs, lpips=None, steps=2)
    assert "2 steps" in scores.protocol
    assert scores.rows["i2i"]["psnr"].mean > 5


def test_where_its_answers_differ_can_be_explained(run):
    explainer = Explainer(i2i.load(run.bundle))
    pixels = draw_pair(500)[0]
    assert float(explainer.uncertainty(pixels, samples=3).values.max()) > 1
    assert np.isfinite(explainer.influence(pixels, (8, 8)).values).all()
    with pytest.raises(ConfigError, match="no discriminator"):
        explainer.patches(pixels)
    with pytest.raises(ConfigError, match="it takes one step"):
        Explainer(i2i.load(run.bundle, steps=1)).uncertainty(pixels)


def test_the_mean_is_exported_and_samples_are_not(run, tmp_path):
    with pytest.raises(ConfigError, match=r"draws its outputs in 3 steps.*--steps 1 exports the mean"):
        i2i.export_bundle(run.bundle, "torchscript", tmp_path / "bridge.pt")
    exported = i2i.export_bundle(run.bundle, "torchscript", tmp_path / "bridge.pt", steps=1)
    assert exported.report["parity"]["max_difference"] <= 1
    graph = GRAPH_FORMATS["torchscript"].runner(exported.path)
    pixels = draw_pair(500)[0]
    expected = i2i.load(run.bundle, steps=1, resize="native")(pixels)
    assert np.abs(graph(pixels[None])[0].astype(int) - expected).max() <= 1


def test_tiles_draw_the_same_where_they_overlap_and_leave_no_seam(run):
    translator = i2i.load(run.bundle, resize="native", steps=2)
    pixels = np.concatenate([np.concatenate([draw_pair(8)[0]] * 3, axis=1)] * 2, axis=0)
    tiled = translate_pixels_tiled(translator, pixels, tile=48, seed=3).astype(float)
    assert translator.generator.place is None
    translator.generator.place = (0, 0)
    whole, other = (translator.translate(pixels, seed=seed).astype(float) for seed in (3, 4))
    assert np.abs(tiled - whole).mean() < 0.1 * np.abs(other - whole).mean()


def test_colour_becomes_grey(pairs, tmp_path):
    """Input and target of other channels, between which no bridge could be laid pixel by pixel."""
    changes = {"data": {**SMALL["data"], "input": {"channels": 3}, "target": {"channels": 1}}}
    grey = train(pairs, to=tmp_path / "grey", recipe="bridge", config={**SMALL, **changes})
    assert i2i.load(grey.bundle)(draw_pair(3)[0]).shape == (SIDE, SIDE, 1)


def test_a_student_can_not_learn_from_it(run, i2i, tmp_path):
    status, _, error = i2i("distill", run.folder, "--to", tmp_path / "student")
    assert status == 2
    assert "works in steps" in error
    assert not (tmp_path / "student").exists()


def test_the_validation_and_the_doctor_cope_without_a_judge(run):
    rows = (run.folder / "symptoms.csv").read_text().splitlines()
    values = dict(zip(rows[0].split(","), rows[-1].split(","), strict=True))
    assert values["right_real"] == "nan"
    assert float(values["contrast"]) > 0
    assert json.loads((run.bundle / "config.json").read_text())["scores"]["sliced_wasserstein"]["mean"] > 0
