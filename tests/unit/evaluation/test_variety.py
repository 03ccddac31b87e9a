"""How far the answers of a random translator differ, told beside its scores."""

import csv
import io
from functools import partial

import numpy as np
import pytest
import torch
from rich.console import Console

import i2i
from i2i.bundle import BundleConfig, save_bundle
from i2i.config import Translation
from i2i.evaluation import Sample, evaluate_samples
from i2i.evaluation.baselines import COPY
from i2i.evaluation.instruments import Instruments
from i2i.evaluation.variety import DIVERSITY, Variety
from i2i.generators import build_generator
from i2i.images import ImageSpec, LabelClass, write_image
from i2i.layers.initialise import initialise
from i2i.metrics import LPIPS, SqueezeNet, lpips_heads, pixel_distance

from .conftest import evaluated

PICTURE = ImageSpec(3)


def flat(*levels):
    return [np.full((16, 16, 3), level, np.uint8) for level in levels]


def instruments(**paired):
    return Instruments(paired, {}, None, {})


def test_answers_are_compared_pair_by_pair_with_the_means_interval(samples: list[Sample]) -> None:
    answers = {sample.name: [sample.target, sample.target // 2, sample.target] for sample in samples}
    by_input = {sample.input.tobytes(): answers[sample.name] for sample in samples}
    found = evaluated(samples, sampling=lambda pixels: by_input[pixels.tobytes()])
    for name, value in zip(found.names, found.per_image["i2i"][DIVERSITY], strict=True):
        apart = np.abs(answers[name][0] / 255 - answers[name][1] / 255).mean()
        assert value == pytest.approx(2 / 3 * apart, rel=1e-5)
    scores = found.rows["i2i"][DIVERSITY]
    assert scores.low < scores.mean < scores.high
    assert DIVERSITY not in found.rows[COPY]
    assert "noise is diverse" in found.protocol
    assert "Diversity" not in found.verdict(), "more of it is no better"


def test_it_goes_into_every_report(samples: list[Sample], tmp_path) -> None:
    found = evaluated(samples, sampling=lambda pixels: flat(0, 255))
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert [row[DIVERSITY] for row in rows if row["row"] == "i2i"] == ["1"] * 9
    assert {row[DIVERSITY] for row in rows if row["row"] == COPY} == {""}
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(found.table())
    assert "Diversity" in console.export_text()
    found.save(tmp_path / "report", title="many")
    assert "Diversity" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")


def test_the_eyes_of_a_network_are_taken_where_there_are_weights() -> None:
    torch.manual_seed(0)
    lpips = LPIPS(SqueezeNet(), lpips_heads("squeeze"), name="LPIPS (squeeze)")
    noise = [np.random.default_rng(seed).integers(0, 256, (48, 48, 3), dtype=np.uint8) for seed in range(2)]
    samples = [Sample("one", noise[0], noise[1])]
    found = evaluate_samples(
        lambda pixels, name: noise[0], samples, protocol="", lpips=lpips, resamples=10, sampling=lambda pixels: noise
    )
    assert found.per_image["i2i"][DIVERSITY] == pytest.approx(found.per_image["i2i"]["lpips"])
    assert "LPIPS (squeeze)" in found.measures[DIVERSITY].definition


def test_without_weights_the_pixels_are_compared_and_that_is_said() -> None:
    variety = Variety.of(instruments(), PICTURE)
    assert variety.distance is pixel_distance
    assert variety.among(flat(0, 51)) == pytest.approx(0.2)
    assert "for want of a feature network" in variety.measure.definition


def test_of_label_maps_it_is_the_share_that_is_of_another_class() -> None:
    classes = (LabelClass(0, "wall", (0, 0, 0)), LabelClass(1, "door", (255, 0, 0)), LabelClass(2, "roof", (0, 0, 255)))
    variety = Variety.of(instruments(), ImageSpec(1, classes=classes))
    one, other = np.zeros((4, 4, 1), np.uint8), np.zeros((4, 4, 1), np.uint8)
    other[0] = 2
    assert variety.among([one, other]) == pytest.approx(0.25)
    assert variety.among([one, one]) == 0


def make_pairs(folder):
    random = np.random.default_rng(0)
    for number in range(3):
        write_image(folder / "test" / f"{number}.png", random.integers(0, 256, (32, 64, 3), dtype=np.uint8))
    return folder


def make_bundle(folder, name):
    arguments = {"name": name, "in_channels": 3, "out_channels": 3, "width": 4, "depth": 3, "dropout": []}
    torch.manual_seed(0)
    generator = build_generator(**arguments)
    initialise(generator, gain=0.3)
    config = BundleConfig(
        generator=arguments,
        input=PICTURE,
        target=PICTURE,
        size=(32, 32),
        translation=Translation(),
        direction="left-to-right",
    )
    save_bundle(folder, generator, config, "# card\n")
    return folder


def test_a_bundle_that_draws_codes_answers_each_image_under_its_own_seed(tmp_path) -> None:
    pairs, bundle = make_pairs(tmp_path / "pairs"), make_bundle(tmp_path / "bundle", "latent-unet")
    evaluate = partial(i2i.evaluate, pairs=pairs, lpips=None)
    found = evaluate(bundle, seed=3)
    assert found.rows["i2i"][DIVERSITY].mean > 0
    assert "seeds 3 to 5, one an image" in found.protocol
    translator = i2i.load(bundle)
    seeds, translate = [], translator.translate
    translator.translate = lambda pixels, seed: seeds.append(seed) or translate(pixels, seed=seed)
    evaluate(translator, seed=4, samples=2)
    assert seeds == [4, 4, 5, 5, 4, 5, 6, 4, 5]
    again = evaluate(translator, seed=4, samples=0)
    assert DIVERSITY not in again.rows["i2i"]
    assert again.rows["i2i"]["l1"] != found.rows["i2i"]["l1"]
    certain = evaluate(make_bundle(tmp_path / "plain", "unet"))
    assert DIVERSITY not in certain.rows["i2i"]
    assert "seed 0." in certain.protocol
