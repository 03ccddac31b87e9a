"""Tiny bundles of every kind of image, to export."""

from pathlib import Path
from typing import Any, Protocol

import pytest
import torch

from i2i.bundle import BundleConfig, save_bundle
from i2i.config import Translation
from i2i.encoders import build_encoder
from i2i.generators import build_generator
from i2i.images import ImageSpec, LabelClass
from i2i.layers.initialise import initialise

CLASSES = (
    LabelClass(1, "road", (250, 10, 20)),
    LabelClass(7, "roof", (0, 240, 0)),
    LabelClass(900, "tree", (30, 20, 200)),
)
GREY, COLOUR = ImageSpec(1), ImageSpec(3)
LAB, AB = ImageSpec(3, space="lab"), ImageSpec(3, space="ab")
SIDES = {
    "8 bits": (COLOUR, COLOUR),
    "grey to colour": (GREY, COLOUR),
    "lab to lab": (LAB, LAB),
    "lab to its colour": (LAB, AB),
    "grey to its colour": (GREY, AB),
    "16 bits with gaps": (
        ImageSpec(1, "uint16", ranges=((100, 4000),), nodata=(0.0,)),
        ImageSpec(2, "uint16", ranges=((0, 9000), (7, 20000)), nodata=(65535.0,), unit="mm"),
    ),
    "signed with a mask": (ImageSpec(2, "int16", alpha="mask"), ImageSpec(1, "int16", ranges=((-1024, 3071),))),
    "float with gaps": (
        ImageSpec(4, "float32", ranges=((0, 1), (-5, 5), (0, 1000), (10, 20)), nodata=(-9999.0,)),
        ImageSpec(2, "float32", ranges=((100, 220),), unit="K"),
    ),
    "values to classes": (ImageSpec(2, "float32", ranges=((0, 1),)), ImageSpec(3, classes=CLASSES, coding="colour")),
    "classes to classes": (
        ImageSpec(1, "uint16", classes=CLASSES, nodata=(0.0,)),
        ImageSpec(1, "uint16", classes=CLASSES, nodata=(3.0,)),
    ),
    "classes with edges": (ImageSpec(1, "uint16", classes=CLASSES, nodata=(0.0,), edges=True), COLOUR),
    "objects with edges": (
        ImageSpec(1, "uint16", classes=CLASSES, nodata=(0.0,), edges=True, objects=1000),
        COLOUR,
    ),
    "colours with edges": (ImageSpec(3, classes=CLASSES, coding="colour", edges=True), COLOUR),
    "colours to classes": (ImageSpec(3, classes=CLASSES, coding="colour"), ImageSpec(1, "uint16", classes=CLASSES)),
}
SMALL = {
    "bridge": {"depth": 2},
    "coarse-to-fine": {"depth": 1, "enhancers": 1, "blocks": 1, "enhancer_blocks": 1},
    "spade": {"depth": 2},
    "labelled": {"blocks": 1, "domains": 3},
    "latent-unet": {"depth": 2, "dropout": [1], "code": 3},
    "resnet": {"blocks": 1},
    "unet": {"depth": 2, "dropout": [1]},
    "encoder-decoder": {"depth": 2, "dropout": [1]},
}


class MakeBundle(Protocol):
    def __call__(self, sides: str = ..., *, scale: int = ..., policy: Any = ..., **generator: Any) -> Path: ...


@pytest.fixture(scope="session")
def make_bundle(tmp_path_factory: pytest.TempPathFactory) -> MakeBundle:
    """A bundle of images of that kind, by name; `policy` by keywords of `Translation`, the rest goes to the generator.

    Its running statistics are not those of any image, so that each policy gives another output.
    """

    def make(sides: str = "8 bits", *, scale: int = 1, policy: Any = None, **generator: Any) -> Path:
        input_, target = SIDES[sides]
        channels = {"in_channels": input_.planes, "out_channels": target.planes}
        name = generator.pop("name", "unet")
        chosen = {"name": name, "width": 4, **channels, **SMALL.get(name, {}), **generator}
        torch.manual_seed(0)
        network = build_generator(**chosen)
        initialise(network, "kaiming")
        for key, buffer in network.named_buffers():
            if key.endswith("running_var"):
                buffer.uniform_(0.5, 2)
            elif key.endswith("running_mean"):
                buffer.uniform_(-0.3, 0.3)
        folder = tmp_path_factory.mktemp("made") / "translator"
        found = {"name": "residual", "in_channels": target.planes, "code": 3, "width": 4, "depth": 2}
        domains = () if network.draws else tuple("abc"[: network.condition])
        codes = found if network.condition and network.draws else {}
        config = BundleConfig(
            generator=chosen,
            encoder=codes,
            domains=domains,
            input=input_,
            target=target,
            size=(16, 24),
            scale=scale,
            translation=Translation(**(policy or {})),
            direction="given-to-wanted",
        )
        save_bundle(folder, network, config, "# A card\n", encoder=build_encoder(**codes) if codes else None)
        return folder

    return make
