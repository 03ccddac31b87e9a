"""pix2pix: Image-to-Image Translation with Conditional Adversarial Networks (Isola et al., CVPR 2017).

https://arxiv.org/abs/1611.07004. In the paper's symbols: x the input, y the target, z the noise (dropout), and

    G* = arg min_G max_D  L_cGAN(G, D) + λ L_L1(G)                                       (4)
    L_cGAN(G, D) = E[log D(x, y)] + E[log(1 - D(x, G(x, z)))]                            (1)
    L_L1(G) = E[‖y - G(x, z)‖₁]                                                          (3)

D sees only y or G(x, z) where `conditional` is off: equation (2), the paper's unconditional variant.

What later papers add is here too, each off by default: other adversarial losses, discriminators of several scales,
feature matching and a perceptual loss (Wang et al. 2018), a penalty on D's gradient between real and fake (Gulrajani
et al. 2017) or at real images now and then (Mescheder et al. 2018; Karras et al. 2020, §B); and a loss on
checkerboards, which is ours.
"""

from typing import Any, Self, cast

import torch
from torch import Tensor, nn

from i2i.config import Config
from i2i.data.samples import Batch
from i2i.data.survey import spec_of
from i2i.discriminators import Discriminator, Features, logits
from i2i.errors import ConfigError, MissingWeightsError
from i2i.losses.adversarial import ADVERSARIAL, AdversarialLoss
from i2i.losses.checkerboard import checkerboard_loss
from i2i.losses.diffaugment import DiffAugment
from i2i.losses.features import feature_matching
from i2i.losses.penalties import gradient_penalty, r1
from i2i.losses.perceptual import load_perceptual
from i2i.losses.pixels import RECONSTRUCTION, Reconstruction, settled
from i2i.methods.contract import Networks, Outputs, Phase
from i2i.methods.networks import fresh_discriminator, fresh_generator

NO_AUGMENT = DiffAugment()


