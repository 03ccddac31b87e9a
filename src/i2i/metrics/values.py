"""Errors in the values that the files hold: millimetres of depth, degrees of temperature, counts of a sensor.

Tensors forget what a value was; a channel's value range, which became -1 to 1, brings it back. What lies beyond the
range is not clipped (`encode(…, clip=False)`): a target that no output can reach is an error too.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from i2i.images import ImageSpec
from i2i.metrics.paired import alike, mean_over

DELTA = 1.25


@dataclass(frozen=True)
class ValueErrors:
    """Errors of an output in the values of `spec`, which is that of the target.

    Each method takes two (N, C, H, W) in [-1, 1] and optionally `valid`, bool of that shape, where the target has a
    reading; it gives one value an image, float64 (N,), NaN for an image with nothing to count.
    """

    spec: ImageSpec

    def l1(self, output: Tensor, target: Tensor, valid: Tensor | None = None) -> Tensor:
        """Mean absolute difference of the values."""
        output, target = self._values(output, target, valid)
        return mean_over((output - target).abs(), valid)

    def rmse(self, output: Tensor, target: Tensor, valid: Tensor | None = None) -> Tensor:
        """Root mean squared difference of the values."""
        output, target = self._values(output, target, valid)
        return mean_over((output - target).square(), valid).sqrt()

    def abs_rel(self, output: Tensor, target: Tensor, valid: Tensor | None = None) -> Tensor:
        """Mean of |output - target| / target over targets above 0 (Eigen et al. 2014, §4).

        https://arxiv.org/abs/1406.2283
        """
        output, target = self._values(output, target, valid)
        counted = _positive(target, valid)
        return mean_over((output - target).abs() / torch.where(counted, target, 1.0), counted)

    def delta1(self, output: Tensor, target: Tensor, valid: Tensor | None = None) -> Tensor:
        """Share of targets above 0 with max(output / target, target / output) < 1.25 (Eigen et al. 2014, §4)."""
        output, target = self._values(output, target, valid)
        near = (output < DELTA * target) & (target < DELTA * output)
        return mean_over(near.double(), _positive(target, valid))

    def _values(self, output: Tensor, target: Tensor, valid: Tensor | None) -> tuple[Tensor, Tensor]:
        """In float64: squares of large values lose digits in float32, those of very large ones overflow."""
        spans = torch.from_numpy(self.spec.spans().copy()).to(target.device)[:, :, None, None]
        low, high = spans[:, 0], spans[:, 1]
        output, target = alike(output, target, valid)
        return (output * (high - low) + (high + low)) / 2, (target * (high - low) + (high + low)) / 2


def _positive(target: Tensor, valid: Tensor | None) -> Tensor:
    return target > 0 if valid is None else valid & (target > 0)
