"""One pair, read: both sides as pixels of one size; and a batch of them, as tensors."""

from dataclasses import dataclass

import torch

from i2i.data.layouts import Pair, Side, listed
from i2i.errors import PairsError
from i2i.images import Interpolation, Pixels, read_image, read_size, resize


@dataclass(frozen=True)
class Batch:
    """Training samples: `input` (N, C, H, W) and `target` (N, C', H, W), float32 in [-1, 1]."""

    input: torch.Tensor
    target: torch.Tensor

    def to(self, device: torch.device) -> "Batch":
        """The same batch on a device."""
        return Batch(self.input.to(device, non_blocking=True), self.target.to(device, non_blocking=True))


@dataclass(frozen=True)
class Reading:
    """How files become samples: channels of each side, and the size to which both are resized (None: as they are)."""

    input_channels: int
    target_channels: int
    size: tuple[int, int] | None
    interpolation: Interpolation = "bicubic"


def read_pair(pair: Pair, reading: Reading) -> tuple[Pixels, Pixels]:
    """Both sides of a pair, (H, W, C) and (H, W, C') uint8.

    Raises:
        ImageError: a file can't be read.
        PairsError: the two sides differ in size, or a side-by-side image can't be cut in two halves.
    """
    if pair.input.path == pair.target.path and reading.input_channels == reading.target_channels:
        whole = read_image(pair.input.path, reading.input_channels)
        given, wanted = _cut(whole, pair.input), _cut(whole, pair.target)
    else:
        given = _cut(read_image(pair.input.path, reading.input_channels), pair.input)
        wanted = _cut(read_image(pair.target.path, reading.target_channels), pair.target)
    if given.shape[:2] != wanted.shape[:2]:
        raise PairsError(
            f"{pair.input.path}: is {_size(given)}, its partner {pair.target.path} is {_size(wanted)}; "
            "both sides of a pair must have the same size; resize or crop one of them"
        )
    if reading.size is None:
        return given, wanted
    return resize(given, *reading.size, reading.interpolation), resize(wanted, *reading.size, reading.interpolation)


def find_channels(pairs: list[Pair]) -> tuple[int, int]:
    """Channels of the input and the target side, from the files' headers: colour as soon as one file has colour."""
    sides = ({pair.input.path for pair in pairs}, {pair.target.path for pair in pairs})
    first, second = (max(read_size(path)[2] for path in paths) for paths in sides)
    return first, second


def check_crop(pairs: list[Pair], size: tuple[int, int]) -> None:
    """Refuse pairs smaller than the training crop, which can't be cut out of them. Raises `PairsError`."""
    small = []
    for pair in pairs:
        height, width, _ = read_size(pair.input.path)
        width = width // 2 if pair.input.half else width
        if height < size[0] or width < size[1]:
            small.append(f"{pair.input.path} ({height}x{width})")
    if small:
        raise PairsError(
            f"{len(small)} pairs are smaller than the crop of {size[0]}x{size[1]}: {listed(small)}; "
            "use a smaller --size, or --set data.resize=stretch"
        )


def _cut(pixels: Pixels, side: Side) -> Pixels:
    if side.half is None:
        return pixels
    width = pixels.shape[1]
    if width % 2:
        raise PairsError(
            f"{side.path}: is {width} pixels wide, which can't be cut into halves of the same size; "
            "expected two images side by side, or choose another --layout"
        )
    return pixels[:, : width // 2] if side.half == "left" else pixels[:, width // 2 :]


def _size(pixels: Pixels) -> str:
    return f"{pixels.shape[0]}x{pixels.shape[1]}"
