"""PixelGAN (Isola et al. 2017). https://arxiv.org/abs/1611.07004"""

from torch import Tensor, nn

from i2i.discriminators.discriminator import Discriminator, Features
from i2i.layers.arguments import at_least, switch
from i2i.layers.norms import Bias, Norm, inner_bias, normalisation, outer_bias
from i2i.layers.spectral import SpectralConvolution


class PixelDiscriminator(Discriminator):
    """Judges each pixel by its colour alone: the 1×1 PatchGAN (§4.4, §6.1.2).

    (N, in_channels, H, W) in [-1, 1] -> (N, 1, H, W) logits.

    Args:
        in_channels: of condition and image together.
        width: filters of the first layer; the second has twice as many.
        norm: "batch", "instance" or "none", of the second layer.
        bias: "auto" as the public PyTorch port (where, unlike in its PatchGAN, the output has one only beside
            instance normalisation), "none" nowhere.
        spectral_norm: of all convolutions (Miyato et al. 2018).
    """

    receptive_field = 1

    def __init__(
        self,
        in_channels: int,
        *,
        width: int = 64,
        norm: Norm = "batch",
        bias: Bias = "auto",
        spectral_norm: bool = False,
    ):
        at_least(1, in_channels=in_channels, width=width)
        switch(spectral_norm=spectral_norm)
        super().__init__(in_channels, smallest=1)
        inner = inner_bias(norm, bias)
        kind = SpectralConvolution if spectral_norm else nn.Conv2d
        self.layers = nn.Sequential(
            kind(in_channels, width, 1, bias=outer_bias(bias)),
            nn.LeakyReLU(0.2, inplace=True),
            kind(width, 2 * width, 1, bias=inner),
            normalisation(norm, 2 * width),
            nn.LeakyReLU(0.2, inplace=True),
        )
        self.output = kind(2 * width, 1, 1, bias=inner)

    def judge(self, image: Tensor) -> list[Features]:
        """Judge; see the class."""
        self.check(image)
        first = self.layers[:2](image)
        second = self.layers[2:](first)
        return [[first, second, self.output(second)]]
