"""SPADE: Semantic Image Synthesis with Spatially-Adaptive Normalization (Park et al., CVPR 2019), known as GauGAN.

https://arxiv.org/abs/1903.07291. In the paper's symbols: m the label map, x the photo. The generator is told m after
each normalisation, at every size, rather than once at its input, where normalisation would wash it away (§3). "We train
the generator with the same multi-scale discriminator and loss function used in pix2pixHD except that we replace the
least squared loss term with the hinge loss term" (§3.2):

    L_D = -E[min(0, -1 + D(m, x))] - E[min(0, -1 - D(m, G(m)))]
    L_G = -E[D(m, G(m))] + λ L_FM + λ L_VGG

The image encoder, by which the paper's generator takes the style of another photo (§3.3), is not part of it.
"""

from typing import Any, Self

from torch import nn

from i2i.config import Config
from i2i.data.survey import spec_of
from i2i.discriminators import Discriminator
from i2i.errors import ConfigError
from i2i.methods.pix2pix import Pix2Pix


class Spade(Pix2Pix):
    """The paper's method: that of pix2pix with G before D in each step, from label maps.

    Args:
        generator: G; the paper's is `i2i.generators.Spade`.
        discriminator: D, of several scales.
        **arguments: the objective, as for `Pix2Pix`.
    """

    def __init__(self, generator: nn.Module, discriminator: Discriminator | None, **arguments: Any) -> None:
        super().__init__(generator, discriminator, **arguments)
        *of_d, of_g = self.phases
        self.phases = (of_g, *of_d)

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """The method, with fresh networks, that a resolved configuration describes; raises as `Pix2Pix`'s does.

        Raises:
            ConfigError: the input is no label map, besides.
        """
        given = spec_of(config.data.input)
        if not given.is_labels:
            raise ConfigError(
                f"method spade: paints label maps, and data.input is {given.describe()}; if its colours or values "
                "are classes, say so: --set data.input.classes=auto, or a table value,name,colour; else --set "
                "method=pix2pix"
            )
        return super().from_config(config)
