"""The generator of SPADE, known as GauGAN (Park et al. 2019). https://arxiv.org/abs/1903.07291"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from i2i.config import Generator as Settings
from i2i.generators.generator import Generator
from i2i.generators.halvings import settle_depth
from i2i.layers.arguments import at_least, one_each, switch
from i2i.layers.convolutions import Convolution
from i2i.layers.norms import Norm
from i2i.layers.spade import SpadeBlock

MOST_DEPTH = 5
"""Doublings of the paper's generator for 256 pixels, and for 512 wide."""

LEAST_DEPTH = 2
"""Fewer doublings than this are not chosen without being asked for."""

LEAVES = 4
"""Pixels a side from which the paper's generator sets out: at least so many."""


class Spade(Generator):
    """A decoder alone: from the label map made small, up through blocks that are each told the map anew (§3.2).

    (N, in_channels, H, W) in [-1, 1] -> (N, out_channels, H, W) in [-1, 1]; H and W multiples of 2^depth, at least
    twice that. The input is meant to be a label map, a plane a class; at each size it is taken by the nearest pixel. It
    is the paper's generator without the image encoder: an input has one answer. By default 93,048,003 parameters from
    36 planes to 3 channels.

    Args:
        in_channels: one a class.
        out_channels: 1 for grey, 3 for colour.
        width: filters at full size; doubled at each halving up to 16 × width.
        widths: filters at full size and after each halving instead, 1 + depth of them.
        depth: doublings.
        norm: what `SpadeNorm` scales and shifts: "batch" as the paper, "instance", or "none".
        spectral_norm: of the blocks' convolutions, as the authors' code has it.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        width: int = 64,
        widths: Sequence[int] = (),
        depth: int = MOST_DEPTH,
        norm: Norm = "batch",
        spectral_norm: bool = True,
    ):
        at_least(1, in_channels=in_channels, out_channels=out_channels, width=width, depth=depth)
        one_each(1 + depth, widths=widths)
        switch(spectral_norm=spectral_norm)
        widths = tuple(widths) or tuple(width * min(2**level, 16) for level in range(1 + depth))
        # The deepest size has one block and the next two, as the paper; of each the size and its two widths.
        levels = [depth, depth - 1, *reversed(range(depth))]
        inputs = [widths[depth], *(widths[level] for level in levels[:-1])]
        features = {f"blocks.{number}": widths[level] for number, level in enumerate(levels)}
        super().__init__(
            in_channels,
            out_channels,
            multiple=2**depth,
            smallest=2 * 2**depth,
            widths=widths,
            features=features,
        )
        self.levels = levels
        self.stem = Convolution(in_channels, widths[depth], 3, padding=1)
        self.blocks = nn.ModuleList(
            SpadeBlock(k, widths[level], in_channels, hidden=2 * widths[0], norm=norm, spectral_norm=spectral_norm)
            for k, level in zip(inputs, levels, strict=True)
        )
        self.upsample = nn.Upsample(scale_factor=2, mode="nearest")
        self.output = Convolution(widths[0], out_channels, 3, padding=1)

    @classmethod
    def settle(cls, settings: Settings, size: tuple[int, int]) -> Settings:
        """Depth: what was asked for, or as many doublings as begin with at least 4 pixels a side, at most 5."""
        leaves = 2 if settings.depth else LEAVES
        return settle_depth(settings, size, most=MOST_DEPTH, least=LEAST_DEPTH, leaves=leaves)

    def forward(self, image: Tensor) -> Tensor:
        """Translate; see the class."""
        self.check(image)
        maps = [image[:, :, :: 2**level, :: 2**level] for level in range(len(self.widths))]
        size = len(self.widths) - 1
        x = self.stem(maps[size])
        for block, level in zip(self.blocks, self.levels, strict=True):
            if level < size:
                x, size = self.upsample(x), level
            x = block(x, maps[level])
        return torch.tanh(self.output(F.leaky_relu(x, 0.2)))
