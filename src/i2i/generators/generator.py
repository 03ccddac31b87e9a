"""What every generator promises."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from torch import Tensor, nn

from i2i.config import Generator as Settings
from i2i.layers.registry import taken_by


class Generator(nn.Module):
    """A network from images to images: (N, in_channels, H, W) in [-1, 1] -> (N, out_channels, H, W) in [-1, 1].

    Constructed from keyword arguments that JSON can hold, so that name and arguments rebuild it. `forward` raises
    `ValueError` for an image whose channels or size the network can't take.

    Some are told something beside the image, a condition, (N, condition): a latent code, a domain. It is given to
    `forward`, or held for all images to come, so that what runs a generator on images alone runs these too.

    Attributes:
        in_channels: of the images that it takes.
        out_channels: of the images that it gives.
        multiple: H and W must be multiples of it.
        smallest: H and W must be at least this; `multiple` itself unless the network says otherwise.
        widths: filters of each of its stages that change the size, from the finest on.
        features: modules whose outputs tell what it makes of an image, by name, each with its channels; the same
            names give features of the same height and width in a network of other widths.
        encoded: channels of what `encode` gives; empty where the network has no encoder of its own.
        condition: numbers that it is told beside the image; 0: none.
        held: (condition,) of all images for which `forward` is given none; None: nothing is held.
        steps: evaluations of the network in one `forward`, of one that works step by step and may be told another
            number; 0: it answers at once.
        place: (row, column) of the images' first pixel in a larger image, of which they are a tile: what is drawn at
            random pixel by pixel is then the same in all tiles there, under one seed. None: they are whole.
        description: name and arguments by which `build_generator` made it, as a bundle stores them.
    """

    in_channels: int
    out_channels: int
    multiple: int
    smallest: int
    widths: tuple[int, ...]
    features: dict[str, int]
    encoded: tuple[int, ...] = ()
    condition: int = 0
    held: Tensor | None = None
    steps: int = 0
    place: tuple[int, int] | None = None
    description: dict[str, Any]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        multiple: int,
        smallest: int | None = None,
        widths: tuple[int, ...] = (),
        features: Mapping[str, int] | None = None,
    ):
        super().__init__()
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.multiple = multiple
        self.smallest = smallest or multiple
        self.widths = widths
        self.features = dict(features or {})
        self.description = {}

    @classmethod
    def settle(cls, settings: Settings, size: tuple[int, int]) -> Settings:
        """The settings with what they leave open found for training images of `size` (height, width).

        Raises:
            ConfigError: no network of these settings takes such images.
        """
        return settings

    @classmethod
    def arguments(cls, settings: Settings) -> dict[str, Any]:
        """What of the settings the network is built from, beside its channels: plain values for `build_generator`."""
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(settings).items()}
        arguments = taken_by(cls, plain)
        return {name: value for name, value in arguments.items() if name != "widths" or value}

    @property
    def draws(self) -> bool:
        """Whether it draws at random, beside dropout, what it is not told: each forward then gives another answer."""
        return False

    def hold(self, condition: Tensor | None) -> None:
        """Tell it the condition, (condition,), of all images to come; None: nothing any more. Raises `ValueError`."""
        if condition is not None and condition.shape != (self.condition,):
            raise ValueError(f"the condition has shape {tuple(condition.shape)}; expected ({self.condition},)")
        self.held = condition

    def draw(self, count: int) -> Tensor:
        """Conditions as it draws them where it is told none, (count, condition), by torch's random state."""
        raise NotImplementedError

    def forward(self, image: Tensor) -> Tensor:
        """Translate; see the class for shapes, ranges and errors. One with a condition takes that as its second."""
        raise NotImplementedError

    def encode(self, image: Tensor) -> list[Tensor]:
        """What it makes of an image on the way in, (N, C, H', W') each, the finest first; see `encoded`."""
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
