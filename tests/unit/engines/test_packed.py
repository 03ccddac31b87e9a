"""Packed weights give what eager torch gives, for every generator, size and batch; else they are not used."""

import pytest
import torch
from tiny import shown
from torch import nn

from i2i.engines import Job, packed
from i2i.engines.eager import build
from i2i.engines.packed import FoldedProduct, PackedConvolution
from i2i.layers.modes import fixed_statistics

pytestmark = pytest.mark.skipif(packed.unavailable() is not None, reason="no packed operators here")


@pytest.mark.parametrize("upsample", ["transposed", "resize", "subpixel"])
@pytest.mark.parametrize(
    ("norm", "statistics"), [("batch", "running"), ("batch", "batch"), ("instance", "batch"), ("none", "running")]
)
@pytest.mark.parametrize("name", ["unet", "resnet"])
def test_it_gives_what_eager_gives_at_any_size_and_batch(make_generator, name, norm, statistics, upsample):
    generator = make_generator(name, norm=norm, statistics=statistics, upsample=upsample)
    network, eager = packed.build(Job(generator)), build(Job(generator))
    for count, height, width in ((1, 32, 32), (3, 64, 32), (2, 16, 48)):
        noise = shown(count, height, width)
        torch.testing.assert_close(network(noise), eager(noise), rtol=0, atol=1e-5)
    assert network.difference < 1e-4


@pytest.mark.parametrize(
    ("norm", "statistics"), [("batch", "running"), ("batch", "batch"), ("instance", "batch"), ("none", "running")]
)
@pytest.mark.parametrize("name", ["coarse-to-fine", "spade"])
def test_so_it_does_where_images_or_maps_come_in_at_several_sizes(make_generator, name, norm, statistics):
    generator = make_generator(name, norm=norm, statistics=statistics)
    network, eager = packed.build(Job(generator)), build(Job(generator))
    for count, height, width in ((1, 32, 32), (3, 64, 32), (2, 16, 48)):
        noise = shown(count, height, width)
        torch.testing.assert_close(network(noise), eager(noise), rtol=0, atol=1e-5)


@pytest.mark.parametrize("padding", ["reflect", "replicate", "circular", "zeros"])
@pytest.mark.parametrize("activation", [nn.ReLU(), nn.LeakyReLU(0.3), nn.Tanh(), nn.Sigmoid()])
def test_every_padding_and_activation_is_computed(padding, activation):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 5, 3, padding=1, padding_mode=padding), activation).requires_grad_(False)
    expected = network(shown(2))
    packed._pack(network, torch.float32)
    assert isinstance(network[0], PackedConvolution)
    assert isinstance(network[1], nn.Identity) == (not isinstance(activation, nn.Sigmoid))
    torch.testing.assert_close(network(shown(2)), expected, rtol=0, atol=1e-5)


def test_a_convolution_that_is_used_twice_is_packed_once_and_not_fused():
    shared = nn.Conv2d(3, 3, 3, padding=1)
    network = nn.Sequential(shared, nn.ReLU(), shared).requires_grad_(False)
    expected = network(shown(1))
    packed._pack(network, torch.float32)
    assert network[0] is network[2]
    torch.testing.assert_close(network(shown(1)), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("channels", [1, 3, 5])
def test_a_transposed_convolution_of_few_channels_is_computed_pixel_by_pixel(channels, bias):
    torch.manual_seed(0)
    network = nn.Sequential(nn.ConvTranspose2d(6, channels, 4, stride=2, padding=1, bias=bias)).requires_grad_(False)
    given = torch.randn(2, 6, 5, 7)
    expected = network(given)
    packed._pack(network, torch.float32)
    assert isinstance(network[0], nn.Sequential) == (channels <= 4)
    torch.testing.assert_close(network(given), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("bias", [True, False])
def test_a_transposed_convolution_of_many_channels_is_one_product(bias):
    torch.manual_seed(0)
    layer = nn.ConvTranspose2d(packed._MANY, 5, 4, stride=2, padding=1, bias=bias)
    network = nn.Sequential(layer, nn.ReLU()).requires_grad_(False)
    given = [torch.randn(2, packed._MANY, 3, 5), torch.randn(1, packed._MANY, 4, 1)]
    expected = [network(each) for each in given]
    packed._pack(network, torch.float32)
    assert isinstance(network[0], FoldedProduct)
    for each, wanted in zip(given, expected, strict=True):
        torch.testing.assert_close(network(each), wanted, rtol=1e-5, atol=1e-5)


def test_what_oneDNN_can_not_be_told_stays_a_layer_of_torch():  # noqa: N802
    network = nn.Sequential(nn.Conv2d(3, 3, 3, padding="same"), nn.ReLU()).requires_grad_(False)
    expected = network(shown(1))
    packed._pack(network, torch.float32)
    assert isinstance(network[0], nn.Conv2d)
    torch.testing.assert_close(network(shown(1)), expected)


def test_statistics_that_are_held_are_those_of_the_packed_network_too(make_generator):
    generator = make_generator(statistics="batch")
    with fixed_statistics(generator, shown(4, seed=7)):
        network, held = packed.build(Job(generator)), build(Job(generator))(shown(2))
    torch.testing.assert_close(network(shown(2)), held, rtol=0, atol=1e-5)


def test_the_generator_keeps_its_weights(make_generator):
    generator = make_generator()
    before = {key: value.clone() for key, value in generator.state_dict().items()}
    packed.build(Job(generator))
    assert all(torch.equal(before[key], value) for key, value in generator.state_dict().items())


@pytest.fixture
def untried():
    packed.unavailable.cache_clear()
    yield
    packed.unavailable.cache_clear()


@pytest.mark.usefixtures("untried")
def test_operators_that_compute_otherwise_are_not_used(monkeypatch):
    true = PackedConvolution.forward
    monkeypatch.setattr(PackedConvolution, "forward", lambda self, x: true(self, x) * 1.01)
    assert "computes Conv2d otherwise" in packed.unavailable()


@pytest.mark.usefixtures("untried")
def test_a_product_that_computes_otherwise_is_not_used(monkeypatch):
    true = FoldedProduct.forward
    monkeypatch.setattr(FoldedProduct, "forward", lambda self, x: true(self, x) * 1.01)
    assert "computes a product otherwise" in packed.unavailable()


@pytest.mark.usefixtures("untried")
def test_operators_that_are_not_there_are_missed_in_one_line(monkeypatch):
    monkeypatch.setattr(packed, "_mkldnn", torch.ops.no_such_namespace)
    assert "has not the packed operators" in packed.unavailable()
    assert "\n" not in packed.unavailable()


def test_bf16_is_refused_where_the_processor_has_none(make_generator, monkeypatch):
    monkeypatch.setattr(packed, "multiplies_bf16", lambda: False)
    assert "no arithmetic in bf16" in packed.refusal(Job(make_generator(), bf16=True))
    assert packed.refusal(Job(make_generator())) is None
