"""Adversarial losses: what a discriminator minimises on real and on fake images, and what a generator minimises.

All take logits of any shape (one an image, one a patch, one a pixel) and weigh each alike. In the papers' symbols
x = D(real) and x̃ = D(fake) are logits, σ(x) the probability of being real, and log σ(x) = -softplus(-x).
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

Term = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class AdversarialLoss:
    """Three functions of logits, each averaged to a scalar.

    Attributes:
        real: the discriminator's loss at each logit of a real image.
        fake: the discriminator's loss at each logit of a fake image.
        deceive: the generator's loss at each logit of a fake image.
    """

    real: Term
    fake: Term
    deceive: Term

    def discriminator(self, real_logits: Tensor, fake_logits: Tensor) -> tuple[Tensor, Tensor]:
        """The two terms of the discriminator's loss, scalars; weights such as the paper's ½ are the caller's."""
        return self.real(real_logits).mean(), self.fake(fake_logits).mean()

    def generator(self, fake_logits: Tensor) -> Tensor:
        """The generator's loss, a scalar."""
        return self.deceive(fake_logits).mean()


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
}
