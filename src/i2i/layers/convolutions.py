"""Convolutions that train on a CPU by the cheapest of several ways to the same result.

torch's own (oneDNN) is made for large maps of many channels. Elsewhere it runs at a tenth of its rate, or less:

- where a map has few places and the weights outweigh it (the middle of a U-Net at a small batch), most of the time
  goes into rearranging the weights; a product of the weights as they lie with the unfolded map does without that;
- where a layer has hardly any output channels (the logits of a PatchGAN), its vectors are nearly empty; a
  product with all taps as channels, which are then shifted and added, fills them;
- where it is in its element, but the kernel moves by 1, Winograd's algorithm needs a fraction of the multiplications.

Under autocast to bfloat16 the first pays on larger maps too, as products are fast there and rearranging is not. The
others do not pay, and what Winograd's algorithm adds up would be rounded too coarsely.

Which one is taken follows from shapes and type alone, so that a run can be repeated to the bit. On other devices, in
other types, and where nothing is to be learnt, it is always torch's own. The layers are torch's in all else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from i2i.layers import winograd

WINOGRAD_CHANNELS = 128
WINOGRAD_TILES = 64
"""Below either, transforming the weights costs more than the fewer products save."""

WEIGHTS_OUTWEIGH = {torch.float32: 4, torch.bfloat16: 1}
"""A map is small for its weights if its places, over the batch, are so many times fewer than its channels."""

THIN = 2
"""A layer is thin whose taps of all output channels are so many times fewer than its input channels."""

_as_defined = ContextVar("as_defined", default=False)


@contextmanager
def as_defined() -> Iterator[None]:
    """Inside, every layer is torch's own on a CPU too: to count what a network takes, by whatever way it is done."""
    before = _as_defined.set(True)
    try:
        yield
    finally:
        _as_defined.reset(before)


def is_as_defined() -> bool:
    """Whether it is inside of `as_defined`."""
    return _as_defined.get()


def weights_outweigh(layer: nn.Conv2d | nn.ConvTranspose2d, x: Tensor) -> bool:
    """Whether a layer that leads to larger maps has more weights to arrange than this map, (N, C, H, W), has places.

    Never where another way is not known to be right.
    """
    dtype = trained_type(layer, x)
    return dtype is not None and len(x) * x.shape[2] * x.shape[3] * WEIGHTS_OUTWEIGH[dtype] <= x.shape[1]


