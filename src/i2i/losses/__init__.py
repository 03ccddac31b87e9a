"""Losses by name: adversarial ones on logits, reconstruction on pixels, penalties on a critic's slope.

`DiffAugment` changes what a discriminator sees before it judges.
"""

from i2i.losses.adversarial import ADVERSARIAL, AdversarialLoss
from i2i.losses.diffaugment import DiffAugment
from i2i.losses.penalties import gradient_penalty
from i2i.losses.pixels import RECONSTRUCTION

__all__ = ["ADVERSARIAL", "RECONSTRUCTION", "AdversarialLoss", "DiffAugment", "gradient_penalty"]
