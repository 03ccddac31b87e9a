"""The residual block of image-to-image networks."""

from collections import OrderedDict
from typing import Literal

from torch import Tensor, nn

from i2i.layers.convolutions import Convolution
from i2i.layers.norms import Norm, normalisation

Padding = Literal["reflect", "replicate", "zeros"]


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions around which the input is carried past (He et al. 2016, no activation after the sum).

    (N, C, H, W) -> (N, C, H, W).  https://arxiv.org/abs/1603.08155, http://torch.ch/blog/2016/02/04/resnets.html
    """

    def __init__(
        self, channels: int, *, norm: Norm, padding: Padding, dropout: float | None, bias: bool, affine: bool = False
    ):
        super().__init__()
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        layers["conv1"] = Convolution(channels, channels, 3, padding=1, padding_mode=padding, bias=bias)
        layers["norm1"] = normalisation(norm, channels, affine=affine)
        layers["activation"] = nn.ReLU(inplace=True)
        if dropout is not None:
            layers["dropout"] = nn.Dropout(dropout)
        layers["conv2"] = Convolution(channels, channels, 3, padding=1, padding_mode=padding, bias=bias)
        layers["norm2"] = normalisation(norm, channels, affine=affine)
        self.residual = nn.Sequential(layers)

    def forward(self, x: Tensor) -> Tensor:
        """x + F(x)."""
        residual: Tensor = self.residual(x)
        return x + residual
