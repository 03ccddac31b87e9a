"""What every discriminator promises."""

from torch import Tensor, nn


class Discriminator(nn.Module):
    """A network from images to logits: (N, in_channels, H, W) in [-1, 1] -> (N, 1, H', W'), high where it looks real.

    A conditional one is given condition and image concatenated along the channels. `forward` raises `ValueError`
    for an input whose channels or size the network can't take.

    Attributes:
        in_channels: of what it judges, the condition's included.
        smallest: H and W must be at least this.
    """

    in_channels: int
    smallest: int

    def __init__(self, in_channels: int, *, smallest: int):
        super().__init__()
        self.in_channels = in_channels
        self.smallest = smallest

    def forward(self, image: Tensor) -> Tensor:
        """Judge; see the class for shapes, ranges and errors."""
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
