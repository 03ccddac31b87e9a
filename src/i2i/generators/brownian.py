"""A Brownian bridge from an input to its target, and how a sample of the target is drawn by it in few steps.

Li et al. 2023 (BBDM), https://arxiv.org/abs/2205.07680; the sampler of few steps as Song et al. 2021 (DDIM),
https://arxiv.org/abs/2010.02502, and Zheng et al. 2025 for bridges (DBIM), https://arxiv.org/abs/2405.15885. Here y is
the target, x̄ where the bridge sets out, t a time from 0, at y, to 1, at x̄; s the noise and ε ~ N(0, 1):

    z_t = (1 - t) y + t x̄ + √δ_t ε,    δ_t = s² t (1 - t)

which is the paper's bridge with m_t = t and its variance scale s² / 2. All that follows speaks of

    w_t = z_t - t x̄ = (1 - t) y + √δ_t ε,

the bridge as seen from the straight line that it would follow to y = 0. A network that is told x can subtract t x̄ as
well as we can, whatever function of x that is: where the bridge sets out makes no difference to what it can learn or to
what it draws, and x̄ need not exist. So input and target may be of any channels.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor

SPREAD = 0.5
"""The standard deviation of targets in [-1, 1] that the scales below suppose, as in Karras et al. 2022."""

_BLOCK = 64
"""Pixels a side of what is drawn at once for a large image."""

Time = TypeVar("Time", float, Tensor)


@dataclass(frozen=True)
class Bridge:
    """The bridge of the noise s > 0; times are tensors that broadcast against images, (N, 1, 1, 1) or of no dimension.

    A denoiser tells y from w_t. What its network sees and gives has a bounded scale at all times (Karras et al. 2022,
    https://arxiv.org/abs/2206.00364, §5, for this bridge): with q_t = s² t + SPREAD² (1 - t), a = s √(t / q_t) and
    b = SPREAD √((1 - t) / q_t), so that a² + b² = 1,

        it sees  w_t / √q_t = √(1 - t) (b y / SPREAD + a ε)
        and gives        v  = a y / SPREAD - b ε,    of which    y = SPREAD² w_t / q_t + a SPREAD v.
    """

    noise: float

    def variance(self, t: Time) -> Time:
        """δ_t, 0 at both ends."""
        return self.noise**2 * t * (1 - t)

    def at(self, y: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """w_t on the way from y, with ε = `noise`."""
        return (1 - t) * y + self.variance(t).sqrt() * noise

    def seen(self, w: Tensor, t: Tensor) -> Tensor:
        """What the network is shown of w_t."""
        return w / self._q(t).sqrt()

    def wanted(self, y: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """v, what the network is to give."""
        root = self._q(t).sqrt()
        return self.noise * t.sqrt() / root * (y / SPREAD) - SPREAD * (1 - t).sqrt() / root * noise

    def target(self, w: Tensor, t: Tensor, given: Tensor) -> Tensor:
        """y, as told by what the network gave for w_t."""
        q = self._q(t)
        return SPREAD**2 / q * w + self.noise * SPREAD * (t / q).sqrt() * given

    def step(self, w: Tensor, y: Tensor, t: float, u: float, eta: float, draw: Callable[[], Tensor]) -> Tensor:
        """w_u from w_t, u < t, where y is taken for the target.

        Of the bridge's own variance given w_t and y, s² u (t - u) / t, a share η² is drawn anew: 1 is the bridge itself
        (BBDM's), 0 carries the noise along that w_t shows already. At t = 1 it shows none, and all of δ_u is drawn.

        Args:
            w: w_t.
            y: the target, or what a denoiser makes of w_t.
            t, u: the times.
            eta: η, from 0 to 1.
            draw: ε, alike in shape to w; called where it is needed.
        """
        own, before = self.variance(u), self.variance(t)
        fresh = (eta * self.noise) ** 2 * u * (t - u) / t if before else own
        ahead = (1 - u) * y
        if own > fresh:
            ahead = ahead + math.sqrt((own - fresh) / before) * (w - (1 - t) * y)
        return ahead + math.sqrt(fresh) * draw() if fresh else ahead

    def _q(self, t: Tensor) -> Tensor:
        return self.noise**2 * t + SPREAD**2 * (1 - t)


def times(steps: int) -> list[float]:
    """The times that a sampler of so many steps visits, from 1 to 0: sin²(π τ / 2) at evenly spread τ.

    w_t shows y under noise of s √(t / (1 - t)) = s tan(π τ / 2): steps are close both at much noise, where what is
    large is decided, and at little, where detail is made.
    """
    return [math.sin(math.pi / 2 * (1 - k / steps)) ** 2 for k in range(steps + 1)]


def sample(
    bridge: Bridge,
    denoise: Callable[[Tensor, Tensor], Tensor],
    start: Tensor,
    steps: int,
    eta: float = 0.0,
    draw: Callable[[Tensor], Tensor] = torch.randn_like,
) -> Tensor:
    """A sample of the target by so many evaluations of a denoiser; torch's random state draws the noise.

    Over a step y is taken as it will be halfway, going on from the step before as it changed there; the last takes it
    as it is (of second order, after Lu et al. 2022, https://arxiv.org/abs/2211.01095).

    One step gives what the denoiser tells at t = 1, where w shows nothing of the target: its mean, and no noise is
    drawn. The more steps, the nearer to a sample; with the exact denoiser and ever more of them it is exactly one.

    Args:
        bridge: on which.
        denoise: (w_t, t) -> E[y | w_t], t of shape ().
        start: zeros of the target's shape, on the device.
        steps: at least 1.
        eta: see `Bridge.step`.
        draw: ε, alike in shape to the tensor that it is given.
    """
    w, before = start, None
    for t, u in pairwise(times(steps)):
        y = denoise(w, start.new_tensor(t))
        halfway = y if before is None or not u else y + (y - before) / 2
        w, before = bridge.step(w, halfway, t, u, eta, lambda: draw(start)), y
    return w


def draw_times(images: int, device: torch.device) -> Tensor:
    """A time for each image of a batch, (N, 1, 1, 1), spread as `times` spreads them.

    One τ is drawn and the others follow at equal distances (Kingma et al. 2021, https://arxiv.org/abs/2107.00630,
    §I.1), so that a batch has its share of every time.
    """
    places = (torch.rand((), device=device) + torch.arange(images, device=device) / images) % 1
    return (math.pi / 2 * places).sin().square().view(-1, 1, 1, 1)


def draw_at(place: tuple[int, int], like: Tensor) -> Tensor:
    """N(0, 1) for a part of a larger image whose first pixel is at `place` (row, column) there, (N, C, H, W).

    Under the same random state of torch parts agree where they overlap, and so do the images of a batch.
    """
    key = int(torch.randint(2**62, ()))
    (top, left), (channels, height, width) = place, like.shape[1:]
    rows = range(top // _BLOCK, (top + height - 1) // _BLOCK + 1)
    columns = range(left // _BLOCK, (left + width - 1) // _BLOCK + 1)
    whole = torch.cat([torch.cat([_block(key, row, column, channels) for column in columns], 2) for row in rows], 1)
    top, left = top - rows[0] * _BLOCK, left - columns[0] * _BLOCK
    return whole[None, :, top : top + height, left : left + width].to(like).expand_as(like)


def _block(key: int, row: int, column: int, channels: int) -> Tensor:
    seed = key + row * 0x9E3779B97F4A7C15 + column * 0xBF58476D1CE4E5B9
    random = torch.Generator().manual_seed(seed & 0x7FFFFFFFFFFFFFFF)
    return torch.randn(channels, _BLOCK, _BLOCK, generator=random)
