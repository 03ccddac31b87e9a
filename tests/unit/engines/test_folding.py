"""Folding changes what there is to compute, not what comes out, and never the generator itself."""

import pytest
import torch
from tiny import shown
from torch import nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.utils import parametrizations

from i2i.engines import Job, fold
from i2i.engines.eager import build
from i2i.layers.modes import fixed_statistics, prepare
from i2i.layers.norms import BatchNorm
from i2i.layers.spectral import SpectralConvolution


def norms(network):
    return [layer for layer in network.modules() if isinstance(layer, _NormBase)]


def folded(generator, images):
    with torch.inference_mode():
        return fold(generator)(images)


@pytest.mark.parametrize("upsample", ["transposed", "resize", "subpixel"])
@pytest.mark.parametrize("name", ["unet", "encoder-decoder", "resnet"])
def test_known_statistics_are_folded_away_and_the_answer_stays(make_generator, name, upsample):
    generator = make_generator(name, upsample=upsample)
    before = {key: value.clone() for key, value in generator.state_dict().items()}
    noise = shown(2, 32, 64)
    torch.testing.assert_close(folded(generator, noise), build(Job(generator))(noise), rtol=0, atol=1e-5)
    assert norms(generator)
    assert not norms(fold(generator))
    assert all(torch.equal(before[key], value) for key, value in generator.state_dict().items())


def test_weights_that_are_spectrally_normalised_are_divided_once_for_all(make_generator):
    generator = make_generator("spade", statistics="batch")
    noise = shown(1)
    assert any(isinstance(layer, SpectralConvolution) for layer in generator.modules())
    assert not any(isinstance(layer, SpectralConvolution) for layer in fold(generator).modules())
    torch.testing.assert_close(folded(generator, noise), build(Job(generator))(noise), rtol=0, atol=1e-5)


@pytest.mark.parametrize(("norm", "statistics"), [("batch", "batch"), ("instance", "running"), ("instance", "batch")])
def test_an_image_is_normalised_by_itself_whatever_stands_beside_it(make_generator, norm, statistics):
    generator = make_generator(norm=norm, statistics=statistics)
    noise = shown(3)
    network = fold(generator)
    with torch.inference_mode():
        together, alone = network(noise), torch.cat([generator(image) for image in noise.split(1)])
    torch.testing.assert_close(together, alone, rtol=0, atol=5e-6)


@pytest.mark.parametrize("norm", ["batch", "instance"])
def test_statistics_that_are_held_are_folded_like_known_ones(make_generator, norm):
    generator = make_generator(norm=norm, statistics="batch")
    noise = shown(2)
    with fixed_statistics(generator, shown(4, seed=7)):
        held, network = build(Job(generator))(noise), fold(generator)
    assert not norms(network)
    with torch.inference_mode():
        torch.testing.assert_close(network(noise), held, rtol=0, atol=1e-5)
    assert (build(Job(generator))(noise) - held).abs().max() > 1e-3


class Own(nn.Module):
    """What a caller's generator might be built of."""

    def __init__(self, *layers):
        super().__init__()
        self.body = nn.Sequential(*layers)

    def forward(self, x):
        return self.body(x)


def trained(*layers):
    torch.manual_seed(0)
    network = Own(*layers).train()
    with torch.no_grad():
        network(shown(2))
    prepare(network, statistics="running", dropout=False)
    return network


def test_a_convolution_that_is_used_twice_keeps_its_weights():
    shared = nn.Conv2d(3, 3, 3, padding=1)
    network = trained(shared, BatchNorm(3), nn.ReLU(), shared, BatchNorm(3))
    assert len(norms(fold(network))) == 2
    torch.testing.assert_close(folded(network, shown(2)), network(shown(2)).detach())


def test_a_norm_that_no_convolution_precedes_is_left_alone():
    network = trained(nn.Conv2d(3, 4, 3), nn.ReLU(), BatchNorm(4), nn.ConvTranspose2d(4, 4, 2, groups=2), BatchNorm(4))
    assert len(norms(fold(network))) == 2
    torch.testing.assert_close(folded(network, shown(2)), network(shown(2)).detach())


def test_sequences_within_sequences_and_plain_norms_of_torch_are_folded():
    network = trained(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Identity()), nn.Sequential(nn.BatchNorm2d(4), nn.ReLU()))
    assert not norms(fold(network))
    torch.testing.assert_close(folded(network, shown(2)), network(shown(2)).detach())


def test_a_convolution_of_another_kind_is_left_alone():
    network = trained(parametrizations.spectral_norm(nn.Conv2d(3, 4, 3)), BatchNorm(4))
    expected = network(shown(2)).detach()
    assert len(norms(fold(network))) == 1
    torch.testing.assert_close(folded(network, shown(2)), expected)
    torch.testing.assert_close(network(shown(2)), expected)
