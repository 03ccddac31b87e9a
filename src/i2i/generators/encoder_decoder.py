"""The encoder-decoder that the U-Net is compared with (Isola et al. 2017, §4.3). https://arxiv.org/abs/1611.07004"""

from collections.abc import Sequence

import torch
from torch import Tensor

from i2i.generators.generator import Generator
from i2i.layers.arguments import at_least, share, stage_numbers
from i2i.layers.norms import Bias, Norm
from i2i.layers.stages import decoder_stages, encoder_stages, stage_widths
from i2i.layers.upsampling import Upsample


class EncoderDecoder(Generator):
    """The U-Net with its skips cut: all that the output shows has passed the bottleneck (§6.1.1).

    (N, in_channels, H, W) in [-1, 1] -> (N, out_channels, H, W) in [-1, 1]; H and W multiples of 2^depth.
    Arguments as for `UNet`.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        width: int = 64,
        depth: int = 8,
        norm: Norm = "batch",
        upsample: Upsample = "transposed",
        dropout: Sequence[int] = (1, 2, 3),
        dropout_rate: float = 0.5,
        bias: Bias = "auto",
    ):
        at_least(1, in_channels=in_channels, out_channels=out_channels, width=width, depth=depth)
        stage_numbers(dropout=dropout)
        share(dropout_rate=dropout_rate)
        super().__init__(in_channels, out_channels, multiple=2**depth)
        widths = stage_widths(width, depth)
        self.encoder = encoder_stages(in_channels, widths, norm=norm, bias=bias)
        self.decoder = decoder_stages(
            out_channels,
            widths,
            skips=False,
            norm=norm,
            upsample=upsample,
            dropout=dropout,
            dropout_rate=dropout_rate,
            bias=bias,
        )

    def forward(self, image: Tensor) -> Tensor:
        """Translate; see the class."""
        self.check(image)
        x = image
        for stage in (*self.encoder, *self.decoder):
            x = stage(x)
        return torch.tanh(x)
