"""How far two images are from each other in the eyes of a network.

Zhang et al. 2018, "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric".
https://arxiv.org/abs/1801.03924
"""

from collections.abc import Callable

import torch
from torch import Tensor

_EPSILON = 1e-8


def feature_distance(maps: Callable[[Tensor], list[Tensor]], output: Tensor, target: Tensor) -> Tensor:
    """LPIPS without the learned heads, for any network: two (N, C, H, W) in [-1, 1] -> (N,), between 0 and 4.

    `maps` gives a list of feature maps (N, C', H', W'), as a `Trunk` or `CaffeSqueezeNet.maps` does. Each layer counts
    the same: the squared distance of unit vectors, averaged over space, then over layers.
    """
    distances = [difference.sum(dim=1).mean(dim=(1, 2)) for difference in unit_differences(maps, output, target)]
    return torch.stack(distances).mean(dim=0)


def unit_differences(maps: Callable[[Tensor], list[Tensor]], output: Tensor, target: Tensor) -> list[Tensor]:
    """Squared differences of the channel-normalised maps, (N, C', H', W') a layer."""
    return [(_unit(x) - _unit(y)).square() for x, y in zip(maps(output), maps(target), strict=True)]


def _unit(features: Tensor) -> Tensor:
    return features / torch.sqrt(features.square().sum(dim=1, keepdim=True) + _EPSILON)
