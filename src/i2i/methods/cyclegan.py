"""CycleGAN: Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks (Zhu et al., ICCV 2017).

https://arxiv.org/abs/1703.10593. In the paper's symbols: x an image of the first set, y one of the second, G: X → Y,
F: Y → X, D_Y and D_X the judges of each set, and

    L(G, F, D_X, D_Y) = L_GAN(G, D_Y, X, Y) + L_GAN(F, D_X, Y, X) + λ L_cyc(G, F)        (3)
    L_cyc(G, F) = E[‖F(G(x)) - x‖₁] + E[‖G(F(y)) - y‖₁]                                  (2)
    L_identity(G, F) = E[‖G(y) - y‖₁] + E[‖F(x) - x‖₁]                                   (§5.2)

with L_GAN by least squares, and D shown images of earlier steps besides (§4). The order of the published code: G and F
learn first, then the judges, from what G and F gave before they learnt. There G and F share one Adam, and so do the
judges: as Adam treats each weight by itself, one for each network with the same settings is the same. Where a batch
is cut into parts (`training.accumulate`), the judges see what G and F give after they learnt.
"""

from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor, nn
from torch.nn.functional import l1_loss

from i2i.config import Config
from i2i.data.samples import Batch
from i2i.data.survey import spec_of
from i2i.errors import ConfigError
from i2i.methods.adversary import Adversary
from i2i.methods.contract import Networks, Outputs, Phase
from i2i.methods.networks import fresh_discriminator, fresh_generator
from i2i.methods.pool import ImagePool
from i2i.methods.unpaired import check_unpaired

BY_LEAST_SQUARES = Adversary()


class CycleGAN:
    """The paper's method over any generators and discriminators.

    Args:
        generator: G, (N, C, H, W) -> (N, C', H, W), both in [-1, 1].
        reverse: F, (N, C', H, W) -> (N, C, H, W).
        discriminator: D_Y, logits over (N, C', H, W).
        reverse_discriminator: D_X, logits over (N, C, H, W).
        adversary: L_GAN, with its weights.
        cycle_weight: λ.
        identity_weight: of L_identity; the paper's is 0.5 λ, and 0 where it needs none.
        pool: images of earlier steps that each judge may be shown.
        discriminator_steps: the judges' updates for each of G's and F's.
    """

    def __init__(
        self,
        generator: nn.Module,
        reverse: nn.Module,
        discriminator: nn.Module,
        reverse_discriminator: nn.Module,
        *,
        adversary: Adversary = BY_LEAST_SQUARES,
        cycle_weight: float = 10.0,
        identity_weight: float = 5.0,
        pool: int = 50,
        discriminator_steps: int = 1,
    ) -> None:
        self.nets = {
            "generator": generator,
            "reverse": reverse,
            "discriminator": discriminator,
            "reverse_discriminator": reverse_discriminator,
        }
        self.adversary = adversary
        self.cycle_weight = cycle_weight
        self.identity_weight = identity_weight
        self.memory: Mapping[str, ImagePool] = {"fake": ImagePool(pool), "reverse_fake": ImagePool(pool)}
        self.phases: tuple[Phase, ...] = (
            Phase("generator", trains=("generator", "reverse"), every=discriminator_steps),
            *adversary.phases("discriminator", "reverse_discriminator"),
        )

    @classmethod
    def from_config(cls, config: Config) -> "CycleGAN":
        """The method, with fresh networks, that a resolved configuration describes.

        Raises:
            ConfigError: an unknown network, or settings that contradict each other.
        """
        check_unpaired(config)
        cycle = config.cycle
        sides = (spec_of(config.data.input), spec_of(config.data.target))
        if cycle.identity_weight and sides[0].planes != sides[1].planes:
            raise ConfigError(
                f"cycle.identity_weight: compares an image with its own translation, and {sides[0].describe()} is "
                f"translated into {sides[1].describe()}; set cycle.identity_weight=0"
            )
        if cycle.pool and config.training.devices > 1:
            raise ConfigError(
                f"cycle.pool: {config.training.devices} devices would have a pool each, of which a checkpoint holds "
                "only the first; set cycle.pool=0, or train on one device"
            )
        back = replace(config, data=replace(config.data, input=config.data.target, target=config.data.input))
        return cls(
            fresh_generator(config),
            fresh_generator(back),
            fresh_discriminator(config),
            fresh_discriminator(back),
            adversary=Adversary.from_config(config),
            cycle_weight=cycle.weight,
            identity_weight=cycle.identity_weight,
            pool=cycle.pool,
            discriminator_steps=config.training.discriminator_steps,
        )

    def networks(self) -> dict[str, nn.Module]:
        """G, F, D_Y and D_X."""
        return dict(self.nets)

    def generate(self, nets: Networks, batch: Batch) -> Outputs:
        """G(x), F(G(x)), F(y), G(F(y))."""
        G, F, x, y = nets["generator"], nets["reverse"], batch.input, batch.target
        fake, reverse_fake = G(x), F(y)
        return {"fake": fake, "back": F(fake), "reverse_fake": reverse_fake, "reverse_back": G(reverse_fake)}

    def losses(self, phase: Phase, nets: Networks, batch: Batch, outputs: Outputs) -> dict[str, Tensor]:
        """The terms of the objective of G and F, or of the judges; "reverse" is what F is to learn, or D_X."""
        if phase.name == "generator":
            return self._generator_losses(nets, batch, outputs)
        D_Y, D_X, x, y = nets["discriminator"], nets["reverse_discriminator"], batch.input, batch.target
        if phase.name == "r1":
            return {"penalty": self.adversary.penalise(D_Y, y), "reverse-penalty": self.adversary.penalise(D_X, x)}
        real, fake = self.adversary.judge(D_Y, y, self.memory["fake"].exchange(outputs["fake"].detach()))
        F_y = self.memory["reverse_fake"].exchange(outputs["reverse_fake"].detach())
        reverse_real, reverse_fake = self.adversary.judge(D_X, x, F_y)
        return {"real": real, "fake": fake, "reverse-real": reverse_real, "reverse-fake": reverse_fake}

    def _generator_losses(self, nets: Networks, batch: Batch, outputs: Outputs) -> dict[str, Tensor]:
        G, F, x, y = nets["generator"], nets["reverse"], batch.input, batch.target
        terms = {
            "adversarial": self.adversary.deceive(nets["discriminator"], outputs["fake"], y),
            "reverse-adversarial": self.adversary.deceive(nets["reverse_discriminator"], outputs["reverse_fake"], x),
            "cycle": self.cycle_weight * l1_loss(outputs["back"], x),
            "reverse-cycle": self.cycle_weight * l1_loss(outputs["reverse_back"], y),
        }
        if self.identity_weight:
            terms["identity"] = self.identity_weight * l1_loss(G(y), y)
            terms["reverse-identity"] = self.identity_weight * l1_loss(F(x), x)
        return terms
