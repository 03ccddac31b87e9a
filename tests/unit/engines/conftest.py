import pytest
import torch
from tiny import shown

from i2i.generators import build_generator
from i2i.layers.initialise import initialise
from i2i.layers.modes import prepare

SMALL = {
    "coarse-to-fine": {"width": 3, "depth": 1, "enhancers": 1, "blocks": 1, "enhancer_blocks": 1},
    "spade": {"width": 3, "depth": 3},
    "unet": {"width": 3, "depth": 4},
    "encoder-decoder": {"width": 3, "depth": 5},
    "resnet": {"width": 4, "blocks": 1},
}


@pytest.fixture
def make_generator():
    """A tiny generator that has seen some images, so that its running statistics are nobody else's."""

    def make(name="unet", *, statistics="running", dropout=False, gain=0.15, **arguments):
        torch.manual_seed(0)
        generator = build_generator(name, in_channels=3, out_channels=2, **{**SMALL[name], **arguments})
        initialise(generator, gain=gain)
        generator.train()
        with torch.no_grad():
            for _ in range(3):
                generator(shown(2))
        prepare(generator, statistics=statistics, dropout=dropout)
        return generator

    return make
