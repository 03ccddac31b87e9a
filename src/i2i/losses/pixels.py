"""Reconstruction losses: how far an output is from its target, pixel by pixel.

Each takes two tensors of one shape, (N, C, H, W) in [-1, 1], gives the mean over all samples as a scalar, and raises
`ValueError` if the shapes differ instead of broadcasting. With `valid`, bool of that shape, the mean is over the
samples of the batch where it is True, 0 if that is nowhere; elsewhere the gradient is exactly 0.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from i2i.images import ImageSpec

Reconstruction = Callable[[Tensor, Tensor, Tensor | None], Tensor]
"""(output, target, valid), alike in shape -> scalar; those named here may be called without `valid`."""


def l1(output: Tensor, target: Tensor, valid: Tensor | None = None) -> Tensor:
    """Mean of |output - target| (Isola et al. 2017, eq. 3)."""
    return _mean(_difference(output, target, valid).abs(), valid)


def l2(output: Tensor, target: Tensor, valid: Tensor | None = None) -> Tensor:
    """Mean of (output - target)²; blurs more than L1."""
    return _mean(_difference(output, target, valid).square(), valid)


def charbonnier(output: Tensor, target: Tensor, valid: Tensor | None = None, epsilon: float = 1e-3) -> Tensor:
    """Mean of √((output - target)² + ε²), an L1 that is smooth at 0 (Lai et al. 2017, §3.2).

    https://arxiv.org/abs/1704.03915
    """
    return _mean(torch.sqrt(_difference(output, target, valid).square() + epsilon**2), valid)


RECONSTRUCTION: dict[str, Reconstruction] = {
    "charbonnier": charbonnier,
    "l1": l1,
    "l2": l2,
}


def settled(name: str, spec: ImageSpec) -> str:
    """The name of a reconstruction loss; for "auto", of the one that suits targets of `spec`.

    L1 is least at the median: of a class that is likely, but not likelier than all others together, that is absence,
    and so a label map would be of no class. L2 is least at the mean, whose largest plane is the likeliest class.
    """
    if name != "auto":
        return name
    return "l2" if spec.is_labels else "l1"


def _difference(output: Tensor, target: Tensor, valid: Tensor | None) -> Tensor:
    """0 where there is no reading, so that not even an infinite output has a gradient there."""
    shapes = {tuple(tensor.shape) for tensor in (output, target, valid) if tensor is not None}
    if len(shapes) > 1:
        mask = "" if valid is None else f", the mask {tuple(valid.shape)}"
        raise ValueError(
            f"the output has shape {tuple(output.shape)}, the target {tuple(target.shape)}{mask}; expected one"
        )
    return output - target if valid is None else torch.where(valid, output - target, 0.0)


def _mean(losses: Tensor, valid: Tensor | None) -> Tensor:
    if valid is None:
        return losses.mean()
    # The mean over all by the share that counts, and not a sum by a count, which half precision could not hold.
    share = valid.sum().clamp(min=1) / losses.numel()
    return torch.where(valid, losses, 0.0).mean() / share
