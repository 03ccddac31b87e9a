"""Each way doubles height and width."""

import pytest
import torch
from torch.nn import functional

from i2i.errors import ConfigError
from i2i.layers.convolutions import as_defined
from i2i.layers.upsampling import upsampling


@pytest.mark.parametrize("how", ["transposed", "resize", "subpixel", "blur"])
@pytest.mark.parametrize("kernel", [3, 4])
@pytest.mark.parametrize("bias", [True, False])
def test_height_and_width_are_doubled(how: str, kernel: int, bias: bool) -> None:
    layer = upsampling(how, 3, 5, kernel=kernel, bias=bias)
    assert layer(torch.randn(2, 3, 1, 7)).shape == (2, 5, 2, 14)
    assert any(parameter.ndim == 1 for parameter in layer.parameters()) is bias


@pytest.mark.parametrize("how", ["resize", "subpixel", "blur"])
def test_a_flat_image_stays_flat_away_from_the_border(how: str) -> None:
    out = upsampling(how, 2, 3, kernel=4, bias=True)(torch.ones(1, 2, 8, 8))[..., 2:-2, 2:-2]
    assert out.std(dim=(2, 3)).max() < 1e-6


@pytest.mark.parametrize(("batch", "side", "channels"), [(4, 16, 8), (1, 2, 64), (2, 1, 4)])
@pytest.mark.parametrize("bias", [True, False])
def test_resizing_by_fewer_taps_gives_what_is_defined_and_its_gradients(
    batch: int, side: int, channels: int, bias: bool
) -> None:
    layer = upsampling("resize", channels, 3, kernel=4, bias=bias).double()
    x = torch.randn(batch, channels, side, side + 1, dtype=torch.double, requires_grad=True)
    target = torch.randn(batch, 3, 2 * side, 2 * side + 2, dtype=torch.double)

    def gradients(output: torch.Tensor) -> list[torch.Tensor]:
        return list(torch.autograd.grad((output - target).square().sum(), [x, *layer.parameters()]))

    expected = layer.conv(functional.interpolate(x, scale_factor=2.0, mode="nearest"))
    expected_gradients = gradients(expected)
    torch.testing.assert_close(layer(x), expected)
    with as_defined():
        torch.testing.assert_close(layer(x), expected)
    torch.testing.assert_close(layer.plain()(x), expected)
    torch.testing.assert_close(gradients(layer(x)), expected_gradients)


def test_resizing_takes_fewer_taps_where_the_map_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    layer, taken = upsampling("resize", 8, 3, kernel=4, bias=True), []
    monkeypatch.setattr(layer.conv, "forward", lambda x: taken.append(x) or x)
    layer(torch.randn(4, 8, 16, 16))
    assert not taken
    layer(torch.randn(1, 8, 1, 2))
    assert len(taken) == 1


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(ConfigError, match="upsample: found 'nearest'; expected one of transposed, resize, subpixel"):
        upsampling("nearest", 1, 1, kernel=4, bias=True)
