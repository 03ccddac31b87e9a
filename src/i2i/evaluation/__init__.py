"""Evaluation: scores with intervals beside baselines, their protocol, and a report to look at."""

from i2i.evaluation.curves import plot_curves
from i2i.evaluation.evaluate import evaluate_samples
from i2i.evaluation.pairs import evaluate
from i2i.evaluation.result import Evaluation
from i2i.evaluation.sample import Sample
from i2i.evaluation.sheet import contact_sheet
from i2i.metrics.perceptual import load_lpips

__all__ = ["Evaluation", "Sample", "contact_sheet", "evaluate", "evaluate_samples", "load_lpips", "plot_curves"]
