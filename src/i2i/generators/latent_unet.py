"""The U-Net that is told a latent code (Zhu et al. 2017, BicycleGAN). https://arxiv.org/abs/1711.11586"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from i2i.generators.unet import UNet
from i2i.layers.arguments import at_least, one_of
from i2i.layers.norms import Bias, Norm
from i2i.layers.stages import encoder_stages
from i2i.layers.upsampling import Upsample

Inject = Literal["all", "input"]
"""Where the code joins: what each stage of the encoder takes, or the image alone."""


class LatentUNet(UNet):
    """The U-Net whose encoder takes, beside features, planes that repeat each number of a code z everywhere (§4).

    (N, in_channels, H, W) in [-1, 1] and z (N, code) -> (N, out_channels, H, W) in [-1, 1]; H and W multiples of
    2^depth. Without z that which is held counts; where none is held, z is drawn from N(0, I) for each image. With a
    code of 8 and instance norm 54,794,627 parameters from 3 to 3 channels, as published.

    Instance norm takes out of a stage's features what is the same everywhere, and so the code, but at the border; it
    comes through where nothing normalises, in the first stage and in the bottleneck.

    Args:
        in_channels, out_channels, width, widths, depth, norm, upsample, dropout, dropout_rate, bias: as for `UNet`.
        code: numbers of z.
        inject: "all" as the paper's best, or "input".
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        code: int = 8,
        inject: Inject = "all",
        width: int = 64,
        widths: Sequence[int] = (),
        depth: int = 8,
        norm: Norm = "instance",
        upsample: Upsample = "transposed",
        dropout: Sequence[int] = (1, 2, 3),
        dropout_rate: float = 0.5,
        bias: Bias = "auto",
    ):
        at_least(1, code=code)
        one_of(Inject, inject=inject)
        super().__init__(
            in_channels,
            out_channels,
            width=width,
            widths=widths,
            depth=depth,
            norm=norm,
            upsample=upsample,
            dropout=dropout,
            dropout_rate=dropout_rate,
            bias=bias,
        )
        self.condition = code
        self._beside = [code if inject == "all" or stage == 0 else 0 for stage in range(depth)]
        self.encoder = encoder_stages(in_channels, self.widths, norm=norm, bias=bias, beside=self._beside)

    @property
    def draws(self) -> bool:
        """See `Generator`: whether no code is held."""
        return self.held is None

    def draw(self, count: int) -> Tensor:
        """Codes from the prior N(0, I), (count, code), by torch's random state of the CPU, whatever the device."""
        return torch.randn(count, self.condition)

    def forward(self, image: Tensor, condition: Tensor | None = None) -> Tensor:
        """Translate; see the class. Raises `ValueError` for a code of another shape, besides."""
        self.check(image)
        code = self._code(image, condition)[:, :, None, None]
        x = image
        features: list[Tensor] = []
        for stage, beside in zip(self.encoder, self._beside, strict=True):
            x = stage(torch.cat([x, code.expand(-1, -1, *x.shape[2:])], dim=1) if beside else x)
            features.append(x)
        return self.decode(features, image)

    def _code(self, image: Tensor, condition: Tensor | None) -> Tensor:
        """(N, code): as given, as held or drawn."""
        count = image.shape[0]
        if condition is None:
            condition = self.draw(count) if self.held is None else self.held.expand(count, -1)
        if condition.shape != (count, self.condition):
            raise ValueError(f"the code has shape {tuple(condition.shape)}; expected ({count}, {self.condition})")
        return condition.to(image)
