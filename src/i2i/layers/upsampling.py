"""Four ways to double height and width, (N, C, H, W) -> (N, C', 2H, 2W)."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from i2i.layers.arguments import one_of
from i2i.layers.convolutions import Convolution, TransposedConvolution, is_as_defined, weights_outweigh

Upsample = Literal["transposed", "resize", "subpixel", "blur"]


def upsampling(how: Upsample, in_channels: int, out_channels: int, *, kernel: Literal[3, 4], bias: bool) -> nn.Module:
    """The layer that `how` names; `kernel` is that of the transposed convolution, the others use 3×3.

    Raises:
        ConfigError: no such way.
    """
    one_of(Upsample, upsample=how)
    if how == "transposed":
        return TransposedConvolution(
            in_channels, out_channels, kernel, stride=2, padding=1, output_padding=kernel % 2, bias=bias
        )
    if how == "resize":
        return ResizeConvolution(in_channels, out_channels, bias=bias)
    if how == "blur":
        return BlurConvolution(in_channels, out_channels, bias=bias)
    return SubpixelConvolution(in_channels, out_channels, bias=bias)


class ResizeConvolution(nn.Module):
    """Nearest-neighbour ×2, then a 3×3 convolution: hardly a checkerboard (Odena et al. 2016).

    Of the four pixels that a pixel becomes, each sees it and three of its neighbours: 4 taps, where the convolution has
    9, some on the same pixel. That is a transposed convolution (`doubled`), and is done as one, in a third of the time
    at high resolution; only to train where the weights outweigh the map is the other way quicker.
    https://distill.pub/2016/deconv-checkerboard
    """

    def __init__(self, in_channels: int, out_channels: int, *, bias: bool):
        super().__init__()
        self.conv = Convolution(in_channels, out_channels, 3, padding=1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C', 2H, 2W)."""
        if weights_outweigh(self.conv, x):
            convolved: Tensor = self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
            return convolved
        return F.conv_transpose2d(x, doubled(self.conv.weight), self.conv.bias, stride=2, padding=1)

    @torch.no_grad()
    def plain(self) -> TransposedConvolution:
        """A layer that gives the same and can't be trained to be the same: its taps are no longer tied."""
        bias = self.conv.bias
        layer = TransposedConvolution(
            self.conv.in_channels, self.conv.out_channels, 4, stride=2, padding=1, bias=bias is not None
        )
        state = {"weight": doubled(self.conv.weight)} | ({} if bias is None else {"bias": bias})
        layer.load_state_dict({name: tensor.detach() for name, tensor in state.items()})
        return layer.to(self.conv.weight.device, self.conv.weight.dtype).train(self.training)


def doubled(weight: Tensor) -> Tensor:
    """The kernel of a transposed convolution that does what enlarging and a convolution by `weight` do together.

    (C', C, 3, 3) with padding 1 -> (C, C', 4, 4) with stride 2 and padding 1. Along each axis the even pixels see their
    left neighbour by the first tap and themselves by the others, the odd ones themselves by the first two and their
    right neighbour by the last.
    """
    if is_as_defined():  # sums, where multiplications are counted
        for axis in (2, 3):
            first, middle, last = weight.unbind(axis)
            weight = torch.stack((last, middle + last, first + middle, first), axis)
        return weight.transpose(0, 1)
    along = torch.tensor([[0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]])  # which of three taps are in each of four
    taps = torch.kron(along, along).to(weight)
    return (weight.flatten(2) @ taps.t()).view(*weight.shape[:2], 4, 4).transpose(0, 1)


class BlurConvolution(nn.Sequential):
    """×2 with the binomial filter (1, 3, 3, 1), which is bilinear, then a 3×3 convolution (Zhang 2019, as CUT uses it).

    https://arxiv.org/abs/1904.11486
    """

    def __init__(self, in_channels: int, out_channels: int, *, bias: bool):
        super().__init__()
        self.blur = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.conv = Convolution(in_channels, out_channels, 3, padding=1, bias=bias)


class SubpixelConvolution(nn.Sequential):
    """A 3×3 convolution whose channels become 2×2 pixels (Shi et al. 2016, §3.2).

    Starts without a checkerboard, as all four pixels begin with one kernel (ICNR, Aitken et al. 2017).
    https://arxiv.org/abs/1609.05158, https://arxiv.org/abs/1707.02937
    """

    def __init__(self, in_channels: int, out_channels: int, *, bias: bool):
        super().__init__()
        self.conv = Convolution(in_channels, 4 * out_channels, 3, padding=1, bias=bias)
        self.shuffle = nn.PixelShuffle(2)
        self.share_kernels()

    @torch.no_grad()
    def share_kernels(self) -> None:
        """Give the four pixels of each output channel the kernel (and bias) of the first."""
        self.conv.weight.copy_(_first_of_four(self.conv.weight))
        if self.conv.bias is not None:
            self.conv.bias.copy_(_first_of_four(self.conv.bias))


def _first_of_four(parameter: Tensor) -> Tensor:
    return parameter[::4].repeat_interleave(4, dim=0)
