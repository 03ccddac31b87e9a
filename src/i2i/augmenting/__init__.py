"""New training pairs from a trained translator: of which inputs, how many, how varied, and whether they are copies."""

from i2i.augmenting.augment import augment
from i2i.augmenting.provenance import remake
from i2i.augmenting.result import Augmented
from i2i.augmenting.variation import Vary, read_vary

__all__ = ["Augmented", "Vary", "augment", "read_vary", "remake"]
