"""A loss on checkerboards: what repeats with a generator's last strides is to repeat in its targets too.

Where pixels are repeated before a convolution, each of the four that one becomes sees other neighbours, the spread of
what it sees is another, and so is the mean that a ReLU leaves of it: a grid, faint and the same all over the image. Of
a single pixel's error it is a hundredth, so that L1 hardly sees it. Averaged over all tiles of a grid's period the
grid stays, while the errors that hide it average out. The grid is that of Odena et al. 2016
(https://distill.pub/2016/deconv-checkerboard), the loss is ours.
"""

import torch
from torch import Tensor

PERIOD = 4
"""In pixels: the last two doublings. Of a longer one there are too few tiles in an image for the errors to go."""


def checkerboard_loss(output: Tensor, target: Tensor) -> Tensor:
    """How much more of a grid of 4 or 2 pixels an output has than its target: (N, C, H, W) in [-1, 1] -> a scalar.

    The mean of |tile - its mean|, where tile is the mean of output - target over all tiles of 4×4 pixels that there are
    in an image, a channel each. Pixels that no whole tile holds, at the right and below, are left out; an image that
    holds none has 0. Set the output to its target where that is no reading.

    Raises:
        ValueError: their shapes differ.
    """
    if output.shape != target.shape:
        raise ValueError(f"the output has shape {tuple(output.shape)}, the target {tuple(target.shape)}; expected one")
    rows, columns = (side // PERIOD for side in output.shape[-2:])
    if not rows * columns:
        return output.new_zeros(())
    # In float32: a grid is fainter than the steps of bfloat16.
    errors = (output.float() - target.float())[..., : rows * PERIOD, : columns * PERIOD]
    tile = errors.reshape(*errors.shape[:2], rows, PERIOD, columns, PERIOD).mean(dim=(2, 4))
    return torch.abs(tile - tile.mean(dim=(2, 3), keepdim=True)).mean()