class Convolution(nn.Conv2d):
    """torch's layer, (N, C, H, W) -> (N, C', H', W')."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        """As torch's, but for the order in which numbers are added."""
        return self.convolve(input, self.weight)

    def convolve(self, x: Tensor, weight: Tensor) -> Tensor:
        """The layer with this weight, of the shape and type of its own."""
        dtype = trained_type(self, x)
        if dtype is None:
            return self._by_torch(x, weight)
        size = self._output_size(x)
        dense = dtype == torch.float32 and self._filters_densely()
        if dense and _is_thin(self):
            return self._with_bias(_by_taps(*self._padded(x), weight))
        if dense and self._is_broad() and len(x) * winograd.tiles(*size) >= WINOGRAD_TILES:
            padded, padding = self._padded(x)
            return self._with_bias(winograd.convolve(padded, weight, padding))
        if len(x) * size[0] * size[1] * WEIGHTS_OUTWEIGH[dtype] <= self.out_channels:
            return _laid_out(self._with_bias(self._by_unfolding(x.to(dtype), weight, size)))
        return self._by_torch(x, weight)

    def _by_torch(self, x: Tensor, weight: Tensor) -> Tensor:
        output: Tensor = self._conv_forward(x, weight, self.bias)
        return output

    def _by_unfolding(self, x: Tensor, weight: Tensor, size: tuple[int, int]) -> Tensor:
        x, padding = self._padded(x)
        columns = _side_by_side(F.unfold(x, self.kernel_size, padding=padding, stride=self.stride))
        return _apart(weight.view(self.out_channels, -1) @ columns, len(x)).view(len(x), -1, *size)

    def _padded(self, x: Tensor) -> tuple[Tensor, tuple[int, int]]:
        """The input, and the zeros that are still to be put around it."""
        top, left = cast(tuple[int, int], self.padding)
        if self.padding_mode == "zeros":
            return x, (top, left)
        return F.pad(x, (left, left, top, top), mode=self.padding_mode), (0, 0)

    def _output_size(self, x: Tensor) -> tuple[int, int]:
        sides = zip(x.shape[2:], cast(tuple[int, int], self.padding), self.kernel_size, self.stride, strict=True)
        height, width = ((length + 2 * padding - kernel) // stride + 1 for length, padding, kernel, stride in sides)
        return height, width

    def _filters_densely(self) -> bool:
        return self.stride == (1, 1) and self.kernel_size[0] == self.kernel_size[1] > 1

    def _is_broad(self) -> bool:
        return self.kernel_size[0] in winograd.KERNELS and min(self.in_channels, self.out_channels) >= WINOGRAD_CHANNELS

    def _with_bias(self, x: Tensor) -> Tensor:
        return x if self.bias is None else x + self.bias[:, None, None].to(x.dtype)


class TransposedConvolution(nn.ConvTranspose2d):
    """torch's layer, (N, C, H, W) -> (N, C', H', W')."""

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:  # noqa: A002 - torch's name
        """As torch's, but for the order in which numbers are added."""
        if output_size is None and weights_outweigh(self, input):
            return _laid_out(self._by_folding(input))
        return super().forward(input, output_size)

    def _by_folding(self, x: Tensor) -> Tensor:
        # The weights stand last, as they lie: Wᵀ x takes up to three times as long as (xᵀ W)ᵀ.
        columns = _apart((_side_by_side(x.flatten(2)).t() @ self.weight.view(self.in_channels, -1)).t(), len(x))
        padding = cast(tuple[int, int], self.padding)
        sides = zip(x.shape[2:], self.stride, padding, self.kernel_size, self.output_padding, strict=True)
        size = tuple((length - 1) * stride - 2 * zeros + kernel + more for length, stride, zeros, kernel, more in sides)
        folded = F.fold(columns, size, self.kernel_size, padding=padding, stride=self.stride)
        return folded if self.bias is None else folded + self.bias[:, None, None].to(folded.dtype)


def trained_type(layer: nn.Conv2d | nn.ConvTranspose2d, x: Tensor) -> torch.dtype | None:
    """The type in which the layer computes, if another way may pay and is known to be right; else None."""
    dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else torch.float32
    known = (
        x.ndim == 4
        and x.device.type == "cpu"
        and not is_as_defined()
        and dtype in WEIGHTS_OUTWEIGH
        and x.dtype in (torch.float32, dtype)
        and layer.weight.dtype == torch.float32
        and torch.is_grad_enabled()
        and not torch.compiler.is_compiling()
        and not torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]
        and layer.groups == 1
        and layer.dilation == (1, 1)
        and not isinstance(layer.padding, str)
    )
    return dtype if known else None


def _is_thin(layer: nn.Conv2d) -> bool:
    """Whether all taps of all output channels are still few."""
    return layer.out_channels * layer.kernel_size[0] * layer.kernel_size[1] * THIN <= layer.in_channels


def _by_taps(x: Tensor, padding: tuple[int, int], weight: Tensor) -> Tensor:
    """A convolution of stride 1 as one product for each tap, shifted by that tap and added.

    Where a tap reads at an offset, what it made is to be added at the opposite one: the kernel is turned by 180°.
    """
    in_channels, kernel = weight.shape[1], weight.shape[2]
    taps = weight.flip(2, 3).permute(0, 2, 3, 1).reshape(-1, in_channels)
    products = _apart(taps @ _side_by_side(x.flatten(2)), len(x))
    size = tuple(length + 2 * zeros - kernel + 1 for length, zeros in zip(x.shape[2:], padding, strict=True))
    return F.fold(products, size, kernel, padding=tuple(kernel - 1 - zeros for zeros in padding))


def _laid_out(result: Tensor) -> Tensor:
    """The result; in bfloat16 channels-last, as training has it then: what this layer gives shapes all that follow."""
    return result.contiguous(memory_format=torch.channels_last) if result.dtype == torch.bfloat16 else result


def _side_by_side(columns: Tensor) -> Tensor:
    """(N, K, L) -> (K, N · L)."""
    return columns[0] if len(columns) == 1 else columns.transpose(0, 1).flatten(1)


def _apart(columns: Tensor, images: int) -> Tensor:
    """(K, N · L) -> (N, K, L)."""
    return columns.view(len(columns), images, -1).transpose(0, 1)
