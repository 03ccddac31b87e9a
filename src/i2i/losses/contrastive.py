"""PatchNCE: Contrastive Learning for Unpaired Image-to-Image Translation (Park et al., ECCV 2020).

https://arxiv.org/abs/2007.15651. In the paper's symbols: v a query, a patch of the output; v⁺ its positive, the patch
of the input at the same place; v⁻ the negatives, patches of the same input elsewhere; τ the temperature, and

    ℓ(v, v⁺, v⁻) = -log( exp(v·v⁺/τ) / (exp(v·v⁺/τ) + Σ exp(v·v⁻/τ)) )                   (1)
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Projection(nn.Module):
    """H, the two-layer networks of §3 that describe a patch of features by a vector of length 1, one a layer.

    Args:
        channels: of each layer's features.
        width: numbers in a vector, and in the layer between.
    """

    def __init__(self, channels: Sequence[int], width: int = 256):
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Linear(k, width), nn.ReLU(inplace=True), nn.Linear(width, width)) for k in channels
        )

    def forward(self, features: Sequence[Tensor], places: Sequence[Tensor]) -> list[Tensor]:
        """(N, C, H, W) and (P,) of each layer -> (N, P, width), the patches at these places; see `draw_places`."""
        patches = [each.flatten(2)[:, :, at].transpose(1, 2) for each, at in zip(features, places, strict=True)]
        return [F.normalize(layer(each), dim=2) for layer, each in zip(self.layers, patches, strict=True)]


def draw_places(features: Sequence[Tensor], count: int) -> list[Tensor]:
    """`count` different places of each layer, or all there are: numbers of pixels, the same for all images."""
    sizes = [each.shape[2] * each.shape[3] for each in features]
    return [torch.randperm(size, device=each.device)[:count] for size, each in zip(sizes, features, strict=True)]


def patch_nce(queries: Tensor, keys: Tensor, temperature: float = 0.07) -> Tensor:
    """Equation (1), the mean over all patches: a scalar.

    Args:
        queries: v, (N, P, K) of length 1.
        keys: v⁺, each the negative of the other queries of its image; nothing is learnt from it.
        temperature: τ.
    """
    similarity = queries.float() @ keys.detach().float().transpose(1, 2) / temperature  # (N, P, P), positives diagonal
    positive = torch.arange(similarity.shape[1], device=similarity.device).expand(len(similarity), -1)
    return F.cross_entropy(similarity.flatten(0, 1), positive.flatten())
