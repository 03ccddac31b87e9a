"""Feature matching: a fake is to leave in the discriminator what its target leaves.

Wang et al. 2018, §3.2, eq. 4. https://arxiv.org/abs/1711.11585
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import l1_loss

_PUBLISHED_LAYERS = 4
"""Of the published discriminator, whose layers are summed over; of another, their mean counts as much as those four."""


def feature_matching(real: Sequence[Sequence[Tensor]], fake: Sequence[Sequence[Tensor]]) -> Tensor:
    """Mean absolute difference of the features of each layer, summed over layers and averaged over scales, a scalar.

    As in the authors' code the logits don't count as a layer, and the weight does not grow with the number of scales;
    the paper multiplies it by λ = 10.

    Args:
        real: of each scale what each layer gives for the targets, the logits last; no gradient flows there.
        fake: the same for the outputs.

    Raises:
        ValueError: they differ in the number of scales or layers.
    """
    scales = []
    for of_real, of_fake in zip(real, fake, strict=True):
        pairs = list(zip(of_real, of_fake, strict=True))[:-1]
        scales.append(
            torch.stack([l1_loss(fake_layer, real_layer.detach()) for real_layer, fake_layer in pairs]).mean()
        )
    return _PUBLISHED_LAYERS * torch.stack(scales).mean()
