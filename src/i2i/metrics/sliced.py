"""Sliced Wasserstein distance between the local patches of two sets of images: no pretrained weights needed.

Karras et al. 2018, §5.  https://arxiv.org/abs/1710.10196  A Laplacian pyramid splits each image into octaves; at each
level the 7x7 neighbourhoods of both sets are compared as distributions. The fine levels tell of texture and noise, the
coarse ones of large structure and colour.

Two things differ from the paper, so the values are not comparable with published ones. Both sets are normalised by the
statistics of the targets, not each by its own, which would forgive an output whose contrast is lost. And the levels go
by octaves below the full size of the image (1, 1/2, 1/4 …), for images of any size.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from i2i.errors import InputError
from i2i.metrics.measure import Measure

PATCH = 7
PATCHES = 64
LEVELS = 5
COARSEST = 16
"""Pixels of the shorter side below which no further octave is taken."""
DIRECTIONS = 128
_BINOMIAL = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)
_FLAT = 1 / 255

SLICED_WASSERSTEIN = Measure(
    "Sliced Wasserstein",
    "",
    "lower",
    f"{PATCHES} patches of {PATCH}x{PATCH} an image and level, Laplacian pyramid of up to {LEVELS} octaves, "
    f"{DIRECTIONS} directions, normalised by the targets, mean over levels",
    3,
)


@dataclass(frozen=True)
class SlicedWasserstein:
    """The distance of each pyramid level, the finest first, and their mean."""

    levels: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean over the levels."""
        return sum(self.levels) / len(self.levels)


def sliced_wasserstein(
    outputs: Tensor, targets: Tensor, patches: int = PATCHES, directions: int = DIRECTIONS, seed: int = 0
) -> SlicedWasserstein:
    """Sliced Wasserstein distance between two sets of as many images: (N, C, H, W) in [-1, 1] each.

    0 for equal sets. The same places are looked at in both sets, drawn from the seed.
    """
    if outputs.shape != targets.shape:
        raise ValueError(f"outputs {tuple(outputs.shape)}, targets {tuple(targets.shape)}; expected the same shape")
    return compare_patches(
        sample_patches(outputs, patches, seed), sample_patches(targets, patches, seed), directions, seed
    )


def sample_patches(images: Tensor, count: int = PATCHES, seed: int = 0) -> list[Tensor]:
    """`count` random patches an image and pyramid level: (N, C, H, W) -> per level (N·count, C, 49), float32.

    Sets too large for memory, or of images of many sizes, are sampled image by image and each level concatenated.
    """
    random = torch.Generator().manual_seed(seed)
    return [_patches(level, count, random) for level in laplacian_pyramid(images.float())]


def compare_patches(
    outputs: Sequence[Tensor], targets: Sequence[Tensor], directions: int = DIRECTIONS, seed: int = 0
) -> SlicedWasserstein:
    """The distance between patches from `sample_patches`, per level (K, C, 49) in both sets."""
    return SlicedWasserstein(
        tuple(_level_distance(a, b, directions, seed) for a, b in zip(outputs, targets, strict=True))
    )


def laplacian_pyramid(images: Tensor) -> list[Tensor]:
    """Octaves of (N, C, H, W), each the difference to the blurred next one; the last is the blurred rest.

    As many as `LEVELS`, fewer where the shorter side would fall below `COARSEST` pixels.
    """
    levels: list[Tensor] = []
    while len(levels) < LEVELS - 1 and (min(images.shape[-2:]) + 1) // 2 >= COARSEST:
        smaller = _halve(images)
        levels.append(images - _double(smaller, images.shape[-2], images.shape[-1]))
        images = smaller
    return [*levels, images]


def _binomial(images: Tensor, gain: float) -> Tensor:
    """Burt and Adelson's 5-tap filter in both directions, the border mirrored."""
    height, width = images.shape[-2:]
    padded = F.pad(images, (2, 2, 2, 2), mode="reflect")
    # Sums of shifted images: on a CPU several times as fast as a convolution with so few taps and channels.
    zero = images.new_zeros(())
    columns = sum((tap * gain * padded[..., i : i + height, :] for i, tap in enumerate(_BINOMIAL)), zero)
    return sum((tap * gain * columns[..., i : i + width] for i, tap in enumerate(_BINOMIAL)), zero)


def _halve(images: Tensor) -> Tensor:
    return _binomial(images, gain=1)[..., ::2, ::2]


def _double(images: Tensor, height: int, width: int) -> Tensor:
    spread = images.new_zeros(*images.shape[:2], height, width)
    spread[..., ::2, ::2] = images
    return _binomial(spread, gain=2)  # twice in each direction, for the zeros between


def _patches(level: Tensor, count: int, random: torch.Generator) -> Tensor:
    images, channels, height, width = level.shape
    if min(height, width) < PATCH:
        raise InputError(f"sliced Wasserstein: an image of {width}x{height} px holds no patch of {PATCH}x{PATCH}")
    tops = torch.randint(height - PATCH + 1, (images, count), generator=random)
    lefts = torch.randint(width - PATCH + 1, (images, count), generator=random)
    offsets = torch.arange(PATCH)
    rows = (tops[..., None] + offsets)[..., :, None]  # (N, count, 7, 1)
    columns = (lefts[..., None] + offsets)[..., None, :]  # (N, count, 1, 7)
    which = torch.arange(images)[:, None, None, None]
    found = level.movedim(1, -1)[which, rows, columns]  # (N, count, 7, 7, C)
    return found.movedim(-1, 2).reshape(images * count, channels, PATCH * PATCH)


def _level_distance(outputs: Tensor, targets: Tensor, directions: int, seed: int) -> float:
    if outputs.shape != targets.shape:
        raise ValueError(f"patches {tuple(outputs.shape)} and {tuple(targets.shape)}; expected as many in both sets")
    mean = targets.mean(dim=(0, 2), keepdim=True)
    deviation = targets.std(dim=(0, 2), keepdim=True).clamp(min=_FLAT)  # a channel without detail stays near 0
    random = torch.Generator().manual_seed(seed)
    slices = F.normalize(torch.randn(targets[0].numel(), directions, generator=random), dim=0).to(targets.device)
    projected = [((side - mean) / deviation).flatten(1) @ slices for side in (outputs, targets)]
    along = [projection.sort(dim=0).values for projection in projected]
    return float((along[0] - along[1]).abs().mean())
