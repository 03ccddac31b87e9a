"""What a translator does, made visible: what its judge believes, where its answers differ, what an output looks at."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from i2i.bundle import load_discriminator
from i2i.discriminators import Discriminator
from i2i.errors import ConfigError
from i2i.images import Pixels, valid
from i2i.layers.modes import prepare
from i2i.translator.padding import pad
from i2i.translator.translator import Translator


@dataclass(frozen=True)
class Map:
    """A number at each pixel of an image.

    Attributes:
        values: (H, W) float32.
        low, high: the ends of the scale on which to show them; `low` < `high`.
        meaning: in words, with the unit.
    """

    values: NDArray[np.float32]
    low: float
    high: float
    meaning: str

    def grey(self) -> Pixels:
        """(H, W, 1) uint8, black at `low` and white at `high`."""
        share = (self.values - self.low) / (self.high - self.low)
        levels: Pixels = (share.clip(0, 1) * 255).round().astype(np.uint8)[:, :, None]
        return levels


class Explainer:
    """Explains a translator's answers, image by image. What is not to be had raises `ConfigError` with the reason."""

    def __init__(self, translator: Translator) -> None:
        self.translator = translator

    @cached_property
    def discriminator(self) -> Discriminator | None:
        """What judged the generator while it trained, in the mode in which it did; None if the bundle has none."""
        discriminator = load_discriminator(self.translator.path, self.translator.config.direction)
        if discriminator is None:
            return None
        prepare(discriminator, statistics="batch", dropout=False)
        return discriminator.to(self.translator.device)

    def patches(self, pixels: Pixels, *, seed: int = 0) -> Map:
        """Where the discriminator takes the translation for real, each of its patches at its place.

        The PatchGAN "tries to classify if each N × N patch in an image is real or fake" (Isola et al. 2017, §3.2.2). A
        discriminator that training left far ahead calls all fake; what tells then is where it is least sure.

        Args:
            pixels: an input, (H, W, C) of the bundle's specification.
            seed: of the dropout, where the policy has it on.

        Raises:
            ConfigError: there is no discriminator in the bundle, or the image is too small for it.
        """
        translator, discriminator = self.translator, self._judge()
        given = translator.encode(pixels).to(translator.device)
        output = translator.predict(given, seed=seed)
        conditional = discriminator.in_channels > output.shape[1]
        seen = torch.cat([given, output], dim=1) if conditional else output
        if min(seen.shape[2:]) < discriminator.smallest:
            raise ConfigError(
                f"patches: the image is {seen.shape[2]}x{seen.shape[3]}; the discriminator needs at least "
                f"{discriminator.smallest} each way; take a larger one"
            )
        with torch.inference_mode():
            logits = discriminator(seen)
        if logits.ndim != 4 or logits.shape[1] != 1:
            raise ConfigError(f"{translator.path}: its discriminator gives no map of patches")
        believed, low, high, meaning = _BELIEFS[self._objective()](logits)
        return Map(_resized(_in_place(believed, *seen.shape[2:]), pixels), low, high, meaning)

    def uncertainty(self, pixels: Pixels, *, samples: int = 8, seed: int = 0) -> Map:
        """How far answers with different noise z (dropout, a latent code, a bridge's steps) differ, at each pixel.

        Of values it is their standard deviation, the mean over the channels; of classes the share of the samples that
        are not of the commonest class.

        Args:
            pixels: an input, (H, W, C) of the bundle's specification.
            samples: how many, at least 2, under the seeds seed, seed + 1, …

        Raises:
            ConfigError: the network takes no noise, or there are fewer than two samples.
        """
        if samples < 2:
            raise ConfigError(f"samples: found {samples}; expected at least 2, whose difference can be told")
        target = self.translator.config.target
        with self.translator.noisy():
            answers = [self.translator.translate(pixels, seed=seed + number) for number in range(samples)]
        if target.is_labels:
            votes = np.stack(answers)[:, :, :, 0]
            commonest = np.max([(votes == known).sum(axis=0) for known in np.unique(votes)], axis=0)
            return _scaled(1 - commonest / samples, "share of samples of another class")
        values = np.stack([answer[:, :, : target.channels] for answer in answers]).astype(np.float64)
        readings = valid(answers[0], target)
        spread = values.std(axis=0)
        if readings is not None:
            spread = np.where(readings.movedim(0, -1).numpy(), spread, 0.0)
        return _scaled(spread.mean(axis=2), f"standard deviation over {samples} samples, {target.unit or 'levels'}")

    def influence(self, pixels: Pixels, point: tuple[int, int], *, seed: int = 0) -> Map:
        """How much the output at one pixel changes with the input at each: its effective receptive field.

        The length of the output pixel's gradient (Luo et al. 2016, §2), https://arxiv.org/abs/1701.04128.

        Args:
            pixels: an input, (H, W, C) of the bundle's specification.
            point: (x, y), counted from 0 at the left and the top.
            seed: of the dropout, where the policy has it on.

        Raises:
            ConfigError: the point is not in the image.
        """
        translator = self.translator
        height, width = pixels.shape[:2]
        x, y = point
        if not (0 <= x < width and 0 <= y < height):
            raise ConfigError(
                f"point {x},{y}: is not in the image of {width}x{height}; counted from 0,0 at the left top"
            )
        given = translator.encode(pixels).to(translator.device).requires_grad_()
        row, column = y * given.shape[2] // height, x * given.shape[3] // width
        with translator.seeded(seed), torch.enable_grad():
            output = translator.generator(pad(given, translator.generator.multiple, translator.generator.smallest))
            planes = output[0, :, row, column]
            gradients = [torch.autograd.grad(plane, given, retain_graph=True)[0] for plane in planes]
        lengths = torch.stack(gradients).square().sum(dim=(0, 1, 2)).sqrt()
        return _scaled(_resized(lengths, pixels), f"change of the output at {x},{y} with the input here")

    def _judge(self) -> Discriminator:
        if self.discriminator is None:
            raise ConfigError(
                f"{self.translator.path}: has no discriminator to ask; bundles keep theirs when they are trained with "
                "an adversarial loss"
            )
        return self.discriminator

    def _objective(self) -> str:
        loss = self.translator.config.training.get("loss", {})
        objective = loss.get("adversarial", "cross-entropy")
        return objective if objective in _BELIEFS else "cross-entropy"


