"""The jitter of the paper (Isola et al. 2017, §6.2): resized larger, cropped at random, mirrored; both sides alike."""

import numpy as np

from i2i.images import Pixels


def jitter(
    input: Pixels,  # noqa: A002 - the field's word
    target: Pixels,
    size: tuple[int, int],
    mirror: bool,
    random: np.random.Generator,
) -> tuple[Pixels, Pixels]:
    """Cut the same random `size` (height, width) out of both sides, and mirror both or neither.

    Args:
        input, target: (H, W, C) uint8 of equal H, W, at least `size`.
        size: of the crop.
        mirror: whether to mirror left to right with probability ½.
        random: the only source of chance.
    """
    height, width = size
    top = int(random.integers(0, input.shape[0] - height + 1))
    left = int(random.integers(0, input.shape[1] - width + 1))
    window = np.s_[top : top + height, left : left + width]
    if mirror and random.random() < 0.5:
        return input[window][:, ::-1], target[window][:, ::-1]
    return input[window], target[window]
