"""The coarse-to-fine generator of pix2pixHD (Wang et al. 2018). https://arxiv.org/abs/1711.11585"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from i2i.config import Generator as Settings
from i2i.generators.generator import Generator
from i2i.generators.halvings import settle_depth
from i2i.layers.arguments import at_least, one_each, share, switch
from i2i.layers.convolutions import Convolution
from i2i.layers.norms import Bias, Norm, inner_bias, normalisation, outer_bias
from i2i.layers.pyramid import times_halved
from i2i.layers.residual import ResidualBlock
from i2i.layers.upsampling import Upsample, upsampling

MOST_DEPTH = 4
"""Halvings of the paper's global generator."""

LEAST_DEPTH = 2
"""Fewer halvings than this are not chosen without being asked for."""


class CoarseToFine(Generator):
    """A global generator G1, and around it local enhancers G2, each at twice the size of the one before (§3.1).

    (N, in_channels, H, W) in [-1, 1] -> (N, out_channels, H, W) in [-1, 1]; H and W multiples of 2^(depth + enhancers),
    at least twice that. An enhancer's features at half its size are added to those that G1, or the enhancer before it,
    gives there. Without enhancers it is G1 alone, with the paper's width of 64 182,443,267 parameters from 3 to 3
    channels; with one and a width of 32 it is 182,701,827.

    Args:
        in_channels: 1 for grey, 3 for colour, one a class of a label map.
        out_channels: 1 for grey, 3 for colour.
        width: filters at full size; doubled at each halving.
        widths: filters at full size and after each halving instead: those of the enhancers, then 1 + depth of G1.
        enhancers: 0 for images up to 1024 pixels wide in the paper, 1 for 2048.
        depth: halvings of G1.
        blocks: residual blocks of G1, after its last halving.
        enhancer_blocks: residual blocks of each enhancer.
        norm: "batch", "instance" as the paper, or "none"; the output has none.
        upsample: "transposed" as the paper, "resize" or "subpixel".
        dropout: inside each residual block; the paper has none.
        dropout_rate: the share of features that are dropped.
        bias: "auto" as the authors' code, "none" nowhere.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        width: int = 64,
        widths: Sequence[int] = (),
        enhancers: int = 0,
        depth: int = MOST_DEPTH,
        blocks: int = 9,
        enhancer_blocks: int = 3,
        norm: Norm = "instance",
        upsample: Upsample = "transposed",
        dropout: bool = False,
        dropout_rate: float = 0.5,
        bias: Bias = "auto",
    ):
        at_least(1, in_channels=in_channels, out_channels=out_channels, width=width, depth=depth)
        at_least(0, enhancers=enhancers, blocks=blocks, enhancer_blocks=enhancer_blocks)
        one_each(1 + depth + enhancers, widths=widths)
        switch(dropout=dropout)
        share(dropout_rate=dropout_rate)
        widths = tuple(widths) or tuple(width * 2**level for level in range(1 + depth + enhancers))
        multiple = 2 ** (depth + enhancers)
        features = {"coarse.down": widths[-1], "coarse.blocks": widths[-1], "coarse.up": widths[enhancers]}
        features |= {f"enhancers.{number}": widths[enhancers - 1 - number] for number in range(enhancers)}
        super().__init__(
            in_channels, out_channels, multiple=multiple, smallest=2 * multiple, widths=widths, features=features
        )
        rate = dropout_rate if dropout else None
        self.coarse = _Stages(in_channels, widths[enhancers:], blocks, norm, upsample, rate, bias)
        self.enhancers = nn.ModuleList(
            _Stages(in_channels, widths[finest : finest + 2], enhancer_blocks, norm, upsample, rate, bias)
            for finest in reversed(range(enhancers))
        )
        self.output = _output(widths[0], out_channels, bias)
        self._head = (widths[enhancers], out_channels, bias)

    @classmethod
    def settle(cls, settings: Settings, size: tuple[int, int]) -> Settings:
        """Depth: what was asked for, or as many halvings as the size allows, at most 4."""
        return settle_depth(settings, size, most=MOST_DEPTH, least=LEAST_DEPTH, before=settings.enhancers)

    @classmethod
    def arguments(cls, settings: Settings) -> dict[str, Any]:
        """Dropout in any layer of the settings is dropout in every block."""
        return super().arguments(settings) | {"dropout": bool(settings.dropout)}

    def forward(self, image: Tensor) -> Tensor:
        """Translate; see the class."""
        self.check(image)
        return self.enhance(image, self.paint(image))

    def paint(self, image: Tensor) -> Tensor:
        """What G1 makes of the image, halved as often as there are enhancers, before its output layer."""
        features: Tensor = self.coarse(times_halved(image, len(self.enhancers)))
        return features

    def enhance(self, image: Tensor, features: Tensor) -> Tensor:
        """The output, from the image and what `paint` gave: through the enhancers, if there are any."""
        for number, enhancer in enumerate(self.enhancers, start=1):
            features = enhancer(times_halved(image, len(self.enhancers) - number), features)
        return torch.tanh(self.output(features))

    def coarse_output(self) -> nn.Module:
        """A new output layer for G1 alone, with which it trains before there are enhancers, and which then goes."""
        return nn.Sequential(_output(*self._head), nn.Tanh())


class _Stages(nn.Module):
    """Halvings, residual blocks and doublings; the features of another network may join in before the blocks.

    (N, in_channels, H, W), and (N, widths[-1], …) at the smallest size if any -> (N, widths[0], H, W).
    """

    def __init__(
        self,
        in_channels: int,
        widths: Sequence[int],
        blocks: int,
        norm: Norm,
        upsample: Upsample,
        dropout: float | None,
        bias: Bias,
    ):
        super().__init__()
        inner = inner_bias(norm, bias)

        def layer(convolution: nn.Module, channels: int) -> nn.Sequential:
            return nn.Sequential(convolution, normalisation(norm, channels), nn.ReLU(inplace=True))

        stem = Convolution(in_channels, widths[0], 7, padding=3, padding_mode="reflect", bias=inner)
        halvings = ((Convolution(wide, k, 3, stride=2, padding=1, bias=inner), k) for wide, k in pairwise(widths))
        self.down = nn.Sequential(layer(stem, widths[0]), *(layer(*halving) for halving in halvings))
        self.blocks = nn.Sequential(
            *(
                ResidualBlock(widths[-1], norm=norm, padding="reflect", dropout=dropout, bias=inner)
                for _ in range(blocks)
            )
        )
        self.up = nn.Sequential(
            *(layer(upsampling(upsample, k, wide, kernel=3, bias=inner), wide) for k, wide in pairwise(widths[::-1]))
        )

    def forward(self, image: Tensor, features: Tensor | None = None) -> Tensor:
        x = self.down(image)
        if features is not None:
            x = x + features
        painted: Tensor = self.up(self.blocks(x))
        return painted


def _output(width: int, out_channels: int, bias: Bias) -> Convolution:
    return Convolution(width, out_channels, 7, padding=3, padding_mode="reflect", bias=outer_bias(bias))
