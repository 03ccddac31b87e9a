"""Small scenes to plant faults in: rectangles of a few classes, and a picture that a camera could have made of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from i2i.config import Data
from i2i.data.doctor import Diagnosis, examine
from i2i.data.layouts import find_pairs
from i2i.images import Pixels, write_image

SIDE = 64
COLOURS = np.array([[0, 0, 160], [250, 80, 0], [0, 200, 255], [190, 255, 60], [170, 0, 20]], np.uint8)


@dataclass(frozen=True)
class Scene:
    """A pair: class numbers (H, W, 1), the map in colours and the picture (H, W, 3)."""

    name: str
    split: str
    classes: Pixels
    labels: Pixels
    picture: Pixels

    @property
    def file(self) -> str:
        return f"{self.split}/{self.name}.png"

    def but(self, **changes: object) -> "Scene":
        return replace(self, **changes)


def draw_scene(seed: int, split: str) -> Scene:
    random = np.random.default_rng(seed)
    classes = np.zeros((SIDE, SIDE), np.uint8)
    for _ in range(14):
        top, left = random.integers(0, SIDE - 12, 2)
        height, width = random.integers(6, 24, 2)
        classes[top : top + height, left : left + width] = random.integers(0, len(COLOURS))
    tones = random.permuted(np.linspace(40, 210, len(COLOURS)))[:, None] + random.uniform(-15, 15, (len(COLOURS), 3))
    light = 1 + 0.1 * np.linspace(-1, 1, SIDE)[:, None, None] * random.uniform(-1, 1)
    picture = tones[classes] * light + random.normal(0, 6, (SIDE, SIDE, 3))
    return Scene(f"s{seed:02d}", split, classes[:, :, None], COLOURS[classes], picture.clip(5, 250).astype(np.uint8))


@pytest.fixture(scope="session")
def scenes() -> list[Scene]:
    """16 to train on, 8 to test with."""
    return [draw_scene(seed, "train" if seed < 16 else "test") for seed in range(24)]


Examine = Callable[..., Diagnosis]


@pytest.fixture
def examined(tmp_path: Path) -> Examine:
    """Writes scenes side by side (labels left), or in `folders` any two of their images, spoils and examines them.

    Nothing is compared closely unless a `sample` is asked for, as that takes longest.
    """

    def write_and_examine(
        scenes: Sequence[Scene],
        *,
        folders: tuple[str, str] | None = None,
        spoil: Callable[[Path], None] | None = None,
        direction: str = "",
        sample: int = 0,
        **data: object,
    ) -> Diagnosis:
        for scene in scenes:
            if folders is None:
                write_image(tmp_path / scene.file, np.concatenate([scene.labels, scene.picture], axis=1))
            else:
                for side, kind in zip("AB", folders, strict=True):
                    write_image(tmp_path / scene.split / side / f"{scene.name}.png", getattr(scene, kind))
        if spoil is not None:
            spoil(tmp_path)
        found = find_pairs(tmp_path, direction=direction, unmatched="skip")
        return examine(found, data=Data(**data), sample=sample)

    return write_and_examine
