import pytest
import torch
from torch import nn

from i2i.layers import winograd
from i2i.layers.convolutions import Convolution, TransposedConvolution

FEW_PLACES = [
    (Convolution(8, 64, 4, stride=2, padding=1), (2, 8, 6, 4)),
    (Convolution(8, 64, 3, padding=1, padding_mode="reflect"), (1, 8, 4, 3)),
    (Convolution(8, 64, (3, 5), stride=(2, 1), padding=(1, 2)), (1, 8, 4, 6)),
    (TransposedConvolution(64, 16, 4, stride=2, padding=1, bias=False), (2, 64, 3, 2)),
    (TransposedConvolution(64, 16, 3, stride=2, padding=1, output_padding=1), (1, 64, 3, 5)),
]
FEW_CHANNELS = [
    (Convolution(32, 1, 4, padding=1), (2, 32, 9, 7)),
    (Convolution(48, 2, 3, padding=1, padding_mode="reflect", bias=False), (1, 48, 8, 5)),
]
BROAD = [
    (Convolution(128, 130, 4, padding=1), (3, 128, 25, 21)),
    (Convolution(128, 128, 3, padding=1, padding_mode="reflect"), (1, 128, 32, 31)),
    (Convolution(128, 128, 3, padding=0, bias=False), (4, 128, 18, 18)),
]
TOLERANCE = {"few places": 1e-6, "few channels": 1e-6, "broad": 5e-5}
CASES = [
    pytest.param(name, *case, id=f"{name}-{number}")
    for name, cases in (("few places", FEW_PLACES), ("few channels", FEW_CHANNELS), ("broad", BROAD))
    for number, case in enumerate(cases)
]


@pytest.fixture
def torchs_own(monkeypatch):
    """Counts the calls of torch's own convolutions."""
    calls = []

    def counted(own):
        def forward(self, *arguments):
            calls.append(self)
            return own(self, *arguments)

        return forward

    for layer, own in ((nn.Conv2d, "_conv_forward"), (nn.ConvTranspose2d, "forward")):
        monkeypatch.setattr(layer, own, counted(getattr(layer, own)))
    return calls


@pytest.mark.parametrize(("name", "layer", "shape"), CASES)
def test_another_way_gives_the_output_and_gradients_of_torchs_own(name, layer, shape, torchs_own):
    torch.manual_seed(0)
    x = torch.randn(shape, requires_grad=True)
    output = layer(x)
    assert not torchs_own
    sought = torch.randn_like(output)
    gradients = torch.autograd.grad(output, [x, *layer.parameters()], sought)

    exact, x = double(layer), x.detach().double().requires_grad_()
    expected = exact(x)
    assert torchs_own
    assert_close(output, expected, TOLERANCE[name])
    for found, right in zip(
        gradients, torch.autograd.grad(expected, [x, *exact.parameters()], sought.double()), strict=True
    ):
        assert_close(found, right, TOLERANCE[name])


@pytest.mark.parametrize(("name", "layer", "shape"), CASES)
def test_a_penalty_on_the_gradient_can_be_trained(name, layer, shape):
    """The gradient of a gradient, as the penalty of a Wasserstein critic needs it."""

    def slope(layer, x):
        (gradient,) = torch.autograd.grad(torch.tanh(layer(x)).sum(), x, create_graph=True)
        return torch.autograd.grad(gradient.square().sum(), layer.weight)[0]

    torch.manual_seed(0)
    x = torch.randn(shape)
    found = slope(layer, x.requires_grad_())
    assert_close(found, slope(double(layer), x.detach().double().requires_grad_()), 1e-3 if name == "broad" else 1e-5)


