"""pix2pix: Image-to-Image Translation with Conditional Adversarial Networks (Isola et al., CVPR 2017).

https://arxiv.org/abs/1611.07004. In the paper's symbols: x the input, y the target, z the noise (dropout), and

    G* = arg min_G max_D  L_cGAN(G, D) + λ L_L1(G)                                       (4)
    L_cGAN(G, D) = E[log D(x, y)] + E[log(1 - D(x, G(x, z)))]                            (1)
    L_L1(G) = E[‖y - G(x, z)‖₁]                                                          (3)

D sees only y or G(x, z) where `conditional` is off: equation (2), the paper's unconditional variant.
"""

import torch
from torch import Tensor, nn

from i2i.config import Config
from i2i.data.samples import Batch
from i2i.errors import ConfigError
from i2i.losses.adversarial import ADVERSARIAL, AdversarialLoss
from i2i.losses.diffaugment import DiffAugment
from i2i.losses.penalties import gradient_penalty
from i2i.losses.pixels import RECONSTRUCTION, Reconstruction
from i2i.methods.contract import Networks, Outputs, Phase
from i2i.methods.networks import fresh_discriminator, fresh_generator

NO_AUGMENT = DiffAugment()


class Pix2Pix:
    """The paper's method over any generator and discriminator.

    Args:
        generator: G, (N, C, H, W) -> (N, C', H, W), both in [-1, 1].
        discriminator: D, logits over (N, C + C', H, W), or (N, C', H, W) if not `conditional`; None leaves λ L_L1.
        adversarial: what D and G minimise of D's logits; unused without a discriminator.
        reconstruction: L_L1, or another function (G(x, z), y, where y is a reading) -> scalar; None leaves it out.
        adversarial_weight: of the generator's adversarial term.
        reconstruction_weight: λ.
        discriminator_weight: on all of D's objective; the paper halves it "which slows down the rate at which D
            learns relative to G" (§3.3).
        gradient_penalty_weight: of the penalty on D's gradient (Gulrajani et al. 2017); for "wasserstein".
        discriminator_steps: D's updates for each of G's.
        conditional: whether D sees x beside y.
        augment: what becomes of all that D sees, real and fake (Zhao et al. 2020).
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module | None,
        *,
        adversarial: AdversarialLoss = ADVERSARIAL["cross-entropy"],
        reconstruction: Reconstruction | None = RECONSTRUCTION["l1"],
        adversarial_weight: float = 1.0,
        reconstruction_weight: float = 100.0,
        discriminator_weight: float = 0.5,
        gradient_penalty_weight: float = 0.0,
        discriminator_steps: int = 1,
        conditional: bool = True,
        augment: DiffAugment = NO_AUGMENT,
    ) -> None:
        self.generator = generator
        self.discriminator = discriminator
        self.adversarial = adversarial
        self.reconstruction = reconstruction
        self.adversarial_weight = adversarial_weight
        self.reconstruction_weight = reconstruction_weight
        self.discriminator_weight = discriminator_weight
        self.gradient_penalty_weight = gradient_penalty_weight
        self.conditional = conditional
        self.augment = augment
        training_d = (Phase("discriminator", trains=("discriminator",)),) if discriminator is not None else ()
        self.phases = (*training_d, Phase("generator", trains=("generator",), every=discriminator_steps))

    @classmethod
    def from_config(cls, config: Config) -> "Pix2Pix":
        """The method, with fresh networks, that a resolved configuration describes.

        Raises:
            ConfigError: an unknown network, or settings that contradict each other.
        """
        _check(config)
        loss = config.loss
        return cls(
            fresh_generator(config),
            fresh_discriminator(config) if loss.adversarial != "none" else None,
            adversarial=ADVERSARIAL.get(loss.adversarial, ADVERSARIAL["cross-entropy"]),
            reconstruction=RECONSTRUCTION.get(loss.reconstruction),
            adversarial_weight=loss.adversarial_weight,
            reconstruction_weight=loss.reconstruction_weight,
            discriminator_weight=loss.discriminator_weight,
            gradient_penalty_weight=loss.gradient_penalty_weight,
            discriminator_steps=config.training.discriminator_steps,
            conditional=config.discriminator.conditional,
            augment=DiffAugment(config.augment.discriminator),
        )

    def networks(self) -> dict[str, nn.Module]:
        """G, and D unless the objective is the reconstruction alone."""
        nets = {"generator": self.generator}
        return nets if self.discriminator is None else nets | {"discriminator": self.discriminator}

    def generate(self, nets: Networks, batch: Batch) -> Outputs:
        """G(x, z), and y itself where the target is no reading, so that neither network learns anything there."""
        return {"fake": batch.only_readings(nets["generator"](batch.input))}

    def losses(self, phase: Phase, nets: Networks, batch: Batch, outputs: Outputs) -> dict[str, Tensor]:
        """The terms of D's or of G's objective."""
        if phase.name == "discriminator":
            return self._discriminator_losses(nets["discriminator"], batch, outputs["fake"].detach())
        return self._generator_losses(nets.get("discriminator"), batch, outputs["fake"])

    def _discriminator_losses(self, discriminator: nn.Module, batch: Batch, fake: Tensor) -> dict[str, Tensor]:
        # Two passes, so that batch norm sees the real and the fake apart, as in the published code.
        fake_logits = discriminator(self._seen(batch, fake))
        real_logits = discriminator(self._seen(batch, batch.target))
        real_term, fake_term = self.adversarial.discriminator(real_logits, fake_logits)
        terms = {"real": self.discriminator_weight * real_term, "fake": self.discriminator_weight * fake_term}
        if self.gradient_penalty_weight:
            penalty = gradient_penalty(lambda y: discriminator(self._seen(batch, y)), batch.target, fake)
            terms["gradient-penalty"] = self.gradient_penalty_weight * penalty
        return terms

    def _generator_losses(self, discriminator: nn.Module | None, batch: Batch, fake: Tensor) -> dict[str, Tensor]:
        terms = {}
        if discriminator is not None:
            logits = discriminator(self._seen(batch, fake))
            terms["adversarial"] = self.adversarial_weight * self.adversarial.generator(logits)
        if self.reconstruction is not None:
            terms["reconstruction"] = self.reconstruction_weight * self.reconstruction(fake, batch.target, batch.valid)
        return terms

    def _seen(self, batch: Batch, image: Tensor) -> Tensor:
        """What D is shown: (x, y), or y alone, changed by chance if that is asked for."""
        seen = torch.cat([batch.input, image], dim=1) if self.conditional else image
        return self.augment(seen, image_channels=image.shape[1])


def _check(config: Config) -> None:
    loss = config.loss
    if loss.adversarial == "none" and loss.reconstruction == "none":
        raise ConfigError("loss.adversarial and loss.reconstruction are both 'none'; nothing would be learnt; set one")
    if loss.gradient_penalty_weight and config.discriminator.norm == "batch":
        raise ConfigError(
            "loss.gradient_penalty_weight is set and discriminator.norm is 'batch', which mixes the gradients of the "
            "images of a batch (Gulrajani et al. 2017, §4); set discriminator.norm=instance"
        )
    if loss.adversarial == "wasserstein" and not loss.gradient_penalty_weight:
        raise ConfigError(
            "loss.adversarial is 'wasserstein' without a bound on the critic's slope; "
            "set loss.gradient_penalty_weight=10 and discriminator.norm=instance"
        )
