"""The generator of StarGAN (Choi et al. 2018): one network for all domains, told by a label which one is wanted.

https://arxiv.org/abs/1711.09020
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from i2i.config import Generator as Settings
from i2i.generators.generator import Generator
from i2i.layers.arguments import at_least, one_each, one_of, share, switch
from i2i.layers.convolutions import Convolution, TransposedConvolution
from i2i.layers.norms import Norm, normalisation
from i2i.layers.residual import ResidualBlock


class Labelled(Generator):
    """Residual blocks at a quarter of the size, shown the image with the label beside it (Table 4 of the paper).

    (N, in_channels, H, W) in [-1, 1] and a condition, (N, domains), 1 for the domain that is wanted and 0 for the
    others -> (N, out_channels, H, W) in [-1, 1]; H and W multiples of 4, at least 8. The label is repeated at every
    pixel, a plane a domain. Zeros around the image, never its reflection: instance norm takes the mean from each
    feature, and with it all that a plane of one value adds; at the edge that plane ends, which is all that is left of
    it. By default 8,430,528 parameters for 5 domains.

    Args:
        in_channels: of the image.
        out_channels: of the output.
        domains: how many there are to choose from.
        width: filters at full size; 4 × width in the residual blocks.
        widths: filters at full, half and quarter size instead.
        blocks: 6 for 128², as published.
        norm: "batch", "instance" (with learnt scale and shift) or "none"; the output has none.
        dropout: inside each residual block.
        dropout_rate: the share of features that are dropped.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        domains: int,
        width: int = 64,
        widths: Sequence[int] = (),
        blocks: int = 6,
        norm: Norm = "instance",
        dropout: bool = False,
        dropout_rate: float = 0.5,
    ):
        at_least(1, in_channels=in_channels, out_channels=out_channels, width=width)
        at_least(2, domains=domains)
        at_least(0, blocks=blocks)
        one_each(3, widths=widths)
        one_of(Norm, norm=norm)
        switch(dropout=dropout)
        share(dropout_rate=dropout_rate)
        widths = tuple(widths) or (width, 2 * width, 4 * width)
        full, half, quarter = widths
        thirds = sorted({-(-blocks * third // 3) - 1 for third in (1, 2, 3) if blocks})
        features = {"down": quarter, **{f"blocks.{block}": quarter for block in thirds}, "up.0": half}
        super().__init__(in_channels, out_channels, multiple=4, smallest=8, widths=widths, features=features)
        self.condition = domains
        bias = norm == "none"  # a norm would cancel it

        def layer(convolution: nn.Module, channels: int) -> nn.Sequential:
            return nn.Sequential(convolution, normalisation(norm, channels, affine=True), nn.ReLU(inplace=True))

        def halving(k_in: int, k: int) -> nn.Sequential:
            return layer(Convolution(k_in, k, 4, stride=2, padding=1, bias=bias), k)

        def doubling(k_in: int, k: int) -> nn.Sequential:
            return layer(TransposedConvolution(k_in, k, 4, stride=2, padding=1, bias=bias), k)

        self.stem = layer(Convolution(in_channels + domains, full, 7, padding=3, bias=bias), full)
        self.down = nn.Sequential(halving(full, half), halving(half, quarter))
        rate = dropout_rate if dropout else None
        self.blocks = nn.Sequential(
            *(
                ResidualBlock(quarter, norm=norm, padding="zeros", dropout=rate, bias=bias, affine=True)
                for _ in range(blocks)
            )
        )
        self.up = nn.Sequential(doubling(quarter, half), doubling(half, full))
        self.output = Convolution(full, out_channels, 7, padding=3, bias=False)

    @classmethod
    def arguments(cls, settings: Settings) -> dict[str, Any]:
        """Dropout in any layer of the settings is dropout in every block."""
        return super().arguments(settings) | {"dropout": bool(settings.dropout)}

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        """Translate; see the class. Raises `ValueError` where no domain is given and none is held."""
        self.check(image)
        label = self.told(image, condition)
        planes = label[:, :, None, None].expand(-1, -1, image.shape[2], image.shape[3])
        x = self.stem(torch.cat([image, planes], dim=1))
        x = self.down(x)
        x = self.blocks(x)
        x = self.up(x)
        return torch.tanh(self.output(x))

    def told(self, image: Tensor, condition: Tensor | None) -> Tensor:
        """The condition of each image, (N, domains): the one given, or the one held. Raises `ValueError`."""
        if condition is None:
            if self.held is None:
                raise ValueError(f"which of the {self.condition} domains is wanted was not told; give a condition")
            return self.held.to(image).expand(image.shape[0], -1)
        if condition.shape != (len(image), self.condition):
            raise ValueError(
                f"the condition has shape {tuple(condition.shape)}; expected ({len(image)}, {self.condition})"
            )
        return condition.to(image)
