"""Padding by reflection to the multiple that a network needs, for any size down to one pixel."""

from torch import Tensor, arange


def pad(images: Tensor, multiple: int, smallest: int) -> Tensor:
    """(N, C, H, W) reflected at the bottom and right edge until H and W are multiples, and at least `smallest`.

    The edge pixel is not repeated; an image shorter than the padding is reflected as often as needed.
    """
    height, width = (_padded(length, multiple, smallest) for length in images.shape[2:])
    if (height, width) == tuple(images.shape[2:]):
        return images
    rows, columns = _reflection(images.shape[2], height), _reflection(images.shape[3], width)
    return images[:, :, rows.to(images.device)][:, :, :, columns.to(images.device)]


def _padded(length: int, multiple: int, smallest: int) -> int:
    return max(-(-length // multiple) * multiple, smallest)


def _reflection(length: int, padded: int) -> Tensor:
    """Indices 0 1 … n-1 n-2 … 1 0 1 … of `padded` places."""
    if length == 1:
        return arange(padded) * 0
    period = 2 * (length - 1)
    place = arange(padded) % period
    return place.where(place < length, period - place)
