"""Losses by name: adversarial ones on logits, reconstruction on pixels, penalties on a critic's slope."""

from i2i.losses.adversarial import ADVERSARIAL, AdversarialLoss
from i2i.losses.penalties import gradient_penalty
from i2i.losses.pixels import RECONSTRUCTION

__all__ = ["ADVERSARIAL", "RECONSTRUCTION", "AdversarialLoss", "gradient_penalty"]
