"""Training: from pairs to a bundle, in a run folder that can be stopped and continued at any moment."""

from i2i.training.train import Run, train

__all__ = ["Run", "train"]
