"""Differentiable augmentation of what a discriminator sees, so that it can't learn few pairs by heart.

Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training", §3.2, with the published ranges.
https://arxiv.org/abs/2006.10738
"""

from collections.abc import Callable, Collection

import torch
from torch import Tensor

from i2i.errors import ConfigError


class DiffAugment:
    """Changes the images that D is shown, real and fake and while G is trained as well, by chance.

    Every number is drawn from torch's global generator of the images' device, in float32: seeded alike, the draws are
    alike in any precision. The result is differentiable any number of times.

    Args:
        policies: of "colour" (brightness, contrast, and of three channels saturation), "translation" (by up to an
            eighth of the side, zeros coming in) and "cutout" (a window of half the side becomes zero), applied in
            this order whatever the given one; empty leaves all as it is.

    Raises:
        ConfigError: a policy has another name.
    """

    def __init__(self, policies: Collection[str] = ()) -> None:
        unknown = [policy for policy in policies if policy not in POLICIES]
        if unknown:
            raise ConfigError(f"augment.discriminator holds '{unknown[0]}'; expected some of {', '.join(POLICIES)}")
        self._apply = [apply for name, apply in POLICIES.items() if name in policies]

    def __call__(self, seen: Tensor, image_channels: int | None = None) -> Tensor:
        """What D is to see instead of `seen`, (N, C, H, W) in about [-1, 1], each image changed in its own way.

        Args:
            seen: an image, or the condition and the image, joined along the channels in this order.
            image_channels: how many of the last channels are the image, all by default. Colour changes in these
                alone; geometry in all alike, so that the image still fits its condition.
        """
        for apply in self._apply:
            seen = apply(seen, seen.shape[1] if image_channels is None else image_channels)
        return seen


def _colour(seen: Tensor, channels: int) -> Tensor:
    """Brightness ± 0.5, saturation 0 to 2 times, contrast 0.5 to 1.5 times."""
    condition, image = seen[:, : seen.shape[1] - channels], seen[:, seen.shape[1] - channels :]
    brightness, saturation, contrast = _uniform(3, seen)
    image = image + (brightness - 0.5)
    if channels == 3:
        grey = image.mean(dim=1, keepdim=True)
        image = grey + (image - grey) * (2 * saturation)
    mean = image.mean(dim=(1, 2, 3), keepdim=True)
    return torch.cat([condition, mean + (image - mean) * (contrast + 0.5)], dim=1)


def _translation(seen: Tensor, _: int) -> Tensor:
    count, channels, height, width = seen.shape
    rows, rows_inside = _shifted(count, height, seen.device)
    columns, columns_inside = _shifted(count, width, seen.device)
    places = (rows[:, :, None] * width + columns[:, None, :]).view(count, 1, -1).expand(-1, channels, -1)
    moved = seen.flatten(2).gather(2, places).view_as(seen)
    return torch.where(_both(rows_inside, columns_inside), moved, 0.0)


def _shifted(count: int, length: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Of each pixel along one side: where it comes from, (N, length), and whether that is inside the image."""
    most = _rounded(length / 8)
    shift = torch.randint(-most, most + 1, (count, 1), device=device)
    source = torch.arange(length, device=device) - shift
    return source.clamp(0, length - 1), (source >= 0) & (source < length)


def _cutout(seen: Tensor, _: int) -> Tensor:
    count, _, height, width = seen.shape
    cut = _both(_window(count, height, seen.device), _window(count, width, seen.device))
    return torch.where(cut, 0.0, seen)


def _window(count: int, length: int, device: torch.device) -> Tensor:
    """Of each pixel along one side, (N, length): whether it is in a window of half the length, centred anywhere."""
    side = _rounded(length / 2)
    centre = torch.randint(0, length + 1 - side % 2, (count, 1), device=device)
    distance = torch.arange(length, device=device) - (centre - side // 2)
    return (distance >= 0) & (distance < side)


def _both(rows: Tensor, columns: Tensor) -> Tensor:
    """(N, H) and (N, W) to (N, 1, H, W): where both are true."""
    return rows[:, None, :, None] & columns[:, None, None, :]


def _uniform(draws: int, like: Tensor) -> Tensor:
    """(draws, N, 1, 1, 1) even in [0, 1)."""
    return torch.rand(draws, len(like), 1, 1, 1, device=like.device).to(like.dtype)


def _rounded(value: float) -> int:
    return int(value + 0.5)


POLICIES: dict[str, Callable[[Tensor, int], Tensor]] = {
    "colour": _colour,
    "translation": _translation,
    "cutout": _cutout,
}
