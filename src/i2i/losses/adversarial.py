"""Adversarial losses: what a discriminator minimises on real and on fake images, and what a generator minimises.

All take logits of any shape (one an image, one a patch, one a pixel) and weigh each alike; of a discriminator of
several scales a list, over which they sum (Wang et al. 2018, eq. 3). In the papers' symbols x = D(real) and x̃ = D(fake)
are logits, σ(x) the probability of being real, and log σ(x) = -softplus(-x).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

Term = Callable[[Tensor], Tensor]
Logits = Tensor | Sequence[Tensor]
"""Of one scale, or of each."""


@dataclass(frozen=True)
class AdversarialLoss:
    """Three functions of logits, each averaged to a scalar.

    Attributes:
        real: the discriminator's loss at each logit of a real image.
        fake: the discriminator's loss at each logit of a fake image.
        deceive: the generator's loss at each logit of a fake image.
        relative: whether a logit counts less the mean of those on the other side, as in a relativistic average
            discriminator. The generator then learns from real images too: to look more real than they do.
    """

    real: Term
    fake: Term
    deceive: Term
    relative: bool = False

    def discriminator(self, real_logits: Logits, fake_logits: Logits) -> tuple[Tensor, Tensor]:
        """The two terms of the discriminator's loss, scalars; weights such as the paper's ½ are the caller's."""
        scales = [self._compared(*both) for both in zip(_scales(real_logits), _scales(fake_logits), strict=True)]
        real_terms, fake_terms = [self.real(x).mean() for x, _ in scales], [self.fake(x).mean() for _, x in scales]
        return torch.stack(real_terms).sum(), torch.stack(fake_terms).sum()

    def generator(self, fake_logits: Logits, real_logits: Logits | None = None) -> Tensor:
        """The generator's loss, a scalar.

        Raises:
            ValueError: the loss is relative, and no logits of real images are given.
        """
        if not self.relative:
            return torch.stack([self.deceive(x).mean() for x in _scales(fake_logits)]).sum()
        if real_logits is None:
            raise ValueError("a relativistic loss of the generator compares with real images; give their logits")
        scales = [self._compared(*both) for both in zip(_scales(real_logits), _scales(fake_logits), strict=True)]
        return torch.stack([self.fake(x).mean() + self.deceive(fake).mean() for x, fake in scales]).sum()

    def _compared(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        return (real - fake.mean(), fake - real.mean()) if self.relative else (real, fake)


def _scales(logits: Logits) -> Sequence[Tensor]:
    return [logits] if isinstance(logits, Tensor) else logits


def _believed_fake(x: Tensor) -> Tensor:
    """-log σ(x): high where x says fake."""
    return F.softplus(-x)


def _believed_real(x: Tensor) -> Tensor:
    """-log(1 - σ(x)): high where x says real."""
    return F.softplus(x)


def _minus(x: Tensor) -> Tensor:
    return -x


ADVERSARIAL: dict[str, AdversarialLoss] = {
    # Goodfellow et al. 2014, §3, last paragraph: "maximize log D(G(z))".  https://arxiv.org/abs/1406.2661
    "cross-entropy": AdversarialLoss(real=_believed_fake, fake=_believed_real, deceive=_believed_fake),
    # Goodfellow et al. 2014, eq. 1: the minimax game, whose generator learns little once it is caught.
    "cross-entropy-saturating": AdversarialLoss(
        real=_believed_fake, fake=_believed_real, deceive=lambda x: -_believed_real(x)
    ),
    # Mao et al. 2017, eq. 9 (a = 0, b = c = 1) without its ½, as CycleGAN has it.  https://arxiv.org/abs/1611.04076
    "least-squares": AdversarialLoss(
        real=lambda x: (x - 1).square(), fake=lambda x: x.square(), deceive=lambda x: (x - 1).square()
    ),
    # Miyato et al. 2018, eqs. 16 and 17.  https://arxiv.org/abs/1802.05957
    "hinge": AdversarialLoss(real=lambda x: F.relu(1 - x), fake=lambda x: F.relu(1 + x), deceive=_minus),
    # Arjovsky et al. 2017, eq. 2; needs a penalty (or clipping) beside it.  https://arxiv.org/abs/1701.07875
    "wasserstein": AdversarialLoss(real=_minus, fake=lambda x: x, deceive=_minus),
    # Jolicoeur-Martineau 2018, §4: each of the above with C(x) - E[C(x̃)] for x and C(x̃) - E[C(x)] for x̃; of least
    # squares between 1 and -1, as there is no 0 to be measured from.  https://arxiv.org/abs/1807.00734
    "relativistic": AdversarialLoss(real=_believed_fake, fake=_believed_real, deceive=_believed_fake, relative=True),
    "relativistic-hinge": AdversarialLoss(
        real=lambda x: F.relu(1 - x), fake=lambda x: F.relu(1 + x), deceive=lambda x: F.relu(1 - x), relative=True
    ),
    "relativistic-least-squares": AdversarialLoss(
        real=lambda x: (x - 1).square(),
        fake=lambda x: (x + 1).square(),
        deceive=lambda x: (x - 1).square(),
        relative=True,
    ),
}
