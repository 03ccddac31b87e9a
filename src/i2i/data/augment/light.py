"""Chance changes of light, as another camera, lamp or exposure would make them."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from i2i.config import Augment
from i2i.images import ImageSpec


@dataclass(frozen=True)
class Light:
    """One drawn light.

    Attributes:
        brightness: added to the values, which are in [-1, 1].
        contrast: factor on the difference from the image's mean.
        gamma: exponent of the values scaled to [0, 1].
        noise: standard deviation of the Gaussian noise added to each value.
        seed: of the noise.
    """

    brightness: float
    contrast: float
    gamma: float
    noise: float
    seed: int

    def apply(self, image: Tensor, readings: Tensor | None, spec: ImageSpec) -> Tensor:
        """The image (C, H, W) in this light, clipped to [-1, 1]: contrast and brightness, then gamma, then noise.

        Label maps, what is no reading and the alpha channel are left as they are; of L*a*b* only the lightness changes.
        """
        if spec.is_labels or self._is_neutral():
            return image
        lit = slice(0, 1) if spec.space == "lab" else slice(0, spec.channels - (spec.alpha == "channel"))
        known = None if readings is None else readings[lit]
        changed = self._changed(image[lit], known)
        if known is not None:
            changed = torch.where(known, changed, image[lit])
        return torch.cat([changed, image[lit.stop :]])

    def _is_neutral(self) -> bool:
        return (self.brightness, self.contrast, self.gamma, self.noise) == (0, 1, 1, 0)

    def _changed(self, image: Tensor, known: Tensor | None) -> Tensor:
        mean = image.mean() if known is None else (image * known).sum() / known.sum().clamp(min=1)
        changed = (image * self.contrast).add_(mean * (1 - self.contrast) + self.brightness).clamp_(-1, 1)
        if self.gamma != 1:
            changed.add_(1).div_(2).pow_(self.gamma).mul_(2).sub_(1)
        if self.noise:
            noise = torch.randn(image.shape, generator=torch.Generator().manual_seed(self.seed))
            changed.add_(noise, alpha=self.noise).clamp_(-1, 1)
        return changed


def draw_light(augment: Augment, random: np.random.Generator) -> Light:
    """Brightness evenly between its ends, contrast and gamma evenly on a logarithmic scale."""
    brightness, contrast, gamma = random.uniform(-1, 1, 3)
    return Light(
        brightness=2 * augment.brightness * float(brightness),
        contrast=augment.contrast ** float(contrast),
        gamma=augment.gamma ** float(gamma),
        noise=2 * augment.noise,
        seed=int(random.integers(2**63)),
    )
