"""ResNet, the generator of Johnson et al. 2016 as CycleGAN uses it (Zhu et al. 2017, §7.2).

https://arxiv.org/abs/1603.08155, https://arxiv.org/abs/1703.10593
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from i2i.config import Generator as Settings
from i2i.generators.generator import Generator
from i2i.layers.arguments import at_least, one_each, one_of, share, switch
from i2i.layers.convolutions import Convolution
from i2i.layers.downsampling import BlurHalving, Downsample
from i2i.layers.norms import Bias, Norm, inner_bias, normalisation, outer_bias
from i2i.layers.residual import Padding, ResidualBlock
from i2i.layers.upsampling import Upsample, upsampling


class ResNet(Generator):
    """Residual blocks at a quarter of the size, between two halvings and two doublings.

    (N, in_channels, H, W) in [-1, 1] -> (N, out_channels, H, W) in [-1, 1]; H and W multiples of 4, at least 8.
    In the paper's words c7s1-k, d2k, d4k, R4k × blocks, u2k, uk, c7s1-3 with k = width: by default 11,383,427
    parameters from 3 to 3 channels.

    Args:
        in_channels: 1 for grey, 3 for colour.
        out_channels: the same for the output.
        width: filters at full size; 4 × width in the residual blocks.
        widths: filters at full, half and quarter size instead.
        blocks: 9 for images of 256² or more, 6 for 128².
        norm: "batch", "instance" or "none"; the output has none.
        downsample: "strided" as the paper, or "blur", which smooths before it halves.
        upsample: "transposed" as the paper, "resize", "subpixel" or "blur".
        dropout: inside each residual block.
        dropout_rate: the share of features that are dropped.
        bias: "auto" as the public PyTorch port, "none" nowhere.
        padding: of all convolutions that keep the size.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        width: int = 64,
        widths: Sequence[int] = (),
        blocks: int = 9,
        norm: Norm = "batch",
        downsample: Downsample = "strided",
        upsample: Upsample = "transposed",
        dropout: bool = False,
        dropout_rate: float = 0.5,
        bias: Bias = "auto",
        padding: Padding = "reflect",
    ):
        at_least(1, in_channels=in_channels, out_channels=out_channels, width=width)
        at_least(0, blocks=blocks)
        one_each(3, widths=widths)
        switch(dropout=dropout)
        share(dropout_rate=dropout_rate)
        one_of(Padding, padding=padding)
        one_of(Downsample, downsample=downsample)
        widths = tuple(widths) or (width, 2 * width, 4 * width)
        full, half, quarter = widths
        thirds = sorted({-(-blocks * third // 3) - 1 for third in (1, 2, 3) if blocks})
        features = {"down": quarter, **{f"blocks.{block}": quarter for block in thirds}, "up.0": half}
        super().__init__(in_channels, out_channels, multiple=4, smallest=8, widths=widths, features=features)
        self.encoded = (in_channels, half, quarter, *[quarter] * len(self._told_apart(blocks)))
        inner = inner_bias(norm, bias)
        blurs = downsample == "blur"
        rate = dropout_rate if dropout else None

        def layer(convolution: nn.Module, channels: int) -> nn.Sequential:
            return nn.Sequential(convolution, normalisation(norm, channels), nn.ReLU(inplace=True))

        def halving(k_in: int, k: int) -> nn.Sequential:
            halved = layer(Convolution(k_in, k, 3, stride=1 if blurs else 2, padding=1, bias=inner), k)
            return halved.append(BlurHalving()) if blurs else halved

        self.stem = layer(Convolution(in_channels, full, 7, padding=3, padding_mode=padding, bias=inner), full)
        self.down = nn.Sequential(halving(full, half), halving(half, quarter))
        self.blocks = nn.Sequential(
            *(ResidualBlock(quarter, norm=norm, padding=padding, dropout=rate, bias=inner) for _ in range(blocks))
        )
        self.up = nn.Sequential(
            layer(upsampling(upsample, quarter, half, kernel=3, bias=inner), half),
            layer(upsampling(upsample, half, full, kernel=3, bias=inner), full),
        )
        self.output = Convolution(full, out_channels, 7, padding=3, padding_mode=padding, bias=outer_bias(bias))

    @classmethod
    def arguments(cls, settings: Settings) -> dict[str, Any]:
        """Dropout in any layer of the settings is dropout in every block."""
        return super().arguments(settings) | {"dropout": bool(settings.dropout)}

    def forward(self, image: Tensor) -> Tensor:
        """Translate; see the class."""
        self.check(image)
        x = self.stem(image)
        x = self.down(x)
        x = self.blocks(x)
        x = self.up(x)
        return torch.tanh(self.output(x))

    def encode(self, image: Tensor) -> list[Tensor]:
        """The layers that CUT compares (Park et al. 2020, §4.1 and appendix C.1).

        The pixels, what the convolutions of both halvings give, the first and the fifth residual block.
        """
        self.check(image)
        found, x = [image], self.stem(image)
        for stage in self.down:
            for number, layer in enumerate(stage.children()):
                x = layer(x)
                if number == 0:
                    found.append(x)
        last = 0
        for block in self._told_apart(len(self.blocks)):
            for number in range(last, block + 1):
                x = self.blocks[number](x)
            found.append(x)
            last = block + 1
        return found

    @staticmethod
    def _told_apart(blocks: int) -> list[int]:
        """Numbers of the residual blocks that `encode` gives: the first and the fifth, or the last of fewer."""
        return sorted({0, min(4, blocks - 1)}) if blocks else []
