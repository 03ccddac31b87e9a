"""What smooths before it halves, and what smooths after it doubles, against their filters written out."""

import pytest
import torch
from torch.nn import functional as F

from i2i.layers.downsampling import BlurHalving
from i2i.layers.upsampling import upsampling


def binomial(*taps: float) -> torch.Tensor:
    row = torch.tensor(taps)
    return torch.outer(row, row)[None, None] / row.sum() ** 2


@pytest.mark.parametrize("size", [(8, 8), (6, 10)])
def test_halving_is_the_binomial_filter_at_every_second_pixel(size: tuple[int, int]) -> None:
    torch.manual_seed(0)
    image = torch.randn(2, 3, *size)
    kernel = binomial(1, 2, 1).expand(3, 1, 3, 3)
    expected = F.conv2d(F.pad(image, (1, 1, 1, 1), mode="reflect"), kernel, stride=2, groups=3)
    assert expected.shape[2:] == (size[0] // 2, size[1] // 2)
    torch.testing.assert_close(BlurHalving()(image), expected)


def test_doubling_is_the_binomial_filter_of_four_taps() -> None:
    """As a transposed convolution with the border repeated, cut to its place: the published construction."""
    torch.manual_seed(0)
    image = torch.randn(2, 3, 5, 4)
    kernel = 4 * binomial(1, 3, 3, 1).expand(3, 1, 4, 4)
    padded = F.pad(image, (1, 1, 1, 1), mode="replicate")
    expected = F.conv_transpose2d(padded, kernel, stride=2, padding=2, groups=3)[:, :, 1:-1, 1:-1]
    layer = upsampling("blur", 3, 5, kernel=3, bias=False)
    torch.testing.assert_close(layer.blur(image), expected)
    assert layer(image).shape == (2, 5, 10, 8)


def test_a_shift_of_two_pixels_shifts_the_half_by_one() -> None:
    torch.manual_seed(0)
    image = torch.randn(1, 1, 16, 16)
    shifted = image.roll(2, dims=3)
    torch.testing.assert_close(BlurHalving()(shifted)[..., 2:-1], BlurHalving()(image)[..., 1:-2])
