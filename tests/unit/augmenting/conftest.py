"""Planted label maps, their photos, and translators whose answers are known."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from i2i.bundle import BundleConfig, load_bundle, save_bundle
from i2i.config import Translation
from i2i.generators import build_generator
from i2i.images import ImageSpec, LabelClass, Pixels, write_pixels
from i2i.layers.initialise import initialise
from i2i.translator import Translator

SIDE = 32
CLASSES = tuple(
    LabelClass(value, name, colour)
    for value, name, colour in (
        (10, "ground", (90, 90, 90)),
        (20, "tree", (0, 160, 0)),
        (30, "pond", (0, 0, 200)),
        (40, "boat", (200, 0, 0)),
    )
)
LABELS = ImageSpec(1, classes=CLASSES)
PHOTO = ImageSpec(3)


def draw_labels(seed: int, *held: int, side: int = SIDE) -> Pixels:
    """Ground with a box of each of the classes that it holds, by position: (side, side, 1) uint8."""
    random = np.random.default_rng(seed)
    labels = np.zeros((side, side, 1), np.uint8)
    for number, position in enumerate(held):
        left = 2 + number * side // 3 + int(random.integers(0, 3))
        labels[int(random.integers(2, side // 2)) :, left : left + side // 4][: side // 3] = position
    return labels


def paint(labels: Pixels, seed: int = 0) -> Pixels:
    """A photo of a label map: its colours under grain."""
    colours = np.array([each.colour for each in CLASSES], np.int16)[labels[:, :, 0]]
    grain = np.random.default_rng(seed).integers(-40, 40, (*labels.shape[:2], 3))
    return np.clip(colours + grain, 0, 255).astype(np.uint8)


def write_labels(path: Path, labels: Pixels) -> None:
    write_pixels(path, labels, LABELS)


def write_pair(folder: Path, name: str, labels: Pixels, seed: int = 0) -> Pixels:
    """Into folder/map and folder/photo; the photo."""
    photo = paint(labels, seed)
    write_labels(folder / "map" / f"{name}.png", labels)
    write_pixels(folder / "photo" / f"{name}.png", photo, PHOTO)
    return photo


class Planted(Translator):
    """Answers by a function of (input, seed) instead of its network."""

    answer: Callable[[Pixels, int], Pixels]
    random = True

    def translate(self, pixels: Pixels, *, seed: int = 0) -> Pixels:
        return self.answer(pixels, seed)

    @property
    def is_random(self) -> bool:
        return self.random


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """From label maps to photos, a tiny network with dropout, called "park"."""
    folder = tmp_path_factory.mktemp("bundles") / "park"
    torch.manual_seed(0)
    generator = build_generator("unet", in_channels=4, out_channels=3, width=3, depth=3, dropout=[1, 2])
    initialise(generator, gain=0.2)
    config = BundleConfig(
        generator.description, LABELS, PHOTO, (SIDE, SIDE), Translation(), direction="map-to-photo", layout="folders"
    )
    save_bundle(folder, generator, config, "# card\n")
    return folder


@pytest.fixture
def plant(bundle: Path) -> Callable[..., Planted]:
    """A translator of an answer (input, seed) -> output; with or without noise, and of another specification."""

    def plant(answer: Callable[[Pixels, int], Pixels], *, random: bool = True, **changes: object) -> Planted:
        loaded = load_bundle(bundle)
        planted = Planted(replace(loaded, config=replace(loaded.config, **changes)))
        planted.answer, planted.random = answer, random
        return planted

    return plant


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Real pairs: eight to train on, of which one holds a boat, and two to test with."""
    for number in range(8):
        held = (1, 3) if number == 0 else (1, 2) if number < 4 else (1,)
        write_pair(tmp_path / "pairs" / "train", f"{number}", draw_labels(number, *held), seed=number)
    for number in range(2):
        write_pair(tmp_path / "pairs" / "test", f"{number}", draw_labels(50 + number, 1, 2), seed=50 + number)
    return tmp_path / "pairs"
