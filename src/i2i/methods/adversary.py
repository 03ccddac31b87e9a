"""The adversarial part of an objective without pairs: a discriminator that is shown one image by itself."""

from dataclasses import dataclass, field
from typing import cast

import torch
from torch import Tensor, nn

from i2i.config import Config
from i2i.discriminators import Discriminator, logits
from i2i.losses.adversarial import ADVERSARIAL, AdversarialLoss
from i2i.losses.diffaugment import DiffAugment
from i2i.losses.penalties import r1
from i2i.methods.contract import Phase


@dataclass(frozen=True)
class Adversary:
    """What discriminators and generators minimise of logits, with its weights.

    Attributes:
        loss: of the logits.
        weight: of the generator's term.
        discriminator_weight: of the discriminator's, which the published codes halve.
        r1_weight: γ, of the penalty on the discriminator's gradient at real images (Mescheder et al. 2018), a phase of
            its own that takes place
        r1_every: steps apart, and then counts so many times.
        augment: what becomes of all that a discriminator sees (Zhao et al. 2020).
    """

    loss: AdversarialLoss = ADVERSARIAL["least-squares"]
    weight: float = 1.0
    discriminator_weight: float = 0.5
    r1_weight: float = 0.0
    r1_every: int = 16
    augment: DiffAugment = field(default_factory=DiffAugment)

    @classmethod
    def from_config(cls, config: Config) -> "Adversary":
        """As a resolved configuration says."""
        loss = config.loss
        return cls(
            ADVERSARIAL[loss.adversarial],
            loss.adversarial_weight,
            loss.discriminator_weight,
            loss.r1_weight,
            loss.r1_every,
            DiffAugment(config.augment.discriminator),
        )

    def phases(self, *discriminators: str) -> tuple[Phase, ...]:
        """In which these are trained."""
        penalised = (Phase("r1", trains=discriminators, every=self.r1_every),) if self.r1_weight else ()
        return (Phase("discriminator", trains=discriminators), *penalised)

    def deceive(self, discriminator: nn.Module, fake: Tensor, real: Tensor) -> Tensor:
        """The generator's term, of its images and of real ones, with which a relativistic loss compares."""
        compared = self._judge(discriminator, real) if self.loss.relative else None
        return self.weight * self.loss.generator(self._judge(discriminator, fake), compared)

    def judge(self, discriminator: nn.Module, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """The discriminator's two terms."""
        terms = self.loss.discriminator(self._judge(discriminator, real), self._judge(discriminator, fake))
        return self.discriminator_weight * terms[0], self.discriminator_weight * terms[1]

    def penalise(self, discriminator: nn.Module, real: Tensor) -> Tensor:
        """The term of the phase "r1"."""

        def score(images: Tensor) -> Tensor:
            scales = self._judge(discriminator, images)
            return torch.stack([each.flatten(1).mean(dim=1) for each in scales]).sum(dim=0)

        return self.r1_every * self.r1_weight / 2 * r1(score, real)

    def _judge(self, discriminator: nn.Module, images: Tensor) -> list[Tensor]:
        """Logits of each scale."""
        return logits(cast(Discriminator, discriminator).judge(self.augment(images, image_channels=images.shape[1])))
