"""oneDNN with weights laid out once, on CPUs: what eager torch spends at every call is spent before the first.

Eager torch brings the weights of each convolution into oneDNN's own layout at each call, and pages of fresh memory with
them. The operators that take weights in that layout are torch's own, used by its compiler, but private: they are tried
before they are trusted.
"""

from functools import cache
from itertools import pairwise, product
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from i2i.devices import multiplies_bf16
from i2i.engines.engine import Job, Network, noisy, off_the_cpu
from i2i.engines.folding import AnyConvolution, fold, is_plain, sequences, uses
from i2i.engines.parity import compared
from i2i.layers.norms import ImageNorm, by_each_image

EXACT = True

_mkldnn: Any = torch.ops.mkldnn

_THIN = 4
"""Output channels: those of four pixels then fill a vector of oneDNN's at most."""

_MANY = 1024
"""Input channels: to add up the taps of a transposed convolution is then little beside the product that makes them."""

_Fused = tuple[str, list[float]]
"""Name and numbers of what oneDNN applies to each output."""


@cache
def unavailable() -> str | None:
    """See `Engine`: one small convolution each way, by the private operators and by the public ones."""
    image = torch.linspace(-1, 1, 3 * 36).view(1, 3, 6, 6)
    down = nn.Conv2d(3, 5, 4, stride=2, padding=1).requires_grad_(False)
    up = nn.ConvTranspose2d(3, 5, 4, stride=2, padding=1).requires_grad_(False)
    try:
        for layer in (down, up):
            packed = PackedConvolution(layer, ("leaky_relu", [0.2]))
            if not torch.allclose(packed(image), F.leaky_relu(layer(image), 0.2), atol=1e-5):
                return f"torch {torch.__version__} computes {type(layer).__name__} otherwise by its packed operators"
        if not torch.allclose(FoldedProduct(up)(image), up(image), atol=1e-5):
            return f"torch {torch.__version__} computes a product otherwise by its packed operators"
    except Exception as error:  # private operators may fail in any way
        return f"torch {torch.__version__} has not the packed operators ({str(error).partition('. ')[0]})"
    return None


def refusal(job: Job) -> str | None:
    """See `Engine`."""
    if job.bf16 and not multiplies_bf16():
        return "this processor has no arithmetic in bf16, which would be slower than fp32"
    return off_the_cpu(job) or noisy(job)


def build(job: Job) -> Network:
    """See `Engine`. The weights are laid out at the first call."""
    network = fold(job.generator)
    _pack(network, torch.bfloat16 if job.bf16 else torch.float32)

    @torch.inference_mode()
    def run(images: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=job.bf16):
            output: Tensor = network(images.contiguous(memory_format=torch.channels_last))
        return output.float()

    return compared(job, run)


class PackedConvolution(nn.Module):
    """A convolution, or a transposed one, and the activation after it, with its weights in oneDNN's layout.

    (N, C, H, W) -> (N, C', H', W'). The layout is chosen at the first call, for its size; others are right too.

    Args:
        convolution: on the CPU; what it was built with is taken, and it may be dropped.
        fused: the activation.
        dtype: in which it computes.
    """

    def __init__(self, convolution: AnyConvolution, fused: _Fused = ("none", []), dtype: torch.dtype = torch.float32):
        super().__init__()
        self._weight, bias = convolution.weight.detach().to(dtype), convolution.bias
        self._bias = None if bias is None else bias.detach().to(dtype)
        self._fused, self._dtype, self._is_packed = fused, dtype, False
        self._around: tuple[list[int], str] | None = None
        padding = convolution.padding
        if convolution.padding_mode != "zeros":
            self._around = (convolution._reversed_padding_repeated_twice, convolution.padding_mode)
            padding = (0, 0)
        self._geometry = [convolution.stride, convolution.dilation, convolution.groups]
        if isinstance(convolution, nn.ConvTranspose2d):
            self._geometry = [convolution.output_padding, *self._geometry]
            self._pack, self._run = (
                _mkldnn._reorder_convolution_transpose_weight,
                _mkldnn._convolution_transpose_pointwise,
            )
        else:
            self._pack, self._run = _reorder_convolution_weight, _mkldnn._convolution_pointwise
        self._geometry = [padding, *self._geometry]

    def forward(self, x: Tensor) -> Tensor:
        """Convolve and activate."""
        x = x.to(self._dtype)
        if self._around is not None:
            x = F.pad(x, *self._around)
        if not self._is_packed:
            self._weight, self._is_packed = self._pack(self._weight, *self._geometry, list(x.shape)), True
        activation, numbers = self._fused
        output: Tensor = self._run(x, self._weight, self._bias, *self._geometry, activation, numbers, "")
        return output


class FoldedProduct(nn.Module):
    """A transposed convolution of kernel 4, stride 2 and padding 1: one product makes all its taps, which are added up.

    (N, C, H, W) -> (N, C', 2H, 2W), channels-last. Tap (2i + a, 2j + b) of an input pixel falls on place (a, b) of the
    2×2 output pixels of the one i further down and j further right; then the border goes. Where input channels are
    many, oneDNN's own way takes 1 to 4 times as long, most in bfloat16.

    Args:
        convolution: on the CPU; what it was built with is taken, and it may be dropped.
        dtype: in which the product is made; taps are added up in float32.
    """

    def __init__(self, convolution: nn.ConvTranspose2d, dtype: torch.dtype = torch.float32):
        super().__init__()
        weight = convolution.weight.detach().permute(2, 3, 1, 0)  # (kernel, kernel, C', C)
        self._weight, self._dtype, self._is_packed = weight.reshape(-1, weight.shape[3]).to(dtype), dtype, False
        self._bias = torch.zeros(weight.shape[2]) if convolution.bias is None else convolution.bias.detach()

    def forward(self, x: Tensor) -> Tensor:
        """Multiply, then add up."""
        images, channels, height, width = x.shape
        pixels = x.to(self._dtype).movedim(1, -1).reshape(-1, channels)
        if not self._is_packed:
            self._weight, self._is_packed = _mkldnn._reorder_linear_weight(self._weight, len(pixels)), True
        taps = _mkldnn._linear_pointwise(pixels, self._weight, None, "none", [], "")
        taps = taps.view(images, height, width, 2, 2, 2, 2, -1)
        sums = self._bias.expand(images, 2 * height + 2, 2 * width + 2, -1).contiguous()
        by_pixel = sums.view(images, height + 1, 2, width + 1, 2, -1)
        for down, right in product((0, 1), repeat=2):
            own = taps[:, :, :, down, :, right].transpose(2, 3)
            by_pixel[:, down : down + height, :, right : right + width] += own
        return sums[:, 1:-1, 1:-1].movedim(-1, 1).to(self._dtype)