_Belief = tuple[Tensor, float, float, str]


def _probability(logits: Tensor) -> _Belief:
    return torch.sigmoid(logits), 0.0, 1.0, "probability of being real"


def _regressed(logits: Tensor) -> _Belief:
    return logits, 0.0, 1.0, "0 fake, 1 real"


def _margin(logits: Tensor) -> _Belief:
    return logits, -1.0, 1.0, "-1 fake, 1 real"


def _critic(logits: Tensor) -> _Belief:
    low, high = float(logits.min()), float(logits.max())
    return logits, low, max(high, math.nextafter(low, math.inf)), "critic's value, higher is more real"


_BELIEFS: dict[str, Callable[[Tensor], _Belief]] = {
    "cross-entropy": _probability,
    "cross-entropy-saturating": _probability,
    "least-squares": _regressed,
    "hinge": _margin,
    "wasserstein": _critic,
    "relativistic": _critic,
    "relativistic-least-squares": _critic,
    "relativistic-hinge": _critic,
}
"""What the logits of each adversarial loss say."""


def _in_place(logits: Tensor, height: int, width: int) -> Tensor:
    """(1, 1, H', W') -> (height, width): each logit at the middle of the patch that it judges, linear in between.

    The patches stand in the middle of the image, a power of two apart, as the strides of a PatchGAN have it.
    """
    rows, columns = (
        _places(length, count, logits.device) for length, count in zip((height, width), logits.shape[2:], strict=True)
    )
    grid = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), dim=-1)[None]
    placed: Tensor = grid_sample(logits.float(), grid, mode="bilinear", padding_mode="border", align_corners=True)
    return placed[0, 0]


def _places(length: int, count: int, device: torch.device) -> Tensor:
    """Of each of `length` pixels: where among `count` logits it lies, -1 the first and 1 the last."""
    stride = 2.0 ** math.floor(math.log2(length / count))
    from_middle = torch.arange(length, device=device) - (length - 1) / 2
    return from_middle / stride / max((count - 1) / 2, 0.5)


def _resized(values: Tensor, pixels: Pixels) -> NDArray[np.float32]:
    """A map of what the network was shown, (h, w), at the size of the image."""
    sized = interpolate(values[None, None].float(), pixels.shape[:2], mode="bilinear")[0, 0]
    numbers: NDArray[np.float32] = sized.cpu().numpy()
    return numbers


def _scaled(values: NDArray[np.floating], meaning: str) -> Map:
    """From 0 to the largest."""
    return Map(values.astype(np.float32), 0.0, float(values.max()) or 1.0, meaning)
