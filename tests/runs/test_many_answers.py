"""Shapes whose targets are red or blue by chance: BicycleGAN has both answers for each, pix2pix one."""

from pathlib import Path

import numpy as np
import pytest

import i2i
from i2i.images import Pixels, write_image

SIDE = 16
GREY, RED, BLUE = (128, 128, 128), (220, 30, 30), (30, 30, 220)
SAMPLES = 12

Box = tuple[slice, slice]


def draw(seed: int, colour: tuple[int, int, int] | None = None) -> tuple[Pixels, Pixels, Box]:
    """A white box on grey, the same box red or blue, and where it is."""
    random = np.random.default_rng(seed)
    top, left, height, width = (*random.integers(1, 6, 2), *random.integers(7, 10, 2))
    box = slice(top, top + height), slice(left, left + width)
    given, wanted = (np.full((SIDE, SIDE, 3), GREY, np.uint8) for _ in range(2))
    given[box] = 255
    by_chance = RED if random.random() < 0.5 else BLUE
    wanted[box] = colour or by_chance
    return given, wanted, box


def redness(image: Pixels, box: Box) -> float:
    """1 of the red targets, -1 of the blue ones."""
    red, _, blue = image[box].reshape(-1, 3).astype(float).mean(axis=0)
    return float((red - blue) / (RED[0] - RED[2]))


def trained(recipe: str, pairs: Path, to: Path) -> Path:
    config = {
        "data": {"jitter": 1.0, "size": SIDE},
        "generator": {"width": 8, "depth": 2, "norm": "none", "init": "kaiming", "dropout": []},
        "discriminator": {"width": 8, "depth": 1, "norm": "none", "init": "kaiming"},
        "loss": {"adversarial": "least-squares", "reconstruction_weight": 10.0},
        "bicycle": {"encoder_width": 8},
        "optimizer": {"learning_rate": 2e-3},
        "training": {"images": 8000, "batch": 8, "best": "last", "validate_every_images": 8000, "loggers": []},
    }
    if recipe == "pix2pix":
        config["generator"]["dropout"] = [1]  # the noise that it has
    return i2i.train(pairs, to=to, recipe=recipe, config=config).bundle


@pytest.fixture(scope="module")
def two_modes(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("two-modes")
    for number in range(200):
        given, wanted, _ = draw(number)
        write_image(root / f"{number}.png", np.concatenate([given, wanted], axis=1))
    return root


def sampled(translator: i2i.Translator) -> list[list[float]]:
    """Of inputs that were never seen, how red each sample is."""
    rows = []
    for seed in range(1000, 1010):
        given, _, box = draw(seed)
        rows.append([redness(answer, box) for answer in translator.sample(given, SAMPLES)])
    return rows


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_both_answers_are_reached_and_a_reference_chooses_one(two_modes, tmp_path):
    translator = i2i.load(trained("bicyclegan", two_modes, tmp_path / "run"))
    for row in sampled(translator):
        assert max(row) > 0.5, row
        assert min(row) < -0.5, row
    for colour, sign in ((RED, 1), (BLUE, -1)):
        translator.like(draw(2000, colour)[1])
        for seed in range(1000, 1010):
            given, _, box = draw(seed)
            assert sign * redness(translator(given), box) > 0.5


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_pix2pix_has_one_answer_for_each(two_modes, tmp_path):
    translator = i2i.load(trained("pix2pix", two_modes, tmp_path / "run"), dropout=True)
    for row in sampled(translator):
        assert max(row) < 0.5 or min(row) > -0.5, row
