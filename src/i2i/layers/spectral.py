"""Spectral normalisation: convolutions whose weight, as a matrix, has 1 for its largest singular value.

Miyato et al. 2018, Spectral Normalization for Generative Adversarial Networks. https://arxiv.org/abs/1802.05957
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from i2i.layers.convolutions import Convolution

_ROUNDS = 15
"""Of the power iteration after the weights were drawn; one more at each forward pass of training."""


class SpectralConvolution(Convolution):
    """A convolution by W / σ(W), σ the largest singular value of W as a matrix (C', C · k · k); eqs. 8 and 9.

    (N, C, H, W) -> (N, C', H', W'). σ is estimated by power iteration (§3.2) from the buffer `u`, which is part of the
    state: it moves by one round at each forward pass in training, and stays where it is at test time. There it may have
    any length, as that of an average of weights has.
    """

    u: Tensor

    def __init__(self, *arguments: Any, **settings: Any):
        super().__init__(*arguments, **settings)
        self.register_buffer("u", F.normalize(torch.randn(self.out_channels, device=self.weight.device), dim=0))

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - torch's name
        """Convolve by the normalised weight."""
        return self.convolve(input, self.normalised())

    def normalised(self) -> Tensor:
        """W / σ(W), through which gradients flow to W as the paper has them (eq. 12)."""
        matrix = self.weight.flatten(1)
        with torch.no_grad():
            u, v = self._singular_vectors(matrix, rounds=int(self.training))
        # No product of matrices, which mixed precision would round.
        return self.weight / (u[:, None] * matrix * v).sum()

    @torch.no_grad()
    def converge(self) -> None:
        """Bring u to where it belongs for weights that were just drawn."""
        self._singular_vectors(self.weight.flatten(1), _ROUNDS)

    def plain(self) -> Convolution:
        """A convolution that does the same at test time."""
        twin = Convolution(
            self.in_channels,
            self.out_channels,
            self.kernel_size,  # type: ignore[arg-type]
            self.stride,  # type: ignore[arg-type]
            self.padding,  # type: ignore[arg-type]
            self.dilation,  # type: ignore[arg-type]
            self.groups,
            self.bias is not None,
            self.padding_mode,
            self.weight.device,
            self.weight.dtype,
        )
        twin.load_state_dict({"weight": self.normalised()} | ({} if self.bias is None else {"bias": self.bias}))
        return twin

    def _singular_vectors(self, matrix: Tensor, rounds: int) -> tuple[Tensor, Tensor]:
        """u and v of unit length; each round moves the buffer."""
        u = F.normalize(self.u, dim=0)
        v = F.normalize(matrix.t() @ u, dim=0)
        for _ in range(rounds):
            u = F.normalize(matrix @ v, dim=0)
            v = F.normalize(matrix.t() @ u, dim=0)
        if rounds:
            self.u.copy_(u)
        return u, v


def convolution(spectral_norm: bool) -> type[Convolution]:
    """The kind of convolution: spectrally normalised, or plain."""
    return SpectralConvolution if spectral_norm else Convolution
