"""Discriminators of several scales (Wang et al. 2018, pix2pixHD). https://arxiv.org/abs/1711.11585"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from i2i.discriminators.discriminator import Discriminator, Features, logits
from i2i.discriminators.patch import PatchDiscriminator
from i2i.layers.arguments import at_least, switch
from i2i.layers.norms import Bias, Norm
from i2i.layers.pyramid import halved


class MultiScaleDiscriminator(Discriminator):
    """PatchGANs of one shape and weights of their own, each on the image at half the size of the one before (§3.2).

    (N, in_channels, H, W) in [-1, 1] -> (N, 1, H', W'): the mean over the scales of their logits, those of the coarser
    ones brought to the size of the finest, to look at. `judge` gives each scale's own, the finest first, and losses sum
    over them. Sides of at least `smallest` = 2^scales.

    Args:
        in_channels: of condition and image together.
        scales: how many: 2 for images of 256 to 512 pixels, 3 for 1024 and more.
        width, depth, norm, bias, spectral_norm: of each, as for `PatchDiscriminator`.
        narrowing: each has half the filters of the finer one, at least one, as the published code of BicycleGAN.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        scales: int = 2,
        width: int = 64,
        depth: int = 3,
        norm: Norm = "instance",
        bias: Bias = "auto",
        spectral_norm: bool = False,
        narrowing: bool = False,
    ):
        at_least(1, scales=scales, width=width)
        switch(narrowing=narrowing)
        widths = [max(width // 2**number, 1) if narrowing else width for number in range(scales)]
        super().__init__(in_channels, smallest=2**scales)
        self.scales = nn.ModuleList(
            PatchDiscriminator(
                in_channels, width=wide, depth=depth, norm=norm, bias=bias, spectral_norm=spectral_norm, padding=2
            )
            for wide in widths
        )

    @property
    def receptive_fields(self) -> list[int]:
        """Side of the square of pixels of the full image that one logit of each scale sees: 70, 141, 283 at depth 3."""
        fields = [scale.receptive_field for scale in self._scales()]
        for number in range(len(fields)):
            for _ in range(number):  # each halving takes the mean of three, every second
                fields[number] = (fields[number] - 1) * 2 + 3
        return fields

    def forward(self, image: Tensor) -> Tensor:
        """Judge by all scales together; see the class."""
        finest, *coarser = logits(self.judge(image))
        resized = [F.interpolate(each, finest.shape[2:], mode="bilinear") for each in coarser]
        return torch.stack([finest, *resized]).mean(dim=0)

    def judge(self, image: Tensor) -> list[Features]:
        """Judge; see the class."""
        self.check(image)
        judged = []
        for number, scale in enumerate(self._scales()):
            image = halved(image) if number else image
            judged += scale.judge(image)
        return judged

    def _scales(self) -> list[PatchDiscriminator]:
        return [cast(PatchDiscriminator, scale) for scale in self.scales]
