"""Reconstruction losses: how far an output is from its target, pixel by pixel.

Each takes two tensors of one shape, (N, C, H, W) in [-1, 1], gives the mean over all values as a scalar, and raises
`ValueError` if the shapes differ instead of broadcasting.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Reconstruction = Callable[[Tensor, Tensor], Tensor]
"""(output, target), alike in shape -> scalar."""


def l1(output: Tensor, target: Tensor) -> Tensor:
    """Mean of |output - target| (Isola et al. 2017, eq. 3)."""
    return _difference(output, target).abs().mean()


def l2(output: Tensor, target: Tensor) -> Tensor:
    """Mean of (output - target)²; blurs more than L1."""
    return _difference(output, target).square().mean()


def charbonnier(output: Tensor, target: Tensor, epsilon: float = 1e-3) -> Tensor:
    """Mean of √((output - target)² + ε²), an L1 that is smooth at 0 (Lai et al. 2017, §3.2).

    https://arxiv.org/abs/1704.03915
    """
    return torch.sqrt(_difference(output, target).square() + epsilon**2).mean()


RECONSTRUCTION: dict[str, Reconstruction] = {
    "charbonnier": charbonnier,
    "l1": l1,
    "l2": l2,
}


def _difference(output: Tensor, target: Tensor) -> Tensor:
    if output.shape != target.shape:
        raise ValueError(f"the output has shape {tuple(output.shape)}, the target {tuple(target.shape)}; expected one")
    return output - target
