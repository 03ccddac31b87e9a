"""Weights begin as asked, biases at 0."""

import pytest
import torch
from torch import nn

from i2i.errors import ConfigError
from i2i.generators import ResNet, UNet
from i2i.layers.initialise import initialise
from i2i.layers.upsampling import SubpixelConvolution


def weights(module: nn.Module, kind: type[nn.Module]) -> torch.Tensor:
    return torch.cat([layer.weight.detach().flatten() for layer in module.modules() if isinstance(layer, kind)])


def test_normal_is_the_papers_and_is_the_default() -> None:
    torch.manual_seed(0)
    net = UNet(3, 3, width=16, depth=5)
    initialise(net)
    for kind, mean in [(nn.Conv2d, 0.0), (nn.ConvTranspose2d, 0.0), (nn.BatchNorm2d, 1.0)]:
        drawn = weights(net, kind)
        assert drawn.mean().item() == pytest.approx(mean, abs=0.003)
        assert drawn.std().item() == pytest.approx(0.02, rel=0.1)


@pytest.mark.parametrize("how", ["normal", "xavier", "kaiming", "orthogonal"])
@pytest.mark.parametrize("norm", ["batch", "instance", "none"])
def test_every_bias_is_zero_and_every_weight_drawn(how: str, norm: str) -> None:
    net = ResNet(3, 3, width=4, blocks=1, norm=norm)
    before = {key: value.clone() for key, value in net.named_parameters()}
    initialise(net, how)
    for key, parameter in net.named_parameters():
        if key.endswith("bias"):
            assert not parameter.any(), key
        else:
            assert not torch.equal(parameter, before[key]), key


def test_xavier_and_orthogonal_scale_with_the_gain_and_kaiming_has_none() -> None:
    layer = nn.Conv2d(64, 64, 3, bias=False)
    fan = 64 * 9
    for how, expected in [
        ("xavier", 0.02 * fan**-0.5),
        ("kaiming", (2 / fan) ** 0.5),
        ("orthogonal", 0.02 * fan**-0.5),
    ]:
        torch.manual_seed(0)
        initialise(layer, how)
        assert layer.weight.std().item() == pytest.approx(expected, rel=0.05), how


def test_linear_layers_are_drawn_too() -> None:
    layer = nn.Linear(64, 64)
    initialise(layer)
    assert layer.weight.std().item() == pytest.approx(0.02, rel=0.1)
    assert not layer.bias.any()


def test_the_same_seed_gives_the_same_weights() -> None:
    drawn = []
    for _ in range(2):
        layer = nn.Conv2d(3, 8, 3)
        torch.manual_seed(7)
        initialise(layer)
        drawn.append(layer.weight.detach().clone())
    assert torch.equal(*drawn)


def test_sub_pixel_layers_still_begin_without_a_checkerboard() -> None:
    layer = SubpixelConvolution(3, 5, bias=True)
    initialise(layer, "normal", 1.0)
    out = layer(torch.randn(1, 3, 4, 6))
    assert out.shape == (1, 5, 8, 12)
    assert torch.equal(out[..., ::2, ::2], out[..., 1::2, 1::2])
    assert torch.equal(out[..., ::2, ::2], out[..., ::2, 1::2])
    assert out.std() > 0


def test_an_unknown_initialisation_is_refused() -> None:
    with pytest.raises(ConfigError, match="initialisation: found 'he'; expected one of normal"):
        initialise(nn.Linear(1, 1), "he")