class Pix2Pix:
    """The paper's method over any generator and discriminator.

    Args:
        generator: G, (N, C, H, W) -> (N, C', H, W), both in [-1, 1].
        discriminator: D, which judges (N, C + C', H, W), or (N, C', H, W) if not `conditional`; None leaves λ L_L1.
        adversarial: what D and G minimise of D's logits; unused without a discriminator.
        reconstruction: L_L1, or another function (G(x, z), y, where y is a reading) -> scalar; None leaves it out.
        perceptual: distance of G(x, z) and y in the eyes of a pretrained network -> scalar; None leaves it out.
        adversarial_weight: of the generator's adversarial term.
        reconstruction_weight: λ.
        checkerboard_weight: of how much more of a grid of 2 or 4 pixels G(x, z) has than y.
        feature_matching_weight: of the distance of what D's layers make of G(x, z) and of y.
        perceptual_weight: of `perceptual`.
        discriminator_weight: on all of D's objective; the paper halves it "which slows down the rate at which D
            learns relative to G" (§3.3).
        gradient_penalty_weight: of the penalty on D's gradient between real and fake; for "wasserstein".
        r1_weight: γ, of the penalty on D's gradient at y: a phase of its own, with a step of D's optimizer.
        r1_every: steps from one such phase to the next; it counts so many times ("lazily").
        discriminator_steps: D's updates for each of G's.
        conditional: whether D sees x beside y.
        augment: what becomes of all that D sees, real and fake (Zhao et al. 2020).
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: Discriminator | None,
        *,
        adversarial: AdversarialLoss = ADVERSARIAL["cross-entropy"],
        reconstruction: Reconstruction | None = RECONSTRUCTION["l1"],
        perceptual: nn.Module | None = None,
        adversarial_weight: float = 1.0,
        reconstruction_weight: float = 100.0,
        checkerboard_weight: float = 0.0,
        feature_matching_weight: float = 0.0,
        perceptual_weight: float = 0.0,
        discriminator_weight: float = 0.5,
        gradient_penalty_weight: float = 0.0,
        r1_weight: float = 0.0,
        r1_every: int = 16,
        discriminator_steps: int = 1,
        conditional: bool = True,
        augment: DiffAugment = NO_AUGMENT,
    ) -> None:
        self.generator = generator
        self.discriminator = discriminator
        self.adversarial = adversarial
        self.reconstruction = reconstruction
        self.perceptual = perceptual
        self.adversarial_weight = adversarial_weight
        self.reconstruction_weight = reconstruction_weight
        self.checkerboard_weight = checkerboard_weight
        self.feature_matching_weight = feature_matching_weight
        self.perceptual_weight = perceptual_weight
        self.discriminator_weight = discriminator_weight
        self.gradient_penalty_weight = gradient_penalty_weight
        self.r1_weight = r1_weight
        self.r1_every = r1_every
        self.conditional = conditional
        self.augment = augment
        training_d = []
        if discriminator is not None:
            training_d.append(Phase("discriminator", trains=("discriminator",)))
            if r1_weight:
                training_d.append(Phase("r1", trains=("discriminator",), every=r1_every))
        self.phases = (*training_d, Phase("generator", trains=("generator",), every=discriminator_steps))

    @classmethod
    def from_config(cls, config: Config) -> Self:
        """The method, with fresh networks, that a resolved configuration describes.

        Raises:
            ConfigError: an unknown network, or settings that contradict each other.
            MissingWeightsError: those of the perceptual loss are nowhere.
        """
        check_objective(config)
        return cls(*fresh_networks(config), **objective(config))

    def networks(self) -> dict[str, nn.Module]:
        """G, and D unless the objective is the reconstruction alone."""
        nets = {"generator": self.generator}
        return nets if self.discriminator is None else nets | {"discriminator": self.discriminator}

    def generate(self, nets: Networks, batch: Batch) -> Outputs:
        """G(x, z), and y itself where the target is no reading, so that neither network learns anything there."""
        return {"fake": batch.only_readings(nets["generator"](batch.input))}

    def losses(self, phase: Phase, nets: Networks, batch: Batch, outputs: Outputs) -> dict[str, Tensor]:
        """The terms of D's or of G's objective."""
        if phase.name == "generator":
            judge = cast(Discriminator | None, nets.get("discriminator"))
            return self._generator_losses(judge, batch, outputs["fake"])
        discriminator = cast(Discriminator, nets["discriminator"])
        if phase.name == "r1":
            return {"penalty": self._r1(discriminator, batch)}
        return self._discriminator_losses(discriminator, batch, outputs["fake"].detach())

    def _discriminator_losses(self, discriminator: Discriminator, batch: Batch, fake: Tensor) -> dict[str, Tensor]:
        # Two passes, so that batch norm sees the real and the fake apart, as in the published code.
        fake_logits = logits(discriminator.judge(self._seen(batch, fake)))
        real_logits = logits(discriminator.judge(self._seen(batch, batch.target)))
        real_term, fake_term = self.adversarial.discriminator(real_logits, fake_logits)
        terms = {"real": self.discriminator_weight * real_term, "fake": self.discriminator_weight * fake_term}
        if self.gradient_penalty_weight:
            penalty = gradient_penalty(lambda y: self._score(discriminator, batch, y), batch.target, fake)
            terms["gradient-penalty"] = self.gradient_penalty_weight * penalty
        return terms

    def _r1(self, discriminator: Discriminator, batch: Batch) -> Tensor:
        penalty = r1(lambda y: self._score(discriminator, batch, y), batch.target)
        return self.r1_every * self.r1_weight / 2 * penalty

    def _generator_losses(self, discriminator: Discriminator | None, batch: Batch, fake: Tensor) -> dict[str, Tensor]:
        terms = {}
        if discriminator is not None:
            real = self._judged_real(discriminator, batch)
            judged = discriminator.judge(self._seen(batch, fake))
            terms["adversarial"] = self.adversarial_weight * self.adversarial.generator(logits(judged), logits(real))
            if self.feature_matching_weight:
                terms["feature-matching"] = self.feature_matching_weight * feature_matching(real, judged)
        if self.reconstruction is not None:
            terms["reconstruction"] = self.reconstruction_weight * self.reconstruction(fake, batch.target, batch.valid)
        if self.checkerboard_weight:
            terms["checkerboard"] = self.checkerboard_weight * checkerboard_loss(fake, batch.target)
        if self.perceptual is not None:
            distance = self.perceptual.to(fake.device)(fake, batch.target)
            terms["perceptual"] = self.perceptual_weight * distance
        return terms

    @torch.no_grad()
    def _judged_real(self, discriminator: Discriminator, batch: Batch) -> list[Features]:
        """D on y, for what compares G(x, z) with that, under the same changes by chance; nothing if nobody does."""
        if not (self.adversarial.relative or self.feature_matching_weight):
            return []
        device = batch.target.device
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            seen = self._seen(batch, batch.target)
        return discriminator.judge(seen)

    def _score(self, discriminator: Discriminator, batch: Batch, image: Tensor) -> Tensor:
        """D as one number an image, (N,), whose slope is penalised: the mean logit, summed over scales."""
        scales = logits(discriminator.judge(self._seen(batch, image)))
        return torch.stack([each.flatten(1).mean(dim=1) for each in scales]).sum(dim=0)

    def _seen(self, batch: Batch, image: Tensor) -> Tensor:
        """What D is shown: (x, y), or y alone, changed by chance if that is asked for."""
        seen = torch.cat([batch.input, image], dim=1) if self.conditional else image
        return self.augment(seen, image_channels=image.shape[1])


def fresh_networks(config: Config) -> tuple[nn.Module, Discriminator | None]:
    """G, and D if the objective has an adversarial term. Raises `ConfigError`."""
    return fresh_generator(config), fresh_discriminator(config) if config.loss.adversarial != "none" else None


def objective(config: Config) -> dict[str, Any]:
    """The keyword arguments of `Pix2Pix` that a resolved configuration stands for. Raises `MissingWeightsError`."""
    loss = config.loss
    reconstruction = settled(loss.reconstruction, spec_of(config.data.target))
    return {
        "adversarial": ADVERSARIAL.get(loss.adversarial, ADVERSARIAL["cross-entropy"]),
        "reconstruction": RECONSTRUCTION.get(reconstruction),
        "perceptual": _perceptual(config) if loss.perceptual_weight else None,
        "adversarial_weight": loss.adversarial_weight,
        "reconstruction_weight": loss.reconstruction_weight,
        "checkerboard_weight": loss.checkerboard_weight,
        "feature_matching_weight": loss.feature_matching_weight,
        "perceptual_weight": loss.perceptual_weight,
        "discriminator_weight": loss.discriminator_weight,
        "gradient_penalty_weight": loss.gradient_penalty_weight,
        "r1_weight": loss.r1_weight,
        "r1_every": loss.r1_every,
        "discriminator_steps": config.training.discriminator_steps,
        "conditional": config.discriminator.conditional,
        "augment": DiffAugment(config.augment.discriminator),
    }


def check_objective(config: Config) -> None:
    """Refuse an objective that contradicts itself. Raises `ConfigError`."""
    loss = config.loss
    if loss.adversarial == "none" and loss.reconstruction == "none" and not loss.perceptual_weight:
        raise ConfigError("loss.adversarial and loss.reconstruction are both 'none'; nothing would be learnt; set one")
    if loss.adversarial == "none" and (loss.r1_weight or loss.gradient_penalty_weight):
        raise ConfigError(
            "loss.adversarial is 'none', so there is no discriminator for loss.r1_weight or gradient_penalty_weight; "
            "set loss.adversarial, or these to 0"
        )
    penalty = "r1" if loss.r1_weight else "gradient_penalty" if loss.gradient_penalty_weight else ""
    if penalty and config.discriminator.norm == "batch":
        raise ConfigError(
            f"loss.{penalty}_weight is set and discriminator.norm is 'batch', which mixes the gradients of the "
            "images of a batch (Gulrajani et al. 2017, §4); set discriminator.norm=instance"
        )
    if loss.adversarial == "wasserstein" and not loss.gradient_penalty_weight:
        raise ConfigError(
            "loss.adversarial is 'wasserstein' without a bound on the critic's slope; "
            "set loss.gradient_penalty_weight=10 and discriminator.norm=instance"
        )
    if config.method in ("pix2pix", "spade") and (config.schedule.coarse_share or config.schedule.enhancer_share):
        raise ConfigError(
            f"schedule.coarse_share or enhancer_share is set, and method {config.method} has no stages; "
            "set method=pix2pixhd, or both to 0"
        )
    target = spec_of(config.data.target)
    if loss.perceptual_weight and (target.is_labels or target.planes not in (1, 3) or target.space != "rgb"):
        raise ConfigError(
            f"loss.perceptual_weight is set, and the target is no grey or RGB picture but {target.describe()}"
            + (f" as {target.space}" if target.space != "rgb" else "")
            + "; the network that compares was trained on photographs; set loss.perceptual_weight=0"
        )


def _perceptual(config: Config) -> nn.Module:
    loss = config.loss
    try:
        return load_perceptual(loss.perceptual, loss.perceptual_weights)
    except MissingWeightsError as error:
        raise MissingWeightsError(
            f"{error}; --set loss.perceptual_weights=FILE names it, --set loss.perceptual_weight=0 trains without it"
        ) from error
