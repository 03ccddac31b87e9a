"""What every discriminator promises."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

Features = list[Tensor]
"""What the layers of a discriminator give, (N, C, H', W') each, the logits (N, 1, H', W') last."""


class Discriminator(nn.Module):
    """A network from images to logits: (N, in_channels, H, W) in [-1, 1] -> (N, 1, H', W'), high where it looks real.

    A conditional one is given condition and image concatenated along the channels. `forward` raises `ValueError`
    for an input whose channels or size the network can't take.

    Attributes:
        in_channels: of what it judges, the condition's included.
        smallest: H and W must be at least this.
        description: name and arguments by which `build_discriminator` made it, as a bundle stores them.
    """

    in_channels: int
    smallest: int
    description: dict[str, Any]

    def __init__(self, in_channels: int, *, smallest: int):
        super().__init__()
        self.in_channels = in_channels
        self.smallest = smallest
        self.description = {}

    def forward(self, image: Tensor) -> Tensor:
        """Judge; see the class for shapes, ranges and errors."""
        return self.judge(image)[0][-1]

    def judge(self, image: Tensor) -> list[Features]:
        """Judge at each of its scales, with what each layer made of the image; one scale unless the class says so.

        Losses are of these: each scale's logits (`logits`), and for feature matching its other maps. Raises as
        `forward` does.
        """
        raise NotImplementedError

    def check(self, image: Tensor) -> None:
        """Raise `ValueError` unless `image` is one that this network can take."""
        if image.ndim != 4 or image.shape[1] != self.in_channels:
            raise ValueError(
                f"the input has shape {tuple(image.shape)}; expected (N, {self.in_channels}, H, W), "
                "the channels of condition and image together"
            )
        height, width = image.shape[2:]
        if min(height, width) < self.smallest:
            raise ValueError(
                f"the input is {height}x{width} (HxW); this discriminator needs at least {self.smallest} each way; "
                "use larger images or less depth"
            )


def logits(judged: Sequence[Features]) -> list[Tensor]:
    """The logits of each scale of what `Discriminator.judge` gave."""
    return [features[-1] for features in judged]
