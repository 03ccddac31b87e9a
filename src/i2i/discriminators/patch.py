"""PatchGAN (Isola et al. 2017). https://arxiv.org/abs/1611.07004"""

from collections import OrderedDict

from torch import Tensor, nn

from i2i.discriminators.discriminator import Discriminator, Features
from i2i.layers.arguments import at_least, switch
from i2i.layers.norms import Bias, Norm, inner_bias, normalisation, outer_bias
from i2i.layers.spectral import convolution


class PatchDiscriminator(Discriminator):
    """Judges overlapping patches instead of the whole image (Isola et al. 2017, §3.2.2).

    (N, in_channels, H, W) in [-1, 1] -> (N, 1, H', W') logits, 30×30 for 256² at depth 3. Each logit sees a square
    of `receptive_field` pixels: 16, 34, 70, 142, 286 for `depth` 1 to 5.

    Args:
        in_channels: of condition and image together.
        width: filters of the first layer; doubled at each further one up to 8 × width.
        depth: layers that halve the size; two more keep it.
        norm: "batch", "instance" or "none"; the first and the last layer have none in any case.
        bias: "auto" as the public PyTorch port, "none" nowhere.
        spectral_norm: of all convolutions (Miyato et al. 2018).
        padding: zeros around each layer's input: 1 as the paper, 2 as pix2pixHD, whose maps are larger.
        dilation: of the last two layers, which keep the size: their 4×4 places lie so far apart (Yu & Koltun 2016), so
            that a logit sees more of the image without another weight.  https://arxiv.org/abs/1511.07122
    """

    def __init__(
        self,
        in_channels: int,
        *,
        width: int = 64,
        depth: int = 3,
        norm: Norm = "batch",
        bias: Bias = "auto",
        spectral_norm: bool = False,
        padding: int = 1,
        dilation: int = 1,
    ):
        at_least(1, in_channels=in_channels, width=width, depth=depth, padding=padding, dilation=dilation)
        switch(spectral_norm=spectral_norm)
        super().__init__(in_channels, smallest=3 * 2**depth if padding == 1 else 2)
        self.depth, self.dilation = depth, dilation
        around = padding - (3 - 3 * dilation) // 2
        widths = [width * min(2**level, 8) for level in range(depth + 1)]
        kind = convolution(spectral_norm)

        def layer(k_in: int, k: int, stride: int, norm: Norm, bias: bool) -> nn.Sequential:
            layers: OrderedDict[str, nn.Module] = OrderedDict()
            if stride == 2:
                layers["conv"] = kind(k_in, k, 4, stride=stride, padding=padding, bias=bias)
            else:
                layers["conv"] = kind(k_in, k, 4, padding=around, dilation=dilation, bias=bias)
            layers["norm"] = normalisation(norm, k)
            layers["activation"] = nn.LeakyReLU(0.2, inplace=True)
            return nn.Sequential(layers)

        layers = [layer(in_channels, widths[0], stride=2, norm="none", bias=outer_bias(bias))]
        for level in range(1, depth + 1):
            stride = 2 if level < depth else 1
            layers.append(layer(widths[level - 1], widths[level], stride, norm, inner_bias(norm, bias)))
        self.layers = nn.Sequential(*layers)
        self.output = kind(widths[-1], 1, 4, padding=around, dilation=dilation, bias=outer_bias(bias))

    @property
    def receptive_field(self) -> int:
        """Side of the square of pixels that one logit sees."""
        field = 1
        for stride in [1, 1] + [2] * self.depth:  # from the logit back to the image, all kernels 4×4
            field = (field - 1) * stride + 1 + 3 * (self.dilation if stride == 1 else 1)
        return field

    def judge(self, image: Tensor) -> list[Features]:
        """Judge; see the class."""
        self.check(image)
        features = [image]
        for layer in [*self.layers, self.output]:
            features.append(layer(features[-1]))
        return [features[1:]]
