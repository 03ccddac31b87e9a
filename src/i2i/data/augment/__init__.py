"""From a stored pair to a training sample: a random crop, and the chance changes that `config.Augment` asks for."""

from i2i.data.augment.sample import Sampled, make_alone, make_sample

__all__ = ["Sampled", "make_alone", "make_sample"]
