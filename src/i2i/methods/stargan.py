"""StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image Translation (Choi et al. 2018).

https://arxiv.org/abs/1711.09020. In the paper's symbols: x an image of the domain c', c any domain, drawn alike,
G(x, c) the translation, D_src and D_cls the two heads of the judge, and

    L_D = -L_adv + λ_cls L_cls^r                                                         (5)
    L_G = L_adv + λ_cls L_cls^f + λ_rec L_rec                                            (6)
    L_cls^r = E[-log D_cls(c' | x)]                                                      (2)
    L_cls^f = E[-log D_cls(c | G(x, c))]                                                 (3)
    L_rec = E[‖x - G(G(x, c), c')‖₁]                                                     (4)
    L_adv = E[D_src(x)] - E[D_src(G(x, c))] - λ_gp E[(‖∇_x̂ D_src(x̂)‖₂ - 1)²]             (8)

or with another adversarial loss in the place of (8): by cross-entropy it is the auxiliary classifier of Odena et al.
2017, https://arxiv.org/abs/1610.09585, whose source and class terms are these, as a translator.

The published code draws c as a permutation of the batch's own c', here each is drawn by itself, so that a batch of one
does as well. Each image has one domain; the paper's training on two sets of labels at once (§3.2) is left out.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, l1_loss, one_hot

from i2i.config import Config
from i2i.data.samples import Batch
from i2i.discriminators import Classifying, logits
from i2i.errors import ConfigError
from i2i.generators import Generator
from i2i.losses.adversarial import ADVERSARIAL
from i2i.losses.penalties import gradient_penalty
from i2i.methods.adversary import Adversary
from i2i.methods.contract import Networks, Outputs, Phase
from i2i.methods.networks import fresh_discriminator, fresh_generator
from i2i.methods.unpaired import check_unpaired

A_CRITIC = Adversary(ADVERSARIAL["wasserstein"], discriminator_weight=1.0)


class StarGAN:
    """The paper's method over any generator that is told a domain, and any discriminator that classifies.

    Args:
        generator: G, (N, C, H, W) and (N, K) -> (N, C, H, W), images in [-1, 1], for K domains.
        discriminator: D, logits over (N, C, H, W), and of the K classes.
        adversary: L_adv but for its penalty, with its weights.
        gradient_penalty_weight: λ_gp.
        class_weight: λ_cls.
        cycle_weight: λ_rec.
        discriminator_steps: D's updates for each of G's.
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: Classifying,
        *,
        adversary: Adversary = A_CRITIC,
        gradient_penalty_weight: float = 10.0,
        class_weight: float = 1.0,
        cycle_weight: float = 10.0,
        discriminator_steps: int = 5,
    ) -> None:
        self.nets = {"generator": generator, "discriminator": discriminator}
        self.domains = generator.condition
        self.adversary = adversary
        self.gradient_penalty_weight = gradient_penalty_weight
        self.class_weight = class_weight
        self.cycle_weight = cycle_weight
        self.phases: tuple[Phase, ...] = (
            *adversary.phases("discriminator"),
            Phase("generator", trains=("generator",), every=discriminator_steps),
        )

    @classmethod
    def from_config(cls, config: Config) -> "StarGAN":
        """The method, with fresh networks, that a resolved configuration describes.

        Raises:
            ConfigError: an unknown network, or settings that contradict each other.
        """
        _check(config)
        generator, discriminator = fresh_generator(config), fresh_discriminator(config)
        if generator.condition != len(config.domains.names):
            raise ConfigError(
                f"generator.name: the {config.generator.name} can't be told a domain; set generator.name=labelled"
            )
        if not isinstance(discriminator, Classifying):
            raise ConfigError(
                f"discriminator.name: the {config.discriminator.name} tells no domains apart; set "
                "discriminator.name=classifying or classifying-patch"
            )
        return cls(
            generator,
            discriminator,
            adversary=Adversary.from_config(config),
            gradient_penalty_weight=config.loss.gradient_penalty_weight,
            class_weight=config.domains.class_weight,
            cycle_weight=config.domains.cycle_weight,
            discriminator_steps=config.training.discriminator_steps,
        )

    def networks(self) -> dict[str, nn.Module]:
        """G and D."""
        return dict(self.nets)

    def generate(self, nets: Networks, batch: Batch) -> Outputs:
        """c, drawn as "wanted", and G(x, c)."""
        wanted = torch.randint(self.domains, (len(batch.input),)).to(batch.input.device)
        return {"wanted": wanted, "fake": self._translate(nets, batch.input, wanted)}

    def losses(self, phase: Phase, nets: Networks, batch: Batch, outputs: Outputs) -> dict[str, Tensor]:
        """The terms of D's or of G's objective."""
        D, x = cast(Classifying, nets["discriminator"]), batch.input
        if phase.name == "generator":
            return self._generator_losses(nets, D, batch, outputs)
        if phase.name == "r1":
            return {"penalty": self.adversary.penalise(D, x)}
        return self._discriminator_losses(D, x, _domain(batch), outputs["fake"].detach())

    def _discriminator_losses(self, D: Classifying, x: Tensor, own: Tensor, fake: Tensor) -> dict[str, Tensor]:
        weight = self.adversary.discriminator_weight
        judged = D.judge(self._seen(x))
        real_term, fake_term = self.adversary.loss.discriminator(logits(judged), logits(D.judge(self._seen(fake))))
        terms = {
            "real": weight * real_term,
            "fake": weight * fake_term,
            "classes": self.class_weight * cross_entropy(D.classify(judged), own),
        }
        if self.gradient_penalty_weight:
            terms["gradient-penalty"] = self.gradient_penalty_weight * gradient_penalty(
                lambda image: D(self._seen(image)), x, fake
            )
        return terms

    def _generator_losses(self, nets: Networks, D: Classifying, batch: Batch, outputs: Outputs) -> dict[str, Tensor]:
        adversary, fake = self.adversary, outputs["fake"]
        judged = D.judge(self._seen(fake))
        real = logits(D.judge(self._seen(batch.input))) if adversary.loss.relative else None
        back = self._translate(nets, fake, _domain(batch))
        return {
            "adversarial": adversary.weight * adversary.loss.generator(logits(judged), real),
            "classes": self.class_weight * cross_entropy(D.classify(judged), outputs["wanted"]),
            "cycle": self.cycle_weight * l1_loss(back, batch.input),
        }

    def _translate(self, nets: Networks, images: Tensor, domain: Tensor) -> Tensor:
        translated: Tensor = nets["generator"](images, one_hot(domain, self.domains).to(images.dtype))
        return translated

    def _seen(self, images: Tensor) -> Tensor:
        """What D is shown, changed by chance if that is asked for."""
        return self.adversary.augment(images, image_channels=images.shape[1])


def _domain(batch: Batch) -> Tensor:
    """c', of each image."""
    if batch.domain is None:
        raise ValueError("the batch does not say of which domain its images are; StarGAN needs that")
    return batch.domain


def _check(config: Config) -> None:
    check_unpaired(config, critic=True)
    loss = config.loss
    if loss.gradient_penalty_weight and config.discriminator.norm == "batch":
        raise ConfigError(
            "loss.gradient_penalty_weight is set and discriminator.norm is 'batch', which mixes the gradients of the "
            "images of a batch (Gulrajani et al. 2017, §4); set discriminator.norm=none"
        )
    if loss.adversarial == "wasserstein" and not loss.gradient_penalty_weight:
        raise ConfigError(
            "loss.adversarial is 'wasserstein' without a bound on the critic's slope; set "
            "loss.gradient_penalty_weight=10 and discriminator.norm=none"
        )
    if config.data.input != config.data.target:
        raise ConfigError("data.target: an image of a domain is an input and a target too; set data.input alone")
