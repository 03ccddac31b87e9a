"""Spatially adaptive normalisation: what a label map says, said again after every normalisation (Park et al. 2019).

https://arxiv.org/abs/1903.07291
"""

from torch import Tensor, nn
from torch.nn import functional as F

from i2i.layers.arguments import one_of
from i2i.layers.convolutions import Convolution
from i2i.layers.norms import BatchNorm, InstanceNorm, Norm
from i2i.layers.spectral import convolution


class SpadeNorm(nn.Module):
    """Normalises without parameters, then scales and shifts each place by what the map holds there (eq. 1).

    (N, C, H, W) and the map, (N, S, H, W) -> (N, C, H, W): γ(m) · (h - μ) / σ + β(m), where the released γ is 1 more
    than its convolution gives.

    Args:
        channels: C.
        map_channels: S, one a class.
        hidden: filters between the map and γ and β; 128 in the paper.
        norm: "batch" as the paper, "instance", or "none".
    """

    def __init__(self, channels: int, map_channels: int, *, hidden: int, norm: Norm):
        super().__init__()
        one_of(Norm, norm=norm)
        layers = {"batch": BatchNorm(channels, affine=False), "instance": InstanceNorm(channels), "none": nn.Identity()}
        self.norm = layers[norm]
        self.shared = nn.Sequential(Convolution(map_channels, hidden, 3, padding=1), nn.ReLU(inplace=True))
        self.scale = Convolution(hidden, channels, 3, padding=1)
        self.shift = Convolution(hidden, channels, 3, padding=1)

    def forward(self, h: Tensor, m: Tensor) -> Tensor:
        """Normalise `h` as the map `m`, of its size, says."""
        hidden = self.shared(m)
        normalised: Tensor = self.norm(h) * (1 + self.scale(hidden)) + self.shift(hidden)
        return normalised


class SpadeBlock(nn.Module):
    """Two 3×3 convolutions, each after a `SpadeNorm`, around which the input is carried past (§3.2, figure 4).

    (N, C, H, W) and the map, (N, S, H, W) -> (N, C', H, W). Where C and C' differ the way past is a normalised 1×1
    convolution. `spectral_norm` is of these convolutions, not of those that make γ and β.
    """

    def __init__(self, k_in: int, k: int, map_channels: int, *, hidden: int, norm: Norm, spectral_norm: bool):
        super().__init__()
        kind = convolution(spectral_norm)
        middle = min(k_in, k)

        def spade(channels: int) -> SpadeNorm:
            return SpadeNorm(channels, map_channels, hidden=hidden, norm=norm)

        self.norm1, self.conv1 = spade(k_in), kind(k_in, middle, 3, padding=1)
        self.norm2, self.conv2 = spade(middle), kind(middle, k, 3, padding=1)
        self.norm_past = spade(k_in) if k_in != k else None
        self.conv_past = kind(k_in, k, 1, bias=False) if k_in != k else None

    def forward(self, x: Tensor, m: Tensor) -> Tensor:
        """x + F(x, m)."""
        residual: Tensor = self.conv1(F.leaky_relu(self.norm1(x, m), 0.2))
        residual = self.conv2(F.leaky_relu(self.norm2(residual, m), 0.2))
        if self.norm_past is not None and self.conv_past is not None:
            x = self.conv_past(self.norm_past(x, m))
        return x + residual
