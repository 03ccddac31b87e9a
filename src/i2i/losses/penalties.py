"""Penalties on a discriminator that keep it smooth."""

from collections.abc import Callable

import torch
from torch import Tensor


def gradient_penalty(
    critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, *, generator: torch.Generator | None = None
) -> Tensor:
    """(‖∇D(x̂)‖₂ - 1)², averaged over the batch, on points x̂ between real and fake (Gulrajani et al. 2017, eq. 3).

    Differentiable once more, so that it trains the critic; the paper multiplies it by λ = 10.
    https://arxiv.org/abs/1704.00028

    Args:
        critic: D. Of one that gives many logits an image, their mean is taken as D(x̂), as the loss takes it too:
            so the slope that is asked for does not depend on the number of patches. It must judge each image by
            itself (no batch normalisation, §4 "No critic batch normalization"). To hold a condition fixed, give a
            critic that has it bound.
        real: (N, C, H, W).
        fake: (N, C, H, W); no gradient flows to it.
        generator: draws ε ~ U[0, 1], one an image; torch's global random state by default.

    Raises:
        ValueError: the shapes of `real` and `fake` differ.
    """
    if real.shape != fake.shape:
        raise ValueError(f"real has shape {tuple(real.shape)}, fake {tuple(fake.shape)}; expected one")
    count = real.shape[0]
    epsilon = torch.rand(count, device=real.device, dtype=real.dtype, generator=generator)
    epsilon = epsilon.view(-1, *[1] * (real.ndim - 1))
    x_hat = (epsilon * real.detach() + (1 - epsilon) * fake.detach()).requires_grad_()
    scores = critic(x_hat).reshape(count, -1).mean(dim=1)
    (gradient,) = torch.autograd.grad(scores.sum(), x_hat, create_graph=True)
    slope: Tensor = torch.linalg.vector_norm(gradient.flatten(1), dim=1)
    return (slope - 1).square().mean()


def r1(critic: Callable[[Tensor], Tensor], real: Tensor) -> Tensor:
    """‖∇D(x)‖₂², averaged over the batch, on real images x alone (Mescheder et al. 2018, eq. 9, without its γ / 2).

    Differentiable once more. https://arxiv.org/abs/1801.04406

    Args:
        critic: D, as for `gradient_penalty`.
        real: (N, C, H, W).
    """
    x = real.detach().requires_grad_()
    scores = critic(x).reshape(len(real), -1).mean(dim=1)
    (gradient,) = torch.autograd.grad(scores.sum(), x, create_graph=True)
    return gradient.flatten(1).square().sum(dim=1).mean()
