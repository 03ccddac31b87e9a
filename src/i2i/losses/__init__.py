"""Losses by name: adversarial ones on logits, reconstruction on pixels, on features, penalties on a critic's slope.

`DiffAugment` changes what a discriminator sees before it judges.
"""

from i2i.losses.adversarial import ADVERSARIAL, AdversarialLoss
from i2i.losses.checkerboard import checkerboard_loss
from i2i.losses.diffaugment import DiffAugment
from i2i.losses.features import feature_matching
from i2i.losses.penalties import gradient_penalty, r1
from i2i.losses.perceptual import PerceptualLoss, UnitPerceptualLoss, load_perceptual
from i2i.losses.pixels import RECONSTRUCTION

__all__ = [
    "ADVERSARIAL",
    "RECONSTRUCTION",
    "AdversarialLoss",
    "DiffAugment",
    "PerceptualLoss",
    "UnitPerceptualLoss",
    "checkerboard_loss",
    "feature_matching",
    "gradient_penalty",
    "load_perceptual",
    "r1",
]
