"""What every encoder promises."""

from typing import Any

import torch
from torch import Tensor, nn


class Encoder(nn.Module):
    """A network from an image to a Gaussian: (N, in_channels, H, W) in [-1, 1] -> μ and log σ², (N, code) each.

    `forward` raises `ValueError` for an image whose channels or size the network can't take.

    Attributes:
        in_channels: of the images that it takes.
        code: numbers of a code.
        smallest: H and W must be at least this.
        description: name and arguments by which `build_encoder` made it, as a bundle stores them.
    """

    in_channels: int
    code: int
    smallest: int
    description: dict[str, Any]

    def __init__(self, in_channels: int, code: int, *, smallest: int):
        super().__init__()
        self.in_channels = in_channels
        self.code = code
        self.smallest = smallest
        self.description = {}

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """μ and log σ²; see the class for shapes and errors."""
        raise NotImplementedError

    def check(self, image: Tensor) -> None:
        """Raise `ValueError` unless `image` is one that this network can take."""
        if image.ndim != 4 or image.shape[1] != self.in_channels:
            raise ValueError(f"the image has shape {tuple(image.shape)}; expected (N, {self.in_channels}, H, W)")
        height, width = image.shape[2:]
        if min(height, width) < self.smallest:
            raise ValueError(
                f"the image is {height}x{width} (HxW); this encoder needs at least {self.smallest} each way"
            )


def sample(mean: Tensor, log_variance: Tensor) -> Tensor:
    """z = μ + σ ε with ε drawn from N(0, I), so that gradients reach both (Kingma & Welling 2014, §2.4).

    https://arxiv.org/abs/1312.6114
    """
    return mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """D_KL(N(μ, σ²) ‖ N(0, I)): the sum over the numbers of a code, the mean over images; (N, code) both -> scalar."""
    each = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)
    return each.sum(dim=1).mean()
