"""A folder a domain, one translator into all of them: trained, measured, used, exported and served."""

import json
import shutil

import numpy as np
import pytest
import torch
from tiny import SIDE, TINY

import i2i
from i2i.bundle import load_bundle, load_discriminator, read_bundle_config
from i2i.cards.front_matter import parted
from i2i.config import overlay, to_tree
from i2i.discriminators import Classifying
from i2i.errors import BundleError, ConfigError, PairsError
from i2i.evaluation.baselines import COPY, REAL
from i2i.evaluation.quantising import quantise_bundle
from i2i.export.importers.single_file import unpack
from i2i.images import read_raster, write_image
from i2i.server.worker import load_models
from i2i.training import train
from i2i.translator.folder import translate_folder

HUES = {"blue": (40, 40, 220), "green": (40, 180, 40), "sea red": (220, 40, 40)}
GREY = 128

SMALL = {
    **TINY,
    "data": {"size": [SIDE, SIDE]},
    "generator": {"width": 4, "blocks": 1},
    "discriminator": {"width": 4, "depth": 2},
    "training": {**TINY["training"], "images": 24, "batch": 3, "discriminator_steps": 2, "validate_every_images": 12},
}


def draw_shape(seed, colour):
    """A turned ellipse or box on grey, (32, 32, 3), and where it is, (32, 32)."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:SIDE, :SIDE]
    (top, left), (a, b), turn = random.uniform(10, 22, 2), random.uniform(5, 9, 2), random.uniform(0, np.pi)
    y = (rows - top) * np.cos(turn) + (columns - left) * np.sin(turn)
    x = (columns - left) * np.cos(turn) - (rows - top) * np.sin(turn)
    is_round = random.random() < 0.5
    place = (y / a) ** 2 + (x / b) ** 2 < 1 if is_round else (abs(y) < 0.8 * a) & (abs(x) < 0.8 * b)
    image = np.full((SIDE, SIDE, 3), GREY, np.uint8)
    image[place] = colour
    return image, place


def write_hues(root, count, first=0):
    for place, (name, colour) in enumerate(HUES.items()):
        for number in range(count - place):  # of unlike sizes
            write_image(root / name / f"{number}.png", draw_shape(10_000 * place + first + number, colour)[0])
    return root


@pytest.fixture(scope="module")
def hues(tmp_path_factory):
    root = tmp_path_factory.mktemp("hues")
    write_hues(root / "train", 8)
    write_hues(root / "test", 5, first=500)
    return root


@pytest.fixture(scope="module")
def run(hues, tmp_path_factory):
    return train(hues, to=tmp_path_factory.mktemp("run") / "r", recipe="stargan", config=SMALL)


def test_a_run_says_what_it_was_trained_on_and_draws_every_domain(run):
    split = json.loads((run.folder / "split.json").read_text())
    assert (len(split["train"]), len(split["held out"])) == (18, 3), "one of each domain"
    config = read_bundle_config(run.bundle)
    assert (config.layout, config.domains, config.direction) == ("domains", ("blue", "green", "sea red"), "")
    assert config.training["domains"]["names"] == list(config.domains)
    columns = (run.folder / "validation.csv").read_text().splitlines()[0].split(",")
    expected = [
        key + domain for key in ("sliced_wasserstein", "recognised") for domain in ("", *(f".{d}" for d in HUES))
    ]
    assert columns == ["images_seen", *expected]
    assert set(json.loads((run.folder / "measures.json").read_text())) == set(expected) == set(config.scores)
    sheet = read_raster(run.folder / "samples" / "00000024.png").pixels
    assert 4 * SIDE < sheet.shape[1] < 5 * SIDE, "input, and each domain"
    assert 2 * SIDE < sheet.shape[0] < 3 * SIDE, "a row each of the first two held-out images"
    header = (run.folder / "losses.csv").read_text().splitlines()[0]
    assert "generator.cycle" in header, "though the generator first learns at the second step"
    assert "discriminator.gradient-penalty" in header
    metadata, card = parted((run.bundle / "README.md").read_text())
    assert "stargan" in metadata["tags"]
    assert "# blue, green, sea red translator" in card
    assert "--to-domain blue" in card
    assert 'to_domain="blue"' in card
    assert "18 images of 3 domains" in card


def test_the_score_that_chooses_is_the_mean_over_the_domains(run):
    scores = read_bundle_config(run.bundle).scores
    for key in ("sliced_wasserstein", "recognised"):
        parts = [scores[f"{key}.{domain}"]["mean"] for domain in HUES]
        assert scores[key]["mean"] == pytest.approx(np.mean(parts))
    rows = [row.split(",") for row in (run.folder / "validation.csv").read_text().splitlines()[1:]]
    assert scores["sliced_wasserstein"]["mean"] == pytest.approx(min(float(row[1]) for row in rows), rel=1e-4)


def test_a_validation_scores_as_an_evaluation_of_the_held_out_images_does(run, hues):
    scores, found = read_bundle_config(run.bundle).scores, i2i.evaluate(run.bundle, hues, split="held-out")
    for key, score in scores.items():
        assert found.rows["i2i"][key].mean == pytest.approx(score["mean"], rel=1e-4), key


def test_each_domain_is_a_translation_of_its_own(run):
    image = draw_shape(900, HUES["blue"])[0]
    outputs = {name: i2i.load(run.bundle, to_domain=name)(image) for name in HUES}
    assert not np.array_equal(outputs["blue"], outputs["green"])
    generator = load_bundle(run.bundle).generator.eval()
    with torch.no_grad():
        given = (torch.from_numpy(image).permute(2, 0, 1)[None].float() / 127.5) - 1
        expected = generator(given, torch.eye(3)[1:2])
    made = torch.from_numpy(outputs["green"]).permute(2, 0, 1)[None].float() / 127.5 - 1
    assert (made - expected).abs().max() < 0.01
    assert "to green" in i2i.load(run.bundle, to_domain="green").describe()


@pytest.mark.parametrize("engine", ["packed", "onnxruntime", "openvino"])
def test_no_engine_mixes_the_domains_up(run, engine):
    pytest.importorskip({"packed": "torch"}.get(engine, engine))
    image = draw_shape(900, HUES["blue"])[0]
    for name in ("green", "sea red"):
        exact, quick = (i2i.load(run.bundle, to_domain=name, engine=each)(image) for each in ("eager", engine))
        assert np.abs(exact.astype(int) - quick.astype(int)).max() <= 1


def test_a_domain_is_asked_for_by_its_name(run, pairs, tmp_path):
    with pytest.raises(BundleError, match="translates into blue or green or sea red; choose one with --to-domain blue"):
        i2i.load(run.bundle)
    with pytest.raises(BundleError, match="--to-domain gren: did you mean 'green'"):
        i2i.load(run.bundle, to_domain="gren")
    plain = train(pairs, to=tmp_path / "plain", config=TINY | {"training": {**TINY["training"], "images": 2}})
    with pytest.raises(BundleError, match="translates into no domain of several; leave out --to-domain"):
        i2i.load(plain.bundle, to_domain="green")
    load_bundle(run.bundle)  # to look at it needs no choice


def test_folders_of_two_domains_are_kept_apart(run, hues, tmp_path):
    there, other = (i2i.load(run.bundle, to_domain=name) for name in ("green", "sea red"))
    assert len(translate_folder(there, hues / "test" / "blue", tmp_path / "out").written) == 5
    with pytest.raises(i2i.I2IError, match="by another bundle or other settings"):
        translate_folder(other, hues / "test" / "blue", tmp_path / "out")


def test_every_domain_is_scored_beside_real_images_of_it(run, hues, tmp_path):
    found = i2i.evaluate(run.bundle, hues)
    assert set(found.rows) == {"i2i", COPY, REAL}
    assert list(found.measures) == [
        key + domain for key in ("recognised", "sliced_wasserstein") for domain in ("", *(f".{d}" for d in HUES))
    ]
    assert len(found.names) == (4 + 3) + (5 + 3) + (5 + 4), "the images of all others, into each"
    assert len(found.per_image["i2i"]["recognised"]) == len(found.names)
    whole = found.rows["i2i"]["recognised"]
    assert whole.low is not None
    assert whole.mean == pytest.approx(np.mean(found.per_image["i2i"]["recognised"]))
    parts = [found.rows["i2i"][f"sliced_wasserstein.{domain}"].mean for domain in HUES]
    assert found.rows["i2i"]["sliced_wasserstein"].mean == pytest.approx(np.mean(parts))
    assert found.rows[REAL]["sliced_wasserstein"].mean < found.rows[COPY]["sliced_wasserstein"].mean
    assert "Into each of 3 domains (blue, green, sea red)" in found.protocol
    page = found.save(tmp_path / "report").read_text()
    assert "to sea red" in page
    assert "any target" in page
    one = i2i.evaluate(run.bundle, hues, to_domain="green")
    assert one.rows["i2i"]["sliced_wasserstein"].mean == found.rows["i2i"]["sliced_wasserstein.green"].mean
    assert len(one.names) == 8
    with pytest.raises(BundleError, match="did you mean 'green'"):
        i2i.evaluate(run.bundle, hues, to_domain="gren")


def test_recognised_is_what_the_class_head_says_of_the_output(run, hues):
    judge = load_discriminator(run.bundle).eval()
    assert isinstance(judge, Classifying)
    for domain, wanted in enumerate(HUES):
        found = i2i.evaluate(run.bundle, hues, to_domain=wanted)
        translator, agreed = i2i.load(run.bundle, to_domain=wanted), []
        for name in found.names:
            output = np.array(translator(hues / "test" / f"{name}.png"))
            shown = torch.from_numpy(output).permute(2, 0, 1)[None].float() / 127.5 - 1
            agreed.append(float(judge.classify(judge.judge(shown)).argmax() == domain))
        assert found.per_image["i2i"]["recognised"] == agreed


def test_a_folder_with_other_domains_is_refused(run, hues, tmp_path):
    write_hues(tmp_path, 3)
    (tmp_path / "green").rename(tmp_path / "grene")
    with pytest.raises(
        PairsError, match="has the domain 'grene', which the bundle does not know; did you mean 'green'"
    ):
        i2i.evaluate(run.bundle, tmp_path)
    (tmp_path / "grene").rename(tmp_path / "green")
    assert set(i2i.evaluate(run.bundle, tmp_path, split="train").rows) >= {"i2i", COPY}
    for number in range(2):
        (tmp_path / "green" / f"{number}.png").rename(tmp_path / "blue" / f"green{number}.png")
    (tmp_path / "green").rmdir()
    two = i2i.evaluate(run.bundle, tmp_path, split="train")
    assert "Into each of 2 domains (blue, sea red)" in two.protocol
    with pytest.raises(PairsError, match="has no image of the domain 'green'; expected some of it"):
        i2i.evaluate(run.bundle, tmp_path, to_domain="green", split="train")


@pytest.mark.slow
def test_a_graph_is_of_one_domain_and_one_file_of_all(run, tmp_path, monkeypatch):
    pytest.importorskip("onnxruntime")
    monkeypatch.chdir(tmp_path)
    exported = i2i.export_bundle(run.bundle, "onnx", to_domain="green")
    assert exported.path.name == "r-green.onnx"
    assert exported.report["to_domain"] == "green"
    assert exported.report["parity"]["of_tolerance"] <= 1
    with pytest.raises(BundleError, match="choose one with --to-domain"):
        i2i.export_bundle(run.bundle, "onnx")
    with pytest.raises(ConfigError, match="all its domains; leave out --to-domain"):
        i2i.export_bundle(run.bundle, "safetensors", to_domain="green")
    unpack(i2i.export_bundle(run.bundle, "safetensors", tmp_path / "one.safetensors").path, tmp_path / "again")
    image = draw_shape(901, HUES["blue"])[0]
    one, other = (i2i.load(path, to_domain="green")(image) for path in (run.bundle, tmp_path / "again"))
    np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_an_int8_graph_is_of_one_domain(run, hues, tmp_path):
    pytest.importorskip("nncf")
    bundle = shutil.copytree(run.bundle, tmp_path / "copy")
    found = quantise_bundle(bundle, hues, to_domain="green", images=2)
    assert set(found.measures) == {"sliced_wasserstein"}
    image = draw_shape(902, HUES["blue"])[0]
    assert i2i.load(bundle, to_domain="green", engine="int8")(image).shape == image.shape
    with pytest.raises(ConfigError, match="is of another domain or style"):
        i2i.load(bundle, to_domain="blue", engine="int8")(image)


def test_each_domain_is_served_under_a_name_of_its_own(run):
    settings = {"device": "cpu", "precision": "fp32", "engine": "eager", "pixels": 10**6}
    models = load_models({**settings, "bundles": {"hues": str(run.bundle)}})
    assert {name: model.describe()["title"] for name, model in models.items()} == {
        "hues-blue": "to blue",
        "hues-green": "to green",
        "hues-sea-red": "to sea red",
    }
    given = torch.rand(1, 3, SIDE, SIDE) * 2 - 1
    for name, model in zip(HUES, models.values(), strict=True):
        expected = i2i.load(run.bundle, to_domain=name).predict(given)
        torch.testing.assert_close(model.translator(None).predict(given), expected)
    with pytest.raises(ConfigError, match="its domain green is served as 'hues-green', which is taken"):
        load_models({**settings, "bundles": {"hues": str(run.bundle), "hues-green": "elsewhere"}})


def test_what_the_service_makes_of_it_needs_no_more(run):
    """Speed and steps, and an explanation, as of any translator."""
    from i2i.bench import bench
    from i2i.evaluation.explanation import explain

    found = bench(run.bundle, batches=(1,), rounds=1, engines=("packed",))
    assert {speed.name for speed in found.speeds} == {"eager", "packed", "training step"}
    shown = explain(i2i.load(run.bundle, to_domain="green"), draw_shape(3, HUES["blue"])[0])
    assert set(shown.maps) == {"influence", "patches"}


def test_folders_that_are_no_domains_leave_nothing_behind(hues, pairs, tmp_path):
    to = tmp_path / "r"
    with pytest.raises(PairsError, match="--recipe stargan learns them all"):
        train(hues / "train", to=to, config=TINY)
    with pytest.raises(ConfigError, match=r"data\.layout is 'domains', and cyclegan learns from pairs or two sets"):
        train(hues, to=to, recipe="cyclegan", config=SMALL, layout="domains")
    with pytest.raises(ConfigError, match=r"data\.layout is 'folders', and stargan learns from a folder a domain"):
        train(hues, to=to, recipe="stargan", config=SMALL, layout="folders")
    with pytest.raises(
        ConfigError, match=r"data\.task=colourise: makes pairs, and stargan learns from a folder a domain"
    ):
        train(hues, to=to, recipe="stargan", config=SMALL, task="colourise")
    with pytest.raises(ConfigError, match=r"domains\.names: blue, red; the folders are blue, green, sea red"):
        train(hues, to=to, recipe="stargan", config=SMALL | {"domains": {"names": ["blue", "red"]}})
    with pytest.raises(ConfigError, match="'psnr' is not measured"):
        train(hues, to=to, recipe="stargan", config=SMALL | {"training": {**SMALL["training"], "best": "psnr"}})
    with pytest.raises(ConfigError, match=r"data\.input: label maps can't be translated between domains"):
        train(hues, to=to, recipe="stargan", config=SMALL | {"data": {"size": SIDE, "input": {"classes": "auto"}}})
    with pytest.raises(PairsError, match="images lie beside the folders of the domains"):
        train(pairs, to=to, recipe="acgan", config=SMALL)
    assert not to.exists()


def test_without_a_held_out_image_of_each_domain_the_last_weights_are_kept(tmp_path):
    write_hues(tmp_path / "few", 3)  # one of the last domain
    done = train(tmp_path / "few", to=tmp_path / "r", recipe="acgan", config=SMALL)
    assert read_bundle_config(done.bundle).scores == {}
    assert i2i.load(done.bundle, to_domain="green")(draw_shape(1, HUES["blue"])[0]).shape == (SIDE, SIDE, 3)


def test_its_settings_go_through_yaml():
    for name in ("stargan", "acgan"):
        config = i2i.RECIPES[name].config(name)
        assert overlay(config, to_tree(config)) == config


TOYS = {
    "stargan": {
        "discriminator": {"width": 16, "depth": 3},
        "optimizer": {"learning_rate": 4e-4},
        "training": {"images": 6400, "discriminator_steps": 2, "validate_every_images": 1600},
    },
    "acgan": {
        "discriminator": {"width": 8, "depth": 2},
        "optimizer": {"learning_rate": 1e-3},
        "training": {"images": 2400, "validate_every_images": 1200},
    },
}


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("recipe", TOYS)
def test_each_shape_takes_the_hue_asked_for_and_stays_where_it_is(tmp_path, recipe):
    """The toy whose answer is known: three hues, no shape was ever shown in two of them."""
    base = {"data": {"size": [SIDE, SIDE], "jitter": 1.0}, "generator": {"width": 8, "blocks": 2}}
    config = overlay(overlay(i2i.RECIPES[recipe].config(recipe), base), TOYS[recipe])
    tree = to_tree(config) | {"training": {**to_tree(config)["training"], "batch": 8, "loggers": []}}
    done = train(write_hues(tmp_path / "hues", 100), to=tmp_path / "r", recipe=recipe, config=tree)
    for name in HUES:
        translator, overlaps, right = i2i.load(done.bundle, to_domain=name), [], []
        for seed in range(900_000, 900_012):
            given, place = draw_shape(seed, list(HUES.values())[seed % 3])
            output = translator(given).astype(int)
            coloured = np.abs(output - GREY).sum(axis=2) > 120
            overlaps.append((coloured & place).sum() / (coloured | place).sum())
            distances = {hue: np.abs(output[place] - colour).mean() for hue, colour in HUES.items()}
            right.append(min(distances, key=distances.get) == name)
            assert distances[name] < 60, (name, seed, distances)
        assert np.mean(right) > 0.9, (name, right)
        assert np.mean(overlaps) > 0.5, (name, overlaps)  # by chance it is 0.1
