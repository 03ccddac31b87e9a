"""A generator with as little left to do as possible: normalisation folded into the convolution before it.

Where mean μ and variance σ² are known beforehand, as training's average or because they are held, γ (w ∗ x + b - μ) /
√(σ² + ε) + β is a convolution with other weights (Jacob et al. 2018, §3.2). https://arxiv.org/abs/1712.05877
"""

import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from i2i.generators import Generator
from i2i.layers.convolutions import Convolution, TransposedConvolution
from i2i.layers.norms import BatchNorm, ImageNorm
from i2i.layers.spectral import SpectralConvolution
from i2i.layers.upsampling import ResizeConvolution

AnyConvolution = nn.Conv2d | nn.ConvTranspose2d


@dataclass(frozen=True)
class Step:
    """A layer in a sequence of layers that are run one after the other, and where it stands."""

    parent: nn.Module
    name: str
    layer: nn.Module

    def replace(self, layer: nn.Module) -> "Step":
        """Put another in its place."""
        setattr(self.parent, self.name, layer)
        return Step(self.parent, self.name, layer)


@torch.no_grad()
def fold(generator: Generator) -> Generator:
    """A copy for test time that gives the same, whatever the batch what each image would give alone.

    Normalisation by known statistics that follows a convolution in a sequence is folded into it; batch normalisation by
    the image at hand becomes instance normalisation with its parameters; weights that are normalised by their largest
    singular value are so once for all, and those of an enlargement and a convolution are put together. All else stays
    as it is.

    Args:
        generator: prepared for test; stays as it is.
    """
    network = copy.deepcopy(generator)
    for name, layer in list(network.named_modules()):
        if isinstance(layer, SpectralConvolution | ResizeConvolution):
            network.set_submodule(name, layer.plain())
    used = uses(network)
    for sequence in sequences(network):
        _fold_sequence(sequence, used)
    each_by_itself(network)
    return network.requires_grad_(False).eval()


def sequences(network: nn.Module) -> Iterator[list[Step]]:
    """The layers of each `nn.Sequential` in the order in which they run, with those of sequences within it."""
    for layer in network.modules():
        if _is_sequence(layer):
            yield list(_steps(layer))


def uses(network: nn.Module) -> Counter[int]:
    """In how many places each layer stands, by its id."""
    return Counter(id(layer) for _, layer in network.named_modules(remove_duplicate=False))


def _is_sequence(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Sequential) and type(layer).forward is nn.Sequential.forward


def _steps(sequence: nn.Module) -> Iterator[Step]:
    for name, layer in sequence.named_children():
        if _is_sequence(layer):
            yield from _steps(layer)
        else:
            yield Step(sequence, name, layer)


def _fold_sequence(steps: list[Step], used: Counter[int]) -> None:
    before: nn.Module | None = None
    pixels = 1  # of the output that one channel of the convolution is for, where a shuffle comes after it
    for step in steps:
        if isinstance(step.layer, nn.PixelShuffle):
            pixels *= step.layer.upscale_factor**2
        elif isinstance(step.layer, _NormBase):
            known = _scale_and_shift(step.layer)
            if known is not None and _is_foldable(before) and used[id(before)] == 1:
                _fold_into(before, *(part.repeat_interleave(pixels) for part in known))
                step.replace(nn.Identity())
            before = None
        elif not isinstance(step.layer, nn.Identity):
            before, pixels = step.layer, 1


def is_plain(layer: nn.Module | None) -> TypeGuard[AnyConvolution]:
    """Whether it is one of the convolutions that compute, at test time, what torch's do; other subclasses may not."""
    return type(layer) in (nn.Conv2d, nn.ConvTranspose2d, Convolution, TransposedConvolution)


def _is_foldable(layer: nn.Module | None) -> TypeGuard[AnyConvolution]:
    return is_plain(layer) and not (isinstance(layer, nn.ConvTranspose2d) and layer.groups > 1)


def _scale_and_shift(norm: _NormBase) -> tuple[Tensor, Tensor] | None:
    """What it multiplies by and then adds, (C,) float64; None if that depends on the image."""
    known = norm.fixed if isinstance(norm, ImageNorm) else _running(norm)
    if known is None:
        return None
    mean, variance = (part.double() for part in known)
    scale = (variance + norm.eps).rsqrt()
    if norm.weight is not None:
        scale = scale * norm.weight.double()
    shift = -mean * scale
    return scale, shift if norm.bias is None else shift + norm.bias.double()


def _running(norm: _NormBase) -> tuple[Tensor, Tensor] | None:
    if norm.training or norm.running_mean is None or norm.running_var is None:
        return None
    return norm.running_mean, norm.running_var


def _fold_into(convolution: AnyConvolution, scale: Tensor, shift: Tensor) -> None:
    weight = convolution.weight
    shape = (1, -1, 1, 1) if isinstance(convolution, nn.ConvTranspose2d) else (-1, 1, 1, 1)
    bias = shift if convolution.bias is None else shift + convolution.bias.double() * scale
    convolution.weight = nn.Parameter((weight.double() * scale.view(shape)).to(weight.dtype))
    convolution.bias = nn.Parameter(bias.to(weight.dtype))


def each_by_itself(network: nn.Module) -> None:
    """Have batch normalisation by the image at hand treat each image of a batch as if it were alone."""
    for name, layer in list(network.named_modules()):
        if isinstance(layer, BatchNorm) and layer.follows_image:
            network.set_submodule(name, _by_itself(layer))


def _by_itself(norm: BatchNorm) -> nn.InstanceNorm2d:
    """Batch normalisation by the statistics of the batch, for each image as if it were alone."""
    instead = nn.InstanceNorm2d(norm.num_features, eps=norm.eps, affine=norm.affine)
    instead.load_state_dict({name: parameter.detach() for name, parameter in norm.named_parameters()})
    return instead
