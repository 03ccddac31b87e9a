"""From what the network gives to the pixels of the target, beside the input of which it was made."""

import torch
from torch import Tensor

from i2i.bundle import BundleConfig
from i2i.images import Pixels, decode, lightness, valid, without_readings


def to_pixels(output: Tensor, given: Pixels, config: BundleConfig) -> Pixels:
    """(planes, H, W) in [-1, 1] to pixels of the target; colour alone is laid on the lightness of `given` (H, W, C)."""
    output = output.cpu()
    if config.target.space == "ab":
        output = torch.cat([lightness(given), output])
    return decode(output, config.target)


def with_gaps(pixels: Pixels, given: Pixels, config: BundleConfig) -> Pixels:
    """The output with no reading where no channel of the input has one, if the target has a value for that."""
    readings = valid(given, config.input)
    if readings is None:
        return pixels
    return without_readings(pixels, ~readings.any(dim=0).numpy(), config.target)