class PerImageNorm(nn.Module):
    """Instance normalisation for channels-last images: `by_each_image` as a layer."""

    def __init__(self, norm: nn.InstanceNorm2d):
        super().__init__()
        self.weight, self.bias, self._eps = norm.weight, norm.bias, norm.eps

    def forward(self, x: Tensor) -> Tensor:
        """By each image's own statistics."""
        return by_each_image(x, self.weight, self.bias, self._eps)


def _pack(network: nn.Module, dtype: torch.dtype) -> None:
    """Put packed convolutions, with the activations after them, and norms that suit them in the place of torch's."""
    for name, layer in list(network.named_modules()):
        if _is_thin(layer):
            network.set_submodule(name, by_subpixels(layer))
    used = uses(network)
    for steps in sequences(network):
        for step, following in pairwise(steps):
            fused = _fused(following.layer)
            can_fuse = used[id(step.layer)] == 1 and not _is_deep(step.layer)
            if _is_packable(step.layer) and can_fuse and fused is not None:
                step.replace(PackedConvolution(step.layer, fused, dtype))
                following.replace(nn.Identity())
    packed: dict[nn.Module, nn.Module] = {}
    for name, layer in list(network.named_modules(remove_duplicate=False)):
        if layer in packed:
            network.set_submodule(name, packed[layer])
        elif _is_packable(layer):
            packed[layer] = FoldedProduct(layer, dtype) if _is_deep(layer) else PackedConvolution(layer, dtype=dtype)
            network.set_submodule(name, packed[layer])
        elif isinstance(layer, nn.InstanceNorm2d) and not (isinstance(layer, ImageNorm) and layer.fixed):
            network.set_submodule(name, PerImageNorm(layer))


def by_subpixels(convolution: nn.ConvTranspose2d) -> nn.Sequential:
    """A transposed convolution of kernel 4, stride 2 and padding 1 as one of kernel 3 for each of the 2×2 pixels.

    (N, C, H, W) -> (N, C', 2H, 2W). Three quarters of its kernels are zeros. But oneDNN fills its vectors with output
    channels, 16 at a time: with three, as an image has, it is done in half the time. Output pixel 2y + a takes from
    input pixel y + d what tap a + 1 - 2d of the transposed kernel gives, d from -1 to 1 where there is such a tap.
    """
    channels, outputs = convolution.in_channels, convolution.out_channels
    weight = torch.zeros(outputs, 2, 2, channels, 3, 3)
    taps = [(a, d, a + 1 - 2 * d) for a in (0, 1) for d in (-1, 0, 1) if 0 <= a + 1 - 2 * d < 4]
    for (a, dy, top), (b, dx, left) in product(taps, repeat=2):
        weight[:, a, b, :, dy + 1, dx + 1] = convolution.weight.detach()[:, :, top, left].t()
    instead = nn.Conv2d(channels, 4 * outputs, 3, padding=1, bias=convolution.bias is not None)
    instead.weight = nn.Parameter(weight.view(4 * outputs, channels, 3, 3))
    if convolution.bias is not None:
        instead.bias = nn.Parameter(convolution.bias.detach().repeat_interleave(4))
    return nn.Sequential(instead, nn.PixelShuffle(2)).requires_grad_(False)


def _is_thin(layer: nn.Module) -> TypeGuard[nn.ConvTranspose2d]:
    return _is_doubling(layer) and layer.out_channels <= _THIN


def _is_deep(layer: nn.Module) -> TypeGuard[nn.ConvTranspose2d]:
    return _is_doubling(layer) and layer.in_channels >= _MANY


def _is_doubling(layer: nn.Module) -> TypeGuard[nn.ConvTranspose2d]:
    if not (isinstance(layer, nn.ConvTranspose2d) and is_plain(layer)):
        return False
    geometry = (layer.kernel_size, layer.stride, layer.padding, layer.output_padding, layer.dilation, layer.groups)
    return geometry == ((4, 4), (2, 2), (1, 1), (0, 0), (1, 1), 1)


def _is_packable(layer: nn.Module) -> TypeGuard[AnyConvolution]:
    return is_plain(layer) and not isinstance(layer.padding, str)


def _fused(layer: nn.Module) -> _Fused | None:
    """What oneDNN can apply itself."""
    if type(layer) is nn.ReLU:
        return "relu", []
    if type(layer) is nn.LeakyReLU:
        return "leaky_relu", [layer.negative_slope]
    return ("tanh", []) if type(layer) is nn.Tanh else None


def _reorder_convolution_weight(weight: Tensor, *geometry: Any) -> Tensor:
    packed: Tensor = torch._C._nn.mkldnn_reorder_conv2d_weight(weight.to_mkldnn(), *geometry)
    return packed
