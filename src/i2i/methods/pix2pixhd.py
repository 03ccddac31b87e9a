"""pix2pixHD: High-Resolution Image Synthesis and Semantic Manipulation with Conditional GANs (Wang et al., CVPR 2018).

https://arxiv.org/abs/1711.11585. In the paper's symbols: s the label map, x the photo, G1 the global generator, G2 the
local enhancer around it, D_k the discriminators, each at half the size of the one before, D_k^(i) what layer i of it
gives, F^(i) what layer i of VGG gives, and

    min_G ( (max_{D_1..D_K} Σ_k L_GAN(G, D_k)) + λ Σ_k L_FM(G, D_k) )                    (5)
    L_GAN(G, D) = E[log D(s, x)] + E[log(1 - D(s, G(s)))]                                (2)
    L_FM(G, D_k) = E Σ_i 1/N_i ‖D_k^(i)(s, x) - D_k^(i)(s, G(s))‖₁                       (4)

with least squares for L_GAN and, optionally, λ Σ_i 1/M_i ‖F^(i)(x) - F^(i)(G(s))‖₁ besides (§3.5, §4). "We first train
the global generator and then train the local enhancer in the order of their resolutions. We then jointly fine-tune all
the networks together" (§3.1).
"""

from dataclasses import replace
from typing import Any, Literal, Self, cast

import torch
from torch import Tensor, nn

from i2i.config import Config
from i2i.data.samples import Batch
from i2i.discriminators import Discriminator
from i2i.errors import ConfigError
from i2i.generators import CoarseToFine
from i2i.layers.initialise import initialise
from i2i.layers.pyramid import times_halved
from i2i.methods.contract import Networks, Outputs, Phase
from i2i.methods.pix2pix import Pix2Pix, check_objective, fresh_networks, objective

Stage = Literal["coarse", "enhancers", "jointly"]


class Pix2PixHD(Pix2Pix):
    """The paper's method: that of pix2pix with G before D in each step, and G trained in stages.

    G1's own output layer, with which it paints while it is alone, is a network beside G, and no part of the bundle.
    D goes on from stage to stage, on images of the size of that stage.

    Args:
        generator: G; a `CoarseToFine` with enhancers, if there are stages.
        discriminator: D_1..D_K.
        coarse_until: images seen, until which G1 alone is trained, at the size at which it works.
        enhancers_until: images seen, until which then G2 is trained while G1 stays as it is; after that both are.
        **arguments: the objective, as for `Pix2Pix`.
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: Discriminator | None,
        *,
        coarse_until: int = 0,
        enhancers_until: int = 0,
        **arguments: Any,
    ) -> None:
        super().__init__(generator, discriminator, **arguments)
        self.coarse_until, self.enhancers_until = coarse_until, enhancers_until
        self.images_seen = 0
        self.coarse_output = cast(CoarseToFine, generator).coarse_output() if coarse_until else None
        *of_d, of_g = self.phases
        learns = of_g.trains if self.coarse_output is None else (*of_g.trains, "coarse-output")
        self.phases = (replace(of_g, trains=learns), *of_d)

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """The method, with fresh networks, that a resolved configuration describes; raises as `Pix2Pix`'s does."""
        check_objective(config)
        schedule, images = config.schedule, config.training.images
        generator, discriminator = fresh_networks(config)
        _check_stages(config, generator, discriminator)
        coarse_until = round(images * schedule.coarse_share)
        enhancers_until = round(images * (schedule.coarse_share + schedule.enhancer_share))
        stages = {"coarse_until": coarse_until, "enhancers_until": enhancers_until}
        method = cls(generator, discriminator, **stages, **objective(config))
        if method.coarse_output is not None:
            initialise(method.coarse_output, config.generator.init)
        return method

    def networks(self) -> dict[str, nn.Module]:
        """G and D, and G1's output layer if there is a time when it is alone."""
        nets = super().networks()
        return nets if self.coarse_output is None else nets | {"coarse-output": self.coarse_output}

    def begin(self, images_seen: int) -> None:
        """The stage follows from the images seen."""
        self.images_seen = images_seen

    @property
    def stage(self) -> Stage:
        """What is trained now."""
        if self.images_seen < self.coarse_until:
            return "coarse"
        return "enhancers" if self.images_seen < self.enhancers_until else "jointly"

    def generate(self, nets: Networks, batch: Batch) -> Outputs:
        """G(s); or what G1 paints alone; or G(s), with no gradient to G1."""
        if self.stage == "jointly":
            return super().generate(nets, batch)
        generator = cast(CoarseToFine, nets["generator"])
        if self.stage == "coarse":
            return {"fake": self._small(batch).only_readings(nets["coarse-output"](generator.paint(batch.input)))}
        with torch.no_grad():
            features = generator.paint(batch.input)
        return {"fake": batch.only_readings(generator.enhance(batch.input, features))}

    def losses(self, phase: Phase, nets: Networks, batch: Batch, outputs: Outputs) -> dict[str, Tensor]:
        """The terms of D's or of G's objective, on images of the stage's size."""
        return super().losses(phase, nets, self._small(batch) if self.stage == "coarse" else batch, outputs)

    def _small(self, batch: Batch) -> Batch:
        """The batch at the size at which G1 works; a place has a reading there if all that it is made of have."""
        times = len(cast(CoarseToFine, self.generator).enhancers)
        valid = None if batch.valid is None else times_halved(batch.valid.float(), times) > 1 - 1e-4
        return Batch(times_halved(batch.input, times), times_halved(batch.target, times), valid)


def _check_stages(config: Config, generator: nn.Module, discriminator: Discriminator | None) -> None:
    schedule, size = config.schedule, config.data.size
    if not (schedule.coarse_share or schedule.enhancer_share):
        return
    enhancers = len(generator.enhancers) if isinstance(generator, CoarseToFine) else 0
    if not enhancers:
        raise ConfigError(
            f"schedule.coarse_share or enhancer_share is set, and the {config.generator.name} has no enhancers to "
            "train apart; set generator.name=coarse-to-fine and generator.enhancers=1, or both shares to 0"
        )
    if schedule.coarse_share + schedule.enhancer_share >= 1:
        raise ConfigError(
            f"schedule.coarse_share {schedule.coarse_share} and enhancer_share {schedule.enhancer_share} leave no time "
            "to train all networks jointly; lower one"
        )
    smallest = 0 if discriminator is None else discriminator.smallest * 2**enhancers
    if schedule.coarse_share and min(size) < smallest:
        raise ConfigError(
            f"data.size {size[0]}x{size[1]}: the discriminator needs sides of at least {smallest} while the global "
            "generator is trained alone, on smaller images; choose another --size, or fewer discriminator.scales"
        )
