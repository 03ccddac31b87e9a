"""What every generator promises."""

from torch import Tensor, nn


class Generator(nn.Module):
    """A network from images to images: (N, in_channels, H, W) in [-1, 1] -> (N, out_channels, H, W) in [-1, 1].

    Constructed from keyword arguments that JSON can hold, so that name and arguments rebuild it. `forward` raises
    `ValueError` for an image whose channels or size the network can't take.

    Attributes:
        in_channels: of the images that it takes.
        out_channels: of the images that it gives.
        multiple: H and W must be multiples of it.
        smallest: H and W must be at least this; `multiple` itself unless the network says otherwise.
    """

    in_channels: int
    out_channels: int
    multiple: int
    smallest: int

    def __init__(self, in_channels: int, out_channels: int, *, multiple: int, smallest: int | None = None):
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.multiple = multiple
        self.smallest = smallest or multiple

    def forward(self, image: Tensor) -> Tensor:
        """Translate; see the class for shapes, ranges and errors."""
        raise NotImplementedError

    def check(self, image: Tensor) -> None:
        """Raise `ValueError` unless `image` is one that this network can take."""
        if image.ndim != 4 or image.shape[1] != self.in_channels:
            raise ValueError(
                f"the input has shape {tuple(image.shape)}; expected (N, {self.in_channels}, H, W), "
                "as many channels as the network was built for"
            )
        height, width = image.shape[2:]
        if height % self.multiple or width % self.multiple or min(height, width) < self.smallest:
            raise ValueError(
                f"the input is {height}x{width} (HxW); height and width must be multiples of {self.multiple} "
                f"and at least {self.smallest}; pad or resize it first"
            )