@pytest.mark.parametrize(("name", "layer", "shape"), CASES)
def test_where_nothing_is_learnt_it_is_torchs_own(name, layer, shape, torchs_own):
    with torch.no_grad():
        layer(torch.zeros(shape))
    assert torchs_own
    del torchs_own[:]
    with torch.autocast("cpu", torch.float16):
        layer(torch.zeros(shape))
    assert torchs_own


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        *FEW_PLACES,
        (Convolution(8, 64, 4, stride=2, padding=1), (2, 8, 10, 12)),
        (TransposedConvolution(64, 16, 4, stride=2, padding=1), (2, 64, 4, 8)),
    ],
)
def test_in_bfloat16_products_give_what_torchs_own_gives(layer, shape, torchs_own):
    torch.manual_seed(0)
    x = torch.randn(shape, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        output = layer(x)
    assert not torchs_own
    assert output.dtype == torch.bfloat16
    assert output.is_contiguous(memory_format=torch.channels_last)
    sought = torch.randn_like(output)
    gradients = torch.autograd.grad(output, [x, *layer.parameters()], sought)

    exact, x = double(layer), x.detach().double().requires_grad_()
    expected = exact(x)
    assert_close(output, expected, 0.02)  # what overlaps is rounded several times, to 1 in 256 each
    for found, right in zip(
        gradients, torch.autograd.grad(expected, [x, *exact.parameters()], sought.double()), strict=True
    ):
        assert_close(found, right, 0.02)


@pytest.mark.parametrize(("layer", "shape"), [FEW_CHANNELS[0], BROAD[0]])
def test_winograds_sums_and_those_of_taps_are_not_rounded_to_bfloat16(layer, shape, torchs_own):
    with torch.autocast("cpu", torch.bfloat16):
        layer(torch.zeros(shape))
    assert torchs_own


def test_large_maps_of_few_channels_are_left_to_torch(torchs_own):
    Convolution(64, 64, 4, padding=1)(torch.zeros(1, 64, 64, 64))
    Convolution(8, 16, 4, stride=2, padding=1)(torch.zeros(1, 8, 16, 16))
    TransposedConvolution(16, 8, 4, stride=2, padding=1)(torch.zeros(1, 16, 8, 8))
    assert len(torchs_own) == 3


@pytest.mark.parametrize("kernel", winograd.KERNELS)
def test_winograd_is_differentiable_by_finite_differences(kernel):
    torch.manual_seed(0)
    x = torch.randn(1, 2, 4, 5, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(2, 2, kernel, kernel, dtype=torch.float64, requires_grad=True)
    convolve = lambda x, weight: winograd.convolve(x, weight, (1, 0))  # noqa: E731
    assert torch.autograd.gradcheck(convolve, (x, weight))
    assert torch.autograd.gradgradcheck(convolve, (x, weight))
    torch.testing.assert_close(convolve(x, weight), nn.functional.conv2d(x, weight, padding=(1, 0)))


def test_a_frozen_layer_still_passes_the_gradient_on():
    layer = Convolution(128, 128, 4, padding=1).requires_grad_(False)
    x = torch.randn(1, 128, 33, 33, requires_grad=True)
    layer(x).sum().backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0


def test_winograds_share_of_the_multiplications_is_that_of_the_paper():
    for kernel, share in ((3, 4.0), (4, 256 / 49)):
        places = (winograd.TILE + kernel - 1) ** 2
        assert winograd.matrices(kernel, torch.float64)[2].shape == (places, places)
        assert winograd.TILE**2 * kernel**2 / places == pytest.approx(share)


def double(layer):
    """The same layer in a type for which it is torch's own."""
    arguments = {name: getattr(layer, name) for name in ("stride", "padding", "padding_mode", "output_padding")}
    if isinstance(layer, nn.Conv2d):
        del arguments["output_padding"]
    copy = type(layer)(
        layer.in_channels, layer.out_channels, layer.kernel_size, bias=layer.bias is not None, **arguments
    )
    copy.load_state_dict(layer.state_dict())
    return copy.double()


def assert_close(found, expected, tolerance):
    difference, most = (found.double() - expected).abs().max().item(), expected.abs().max().item()
    assert difference <= tolerance * most
