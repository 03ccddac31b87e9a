"""U-Net, the generator of pix2pix (Isola et al. 2017). https://arxiv.org/abs/1611.07004"""

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from i2i.config import Generator as Settings
from i2i.errors import ConfigError
from i2i.generators.generator import Generator
from i2i.layers.arguments import at_least, one_each, share, stage_numbers
from i2i.layers.norms import Bias, Norm
from i2i.layers.stages import decoder_stages, encoder_stages, full_size_stages, stage_widths
from i2i.layers.upsampling import Upsample

MOST_DEPTH = 8
"""Halvings of the paper's generator for 256 pixels; larger images keep the same."""

LEAST_DEPTH = 5
"""Fewer halvings than this are not chosen without being asked for: the network would see too little at once."""


class UNet(Generator):
    """An encoder and a decoder joined by a skip at each size, so that detail need not pass the bottleneck (§3.2.1).

    (N, in_channels, H, W) in [-1, 1] -> (N, out_channels, H, W) in [-1, 1]; H and W multiples of 2^depth.
    The paper's network for 256² images (§6.1.1) is the default: 54,413,955 parameters from 3 to 3 channels.

    Args:
        in_channels: 1 for grey, 3 for colour.
        out_channels: the same for the output.
        width: filters of the first stage; doubled at each further one up to 8 × width.
        widths: filters of each stage instead, as many as `depth`.
        depth: stages that halve the size: 8 takes 256² to 1×1.
        norm: "batch", "instance" or "none"; the first stage, the bottleneck and the output have none in any case.
        upsample: "transposed" as the paper, "resize" or "subpixel".
        dropout: decoder stages with dropout, counted from the bottleneck: (1, 2, 3) in the paper, (2, 3, 4) in the
            public PyTorch port at depth 8, (2, 3) at depth 7. Stages that do not exist and the output are left out.
        dropout_rate: the share of features that are dropped.
        bias: "auto" as the port, "none" nowhere.
        full_size_skip: one more skip, which the paper's has not: past all that halves the size, by two 3×3 convolutions
            with half of the first stage's filters between them, as the first U-Net had one (Ronneberger et al. 2015).
    """

    skips = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        width: int = 64,
        widths: Sequence[int] = (),
        depth: int = 8,
        norm: Norm = "batch",
        upsample: Upsample = "transposed",
        dropout: Sequence[int] = (1, 2, 3),
        dropout_rate: float = 0.5,
        bias: Bias = "auto",
        full_size_skip: bool = False,
    ):
        at_least(1, in_channels=in_channels, out_channels=out_channels, width=width, depth=depth)
        one_each(depth, widths=widths)
        stage_numbers(dropout=dropout)
        share(dropout_rate=dropout_rate)
        widths = tuple(widths) or tuple(stage_widths(width, depth))
        inner = {f"decoder.{stage}": k for stage, k in enumerate(reversed(widths[:-1]))}
        super().__init__(in_channels, out_channels, multiple=2**depth, widths=widths, features=inner)
        self.encoder = encoder_stages(in_channels, widths, norm=norm, bias=bias)
        self.decoder = decoder_stages(
            out_channels,
            widths,
            skips=self.skips,
            norm=norm,
            upsample=upsample,
            dropout=dropout,
            dropout_rate=dropout_rate,
            bias=bias,
        )
        self.full_size = (
            full_size_stages(in_channels, out_channels, max(1, widths[0] // 2), bias=bias)
            if full_size_skip and self.skips
            else None
        )

    @classmethod
    def settle(cls, settings: Settings, size: tuple[int, int]) -> Settings:
        """Depth: what was asked for, or as many halvings as leave one pixel of the shorter side, at most 8."""
        height, width = size
        wanted = settings.depth or MOST_DEPTH
        possible = min(wanted, _twos(math.gcd(height, width)), int(math.log2(min(height, width))))
        least = settings.depth or min(LEAST_DEPTH, int(math.log2(min(height, width))))
        if possible < least:
            step = 2 ** (settings.depth or LEAST_DEPTH)
            near = tuple(max(step, round(side / step) * step) for side in (height, width))
            raise ConfigError(
                f"data.size {height}x{width}: must be multiples of {step} for the {settings.name}, such as "
                f"{near[0]}x{near[1]}" + (f"; or set generator.depth to at most {possible}" if possible else "")
            )
        return replace(settings, depth=possible)

    def forward(self, image: Tensor) -> Tensor:
        """Translate; see the class."""
        self.check(image)
        x = image
        features: list[Tensor] = []
        for stage in self.encoder:
            x = stage(x)
            features.append(x)
        return self.decode(features, image)

    def decode(self, features: list[Tensor], image: Tensor) -> Tensor:
        """The output, from what the encoder's stages gave, the finest first, and from the image itself."""
        *features, x = features
        for stage in self.decoder:
            x = stage(x)
            if self.skips and features:
                x = torch.cat([features.pop(), x], dim=1)
        if self.full_size is not None:
            x = x + self.full_size(image)
        return torch.tanh(x)


def _twos(number: int) -> int:
    """How often a number can be halved."""
    return (number & -number).bit_length() - 1
