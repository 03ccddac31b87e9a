import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from i2i.discriminators import build_discriminator
from i2i.generators import build_generator
from i2i.layers.convolutions import as_defined
from i2i.layers.multiply_adds import multiply_adds


def test_the_counts_are_those_that_are_known_of_pix2pix():
    with torch.device("meta"):
        generator = build_generator("unet", in_channels=3, out_channels=3)
        discriminator = build_discriminator("patch", in_channels=6)
    assert multiply_adds(generator, 1, 3, 256, 256) / 1e9 == pytest.approx(6.05, abs=0.005)
    assert multiply_adds(discriminator, 1, 6, 256, 256) / 1e9 == pytest.approx(3.20, abs=0.005)


@pytest.mark.parametrize("upsample", ["transposed", "resize", "subpixel"])
@pytest.mark.parametrize(
    ("name", "more"),
    [("unet", {"depth": 3}), ("unet", {"depth": 3, "full_size_skip": True}), ("resnet", {"blocks": 2})],
)
def test_every_generator_counts_as_torch_counts_it(name, more, upsample):
    network = build_generator(name, in_channels=2, out_channels=3, width=4, upsample=upsample, **more)
    with as_defined(), FlopCounterMode(display=False) as counter:
        network(torch.zeros(2, 2, 16, 32))
    assert multiply_adds(network, 2, 2, 16, 32) == counter.get_total_flops() // 2


def test_grouped_strided_and_linear_layers_count_as_they_compute():
    grouped = nn.Conv2d(4, 8, 3, stride=2, padding=1, groups=2)
    assert multiply_adds(grouped, 1, 4, 8, 8) == (8 * 4 * 4) * (2 * 9)
    assert multiply_adds(nn.ConvTranspose2d(4, 6, 4, stride=2, padding=1, groups=2), 1, 4, 8, 8) == (4 * 64) * (3 * 16)
    assert multiply_adds(nn.Linear(5, 7), 3, 5) == 3 * 35


def test_counting_leaves_the_network_as_it_was():
    network = build_generator("unet", in_channels=3, out_channels=3, width=4, depth=3).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    multiply_adds(network, 1, 3, 16, 16)
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    assert not any(layer._forward_hooks for layer in network.modules())
    assert network.training
