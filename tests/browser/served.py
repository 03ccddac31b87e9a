"""Bundles whose untrained networks answer to what they are shown, and the service that shows them."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from i2i.bundle import BundleConfig, save_bundle, save_examples
from i2i.config import Translation
from i2i.discriminators import build_discriminator
from i2i.generators import build_generator
from i2i.images import ImageSpec, LabelClass, Pixels

SIDE = 32

CLASSES = (
    LabelClass(0, "sky", (20, 110, 220)),
    LabelClass(1, "wall", (200, 60, 40)),
    LabelClass(5, "window", (250, 220, 60)),
    LabelClass(9, "door", (60, 40, 30)),
)
LABELS, PHOTO = ImageSpec(1, classes=CLASSES), ImageSpec(3)
DEPTH = ImageSpec(1, "uint16", ranges=((0, 8000),), unit="mm")


def write_bundle(folder: Path, given: ImageSpec, target: ImageSpec, examples: list[Pixels], **policy: str) -> Path:
    """A bundle of an untrained U-Net with dropout, and of a discriminator, with examples."""
    torch.manual_seed(3)
    arguments = {"in_channels": given.planes, "out_channels": target.planes, "width": 8, "depth": 3, "dropout": [1]}
    judged = {"in_channels": given.planes + target.planes, "width": 4, "depth": 1}
    generator = build_generator("unet", **arguments)
    with torch.no_grad():  # so that outputs are far from grey
        for parameter in list(generator.parameters())[-2:]:
            parameter.mul_(6)
    config = BundleConfig(
        generator={"name": "unet", **arguments}, discriminator={"name": "patch", **judged}, input=given, target=target,
        size=(SIDE, SIDE), translation=Translation(**policy), direction="A-to-B", recipe="pix2pix",
    )  # fmt: skip
    save_bundle(
        folder, generator, config, "# A card\n\nIt was **not** trained.\n", build_discriminator("patch", **judged)
    )
    save_examples(folder, examples, given)
    return folder


def label_map(seed: int) -> Pixels:
    """(SIDE, SIDE, 1), positions in the class table."""
    positions = np.zeros((SIDE, SIDE, 1), np.uint8)
    top, left = np.random.default_rng(seed).integers(4, SIDE // 2, 2)
    positions[top:, left : left + 14] = 1
    positions[top + 4 : top + 9, left + 3 : left + 8] = 2
    return positions


def photo(height: int, width: int) -> Pixels:
    """(height, width, 3): a smooth ramp with edges on it."""
    y, x = np.mgrid[:height, :width]
    planes = [255 * y // height, 255 * x // width, 160 * ((x // 7 + y // 9) % 2) + 40]
    return np.stack(planes, axis=2).astype(np.uint8)


@contextmanager
def serving(*bundles: str) -> Iterator[str]:
    """The address of a service of these bundles."""
    command = [sys.executable, "-m", "i2i", "serve", *bundles, "--port", "0", "--engine", "eager", "--threads", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    told: list[str] = []
    rest = threading.Thread(target=told.extend, args=[process.stdout], daemon=True)
    try:
        for line in process.stdout:
            told.append(line)
            if "serving at " in line:
                break
        assert "serving at " in "".join(told), "".join(told)
        address = told[-1].split("serving at ")[1].split(";")[0].strip()
        rest.start()
        yield address
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        if rest.is_alive():
            rest.join(timeout=10)
        process.stdout.close()
