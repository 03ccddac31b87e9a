"""How a network's weights begin, before the first step."""

from collections.abc import Callable
from typing import Literal

from torch import Tensor, nn
from torch.nn import init
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from i2i.layers.arguments import one_of
from i2i.layers.spectral import SpectralConvolution
from i2i.layers.upsampling import SubpixelConvolution

Initialisation = Literal["normal", "xavier", "kaiming", "orthogonal", "uniform"]


def initialise(module: nn.Module, how: Initialisation = "normal", gain: float = 0.02) -> None:
    """Draw the weights of `module` anew, in place, from torch's global random state.

    By default as in Isola et al. 2017, §6.2: N(0, 0.02). Every bias becomes 0, batch normalisation N(1, gain) and 0.

    Args:
        module: a network; what is neither convolution, linear layer nor batch normalisation stays as it is.
        how: the distribution of convolution and linear weights.
        gain: its standard deviation ("normal") or its scale ("xavier", "orthogonal"); "kaiming" has none, nor has
            "uniform", ±1 / √(inputs of a filter), as torch's own layers begin.

    Raises:
        ConfigError: no such distribution.
    """
    draw = _drawing(how, gain)
    for layer in module.modules():
        if isinstance(layer, (_ConvNd, nn.Linear)):
            draw(layer.weight)
            _zero(layer.bias)
        elif isinstance(layer, _BatchNorm) and layer.affine:
            init.normal_(layer.weight, 1.0, gain)
            _zero(layer.bias)
    for layer in module.modules():
        if isinstance(layer, SubpixelConvolution):
            layer.share_kernels()
        elif isinstance(layer, SpectralConvolution):
            layer.converge()


def _drawing(how: Initialisation, gain: float) -> Callable[[Tensor], Tensor]:
    one_of(Initialisation, initialisation=how)
    if how == "normal":
        return lambda weight: init.normal_(weight, 0.0, gain)
    if how == "xavier":
        return lambda weight: init.xavier_normal_(weight, gain)
    if how == "kaiming":
        return init.kaiming_normal_
    if how == "uniform":
        return lambda weight: init.kaiming_uniform_(weight, a=5**0.5)
    return lambda weight: init.orthogonal_(weight, gain)


def _zero(bias: Tensor | None) -> None:
    if bias is not None:
        init.zeros_(bias)
