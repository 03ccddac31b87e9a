"""Two ways for a 3×3 convolution to halve height and width."""

from typing import Literal

from torch import nn

Downsample = Literal["strided", "blur"]


class BlurHalving(nn.Sequential):
    """Halves what the binomial filter (1, 2, 1) has smoothed, so that a shift of the image shifts the result.

    (N, C, H, W) -> (N, C, H / 2, W / 2) of even H and W, the border reflected. The filter is two means of two, one
    after the other.  Zhang 2019, https://arxiv.org/abs/1904.11486
    """

    def __init__(self) -> None:
        super().__init__()
        self.border = nn.ReflectionPad2d(1)
        self.smooth = nn.AvgPool2d(2, stride=1)
        self.halve = nn.AvgPool2d(2, stride=2)
