"""Each way doubles height and width."""

import pytest
import torch

from i2i.errors import ConfigError
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


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(ConfigError, match="upsample: found 'nearest'; expected one of transposed, resize, subpixel"):
        upsampling("nearest", 1, 1, kernel=4, bias=True)
