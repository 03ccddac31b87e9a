"""Residual blocks that are told a time, for networks that work step by step (Ho et al. 2020; Dhariwal & Nichol 2021).

https://arxiv.org/abs/2006.11239, https://arxiv.org/abs/2105.05233. Where those normalise groups of channels by the
statistics of the whole image, here each place is normalised by itself: a part of an image then comes out as it does
within the whole, at every time.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from i2i.layers.convolutions import Convolution

_FASTEST, _SLOWEST = 500.0, 0.5
"""Radians by which the sinusoids turn from time 0 to 1."""


class PlaceNorm(nn.Module):
    """Divides the channels of each place by their root mean square (Karras et al. 2018, §4.2). (N, C, H, W) alike.

    https://arxiv.org/abs/1710.10196
    """

    def forward(self, x: Tensor) -> Tensor:
        """x / √(mean over the channels of x²)."""
        normalised: Tensor = x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-6)
        return normalised


class TimeEmbedding(nn.Module):
    """Times in [0, 1], (N,), as `channels` numbers, (N, channels): sinusoids and two layers above them."""

    def __init__(self, channels: int):
        super().__init__()
        self.inner = nn.Linear(2 * (channels // 2), channels)
        self.outer = nn.Linear(channels, channels)

    def forward(self, t: Tensor) -> Tensor:
        """The embedding of each time."""
        half = self.inner.in_features // 2
        turns = torch.arange(half, device=t.device) / max(half - 1, 1)
        angles = t[:, None] * (_FASTEST * torch.exp(math.log(_SLOWEST / _FASTEST) * turns))
        sinusoids = torch.cat([angles.cos(), angles.sin()], dim=1)
        embedded: Tensor = self.outer(F.silu(self.inner(sinusoids)))
        return embedded


class TimedBlock(nn.Module):
    """Two 3×3 convolutions, around which the input is carried past; between them the time scales and shifts.

    (N, C, H, W) and the embedding, (N, T) or (1, T) -> (N, C', H, W). Where C and C' differ the way past is a 1×1
    convolution.
    """

    def __init__(self, k_in: int, k: int, embedding: int):
        super().__init__()
        self.norm = PlaceNorm()
        self.conv1 = Convolution(k_in, k, 3, padding=1)
        self.told = nn.Linear(embedding, 2 * k)
        self.conv2 = Convolution(k, k, 3, padding=1)
        self.past = Convolution(k_in, k, 1, bias=False) if k_in != k else nn.Identity()

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        """x + F(x, t)."""
        h = self.conv1(F.silu(self.norm(x)))
        scale, shift = self.told(F.silu(embedding))[:, :, None, None].chunk(2, dim=1)
        h = self.conv2(F.silu(self.norm(h) * (1 + scale) + shift))
        carried: Tensor = self.past(x) + h
        return carried
