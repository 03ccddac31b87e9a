"""The encoder of BicycleGAN (Zhu et al. 2017, §4). https://arxiv.org/abs/1711.11586"""

from collections import OrderedDict
from itertools import pairwise

from torch import Tensor, nn

from i2i.encoders.encoder import Encoder
from i2i.layers.arguments import at_least
from i2i.layers.convolutions import Convolution
from i2i.layers.norms import Norm, normalisation


class ResidualEncoder(Encoder):
    """A ResNet that halves the image again and again, the mean over all places, and two linear heads.

    (N, in_channels, H, W) in [-1, 1] -> μ and log σ², (N, code) each; sides of at least 2^depth. The published one for
    256² images is the default, with which 8 × 8 places are left: 2,590,032 parameters for 3 channels.

    Args:
        in_channels: of the images: those of the target.
        code: numbers of a code.
        width: filters of the first layer; then twice, three and four times as many.
        depth: halvings: by the first convolution, then by a residual block each.
        norm: "batch", "instance" as the paper, or "none".
    """

    def __init__(self, in_channels: int, *, code: int = 8, width: int = 64, depth: int = 5, norm: Norm = "instance"):
        at_least(1, in_channels=in_channels, code=code, width=width, depth=depth)
        super().__init__(in_channels, code, smallest=2**depth)
        widths = [width * min(level, 4) for level in range(1, depth + 1)]
        self.first = Convolution(in_channels, width, 4, stride=2, padding=1, bias=True)
        self.blocks = nn.Sequential(*(_HalvingBlock(wide, wider, norm) for wide, wider in pairwise(widths)))
        self.activation = nn.ReLU()
        self.mean = nn.Linear(widths[-1], code)
        self.log_variance = nn.Linear(widths[-1], code)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """μ and log σ²; see the class."""
        self.check(image)
        features = self.activation(self.blocks(self.first(image))).mean(dim=(2, 3))
        return self.mean(features), self.log_variance(features)


class _HalvingBlock(nn.Module):
    """A residual block with its norms and activations first (He et al. 2016), halved by the mean of 2×2 places.

    (N, C, H, W) -> (N, C', H / 2, W / 2).  https://arxiv.org/abs/1603.05027
    """

    def __init__(self, in_channels: int, out_channels: int, norm: Norm):
        super().__init__()
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        layers["norm1"] = normalisation(norm, in_channels)
        layers["activation1"] = nn.ReLU()
        layers["conv1"] = Convolution(in_channels, in_channels, 3, padding=1, bias=True)
        layers["norm2"] = normalisation(norm, in_channels)
        layers["activation2"] = nn.ReLU()
        layers["conv2"] = Convolution(in_channels, out_channels, 3, padding=1, bias=True)
        layers["halve"] = nn.AvgPool2d(2)
        self.residual = nn.Sequential(layers)
        self.shortcut = nn.Sequential(
            OrderedDict(halve=nn.AvgPool2d(2), conv=Convolution(in_channels, out_channels, 1, padding=0, bias=True))
        )

    def forward(self, x: Tensor) -> Tensor:
        residual: Tensor = self.residual(x)
        shortcut: Tensor = self.shortcut(x)
        return shortcut + residual
