"""A generator that draws its output in steps, along a Brownian bridge (Li et al. 2023). See `i2i.generators.brownian`.

The network is a U-Net of residual blocks told the time, as in Ho et al. 2020, without attention.
https://arxiv.org/abs/2205.07680, https://arxiv.org/abs/2006.11239
"""

import math
from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn

from i2i.config import Generator as Settings
from i2i.errors import ConfigError
from i2i.generators.brownian import Bridge, draw_at, sample
from i2i.generators.generator import Generator
from i2i.generators.halvings import settle_depth
from i2i.layers.arguments import at_least, one_each
from i2i.layers.convolutions import Convolution
from i2i.layers.stages import stage_widths
from i2i.layers.timed import PlaceNorm, TimedBlock, TimeEmbedding
from i2i.layers.upsampling import Upsample, upsampling

MOST_DEPTH = 4
"""Halvings that are chosen without being asked for."""

LEAVES = 8
"""Pixels of the shorter side that are left after them."""

STEPS = 8
"""Steps of a translation, where nobody says another number; see docs/bridge.md for what more and fewer give."""


class BridgeUNet(Generator):
    """A denoiser, and around it the sampler that makes of it a translator.

    (N, in_channels, H, W) in [-1, 1] -> (N, out_channels, H, W) in [-1, 1]; H and W multiples of 2^depth. `forward`
    evaluates the network `steps` times and draws noise by torch's random state: each output is another sample of what
    the target may be. With one step it is their mean, and nothing is drawn.

    Args:
        in_channels: 1 for grey, 3 for colour, one a class of a label map.
        out_channels: the same for the output.
        width: filters at full size; doubled at each halving up to 8 × width.
        widths: filters at full size and after each halving instead, 1 + depth of them.
        depth: halvings.
        blocks: residual blocks at each size, on the way down and on the way up.
        upsample: "resize", "transposed" or "subpixel".
        noise: s of the bridge, above 0.
        eta: η of the sampler, from 0 to 1: the share of the noise that each step draws anew.
    """

    steps = STEPS

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        width: int = 64,
        widths: Sequence[int] = (),
        depth: int = 3,
        blocks: int = 1,
        upsample: Upsample = "resize",
        noise: float = 1.0,
        eta: float = 0.0,
    ):
        at_least(1, in_channels=in_channels, out_channels=out_channels, width=width, depth=depth, blocks=blocks)
        one_each(1 + depth, widths=widths)
        _within(noise=noise, eta=eta)
        widths = tuple(widths) or tuple(stage_widths(width, 1 + depth))
        features = {"middle": widths[-1], **{f"up.{number}": k for number, k in enumerate(reversed(widths[:-1]))}}
        super().__init__(in_channels, out_channels, multiple=2**depth, widths=widths, features=features)
        self.bridge, self.eta = Bridge(noise), eta
        embedding = 4 * widths[0]
        self.time = TimeEmbedding(embedding)
        self.stem = Convolution(in_channels + out_channels, widths[0], 3, padding=1)
        self.down = nn.ModuleList(_blocks(k, k, embedding, blocks) for k in widths[:-1])
        self.halvings = nn.ModuleList(Convolution(k, wide, 3, stride=2, padding=1) for k, wide in pairwise(widths))
        self.middle = _blocks(widths[-1], widths[-1], embedding, 2 * blocks)
        self.doublings = nn.ModuleList(
            upsampling(upsample, wide, k, kernel=4, bias=True) for wide, k in pairwise(reversed(widths))
        )
        self.up = nn.ModuleList(_blocks(2 * k, k, embedding, blocks) for k in reversed(widths[:-1]))
        self.output = nn.Sequential(PlaceNorm(), nn.SiLU(), Convolution(widths[0], out_channels, 3, padding=1))

    @classmethod
    def settle(cls, settings: Settings, size: tuple[int, int]) -> Settings:
        """Depth: what was asked for, or as many halvings as leave at least 8 pixels a side, at most 4."""
        return settle_depth(settings, size, most=MOST_DEPTH, least=1, leaves=1 if settings.depth else LEAVES)

    @property
    def draws(self) -> bool:
        """Whether there is more than one step."""
        return self.steps > 1

    def forward(self, image: Tensor) -> Tensor:
        """Translate; see the class."""
        self.check(image)
        start = torch.zeros_like(image[:, :1]).repeat(1, self.out_channels, 1, 1)  # of the image's size in a graph too
        draw = torch.randn_like if self.place is None else partial(draw_at, self.place)
        y = sample(self.bridge, lambda w, t: self.denoise(w, t, image), start, self.steps, self.eta, draw)
        return y.clamp(-1, 1)

    def denoise(self, w: Tensor, t: Tensor, image: Tensor) -> Tensor:
        """What the target is expected to be, (N, out_channels, H, W), given w_t and the input; t as for `predict`."""
        return self.bridge.target(w, t, self.predict(w, t, image))

    def predict(self, w: Tensor, t: Tensor, image: Tensor) -> Tensor:
        """v, float32 (N, out_channels, H, W), by the network: see `Bridge`.

        Args:
            w: w_t, (N, out_channels, H, W).
            t: (N, 1, 1, 1), or one for all, ().
            image: the input.
        """
        embedding = self.time((2 / math.pi * t.sqrt().asin()).view(-1))
        x = self.stem(torch.cat([self.bridge.seen(w, t), image], dim=1))
        skips = []
        for blocks, halve in zip(self.down, self.halvings, strict=True):
            x = blocks(x, embedding)
            skips.append(x)
            x = halve(x)
        x = self.middle(x, embedding)
        for double, blocks in zip(self.doublings, self.up, strict=True):
            x = blocks(torch.cat([double(x), skips.pop()], dim=1), embedding)
        given: Tensor = self.output(x)
        return given.float()


class _Blocks(nn.ModuleList):
    """Residual blocks one after the other, all told the same time."""

    def forward(self, x: Tensor, embedding: Tensor) -> Tensor:
        for block in self:
            x = block(x, embedding)
        return x


def _blocks(k_in: int, k: int, embedding: int, count: int) -> _Blocks:
    return _Blocks(TimedBlock(k_in if number == 0 else k, k, embedding) for number in range(count))


def _within(*, noise: float, eta: float) -> None:
    for name, value, fits in (("noise", noise, noise > 0), ("eta", eta, 0 <= eta <= 1)):
        if not fits:
            expected = "a number above 0" if name == "noise" else "a number from 0 to 1"
            raise ConfigError(f"{name}: found {value!r}; expected {expected}")
