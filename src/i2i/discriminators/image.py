"""ImageGAN (Isola et al. 2017). https://arxiv.org/abs/1611.07004"""

from torch import Tensor

from i2i.discriminators.discriminator import Features
from i2i.discriminators.patch import PatchDiscriminator
from i2i.layers.norms import Bias, Norm


class ImageDiscriminator(PatchDiscriminator):
    """Judges the image as a whole: patches larger than it, their logits averaged to one (§4.4, §6.1.2).

    (N, in_channels, H, W) in [-1, 1] -> (N, 1, 1, 1) logits, for any H and W of at least `smallest` = 3 · 2^depth.
    The default sees 286 pixels each way, the paper's ImageGAN for 256². Arguments as for `PatchDiscriminator`.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        width: int = 64,
        depth: int = 5,
        norm: Norm = "batch",
        bias: Bias = "auto",
        spectral_norm: bool = False,
    ):
        super().__init__(in_channels, width=width, depth=depth, norm=norm, bias=bias, spectral_norm=spectral_norm)

    def judge(self, image: Tensor) -> list[Features]:
        """Judge; see the class."""
        *features, patches = super().judge(image)[0]
        return [[*features, patches.mean(dim=(2, 3), keepdim=True)]]
