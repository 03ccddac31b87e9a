"""One pair, read: both sides as pixels of one size; and a batch of them, as tensors."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from i2i.data.layouts import Pair, Side
from i2i.data.order import random_of
from i2i.data.tasks import Task
from i2i.errors import PairsError, listed
from i2i.images import ImageSpec, Interpolation, Pixels, Raster, conform, read_header, read_raster, resize


@dataclass(frozen=True)
class Batch:
    """Training samples.

    Attributes:
        input: (N, C, H, W) float32 in [-1, 1].
        target: (N, C', H, W) float32 in [-1, 1].
        valid: where the target is a reading, (N, C', H, W) bool; None where all of it is.
        domain: of which domain each image is, (N,) int64; then the target is the input. None where there are none.
    """

    input: Tensor
    target: Tensor
    valid: Tensor | None = None
    domain: Tensor | None = None

    def to(self, device: torch.device) -> "Batch":
        """The same batch on a device."""
        image = self.input.to(device, non_blocking=True)
        target = image if self.target is self.input else self.target.to(device, non_blocking=True)
        rest = (None if each is None else each.to(device, non_blocking=True) for each in (self.valid, self.domain))
        return Batch(image, target, *rest)

    def channels_last(self) -> "Batch":
        """The same batch, its images laid out pixel by pixel, as a CPU's arithmetic in bfloat16 wants them."""
        image = self.input.contiguous(memory_format=torch.channels_last)
        same = self.target is self.input
        target = image if same else self.target.contiguous(memory_format=torch.channels_last)
        return replace(self, input=image, target=target)

    def only_readings(self, image: Tensor) -> Tensor:
        """An output, (N, C', H, W), that is the target itself where that is no reading: nobody can learn from there."""
        return image if self.valid is None else torch.where(self.valid, image, self.target.to(image.dtype))


@dataclass(frozen=True)
class Reading:
    """How files become pixels.

    Attributes:
        input, target: what each side is.
        size: to which both are resized; None: as they are.
        interpolation: by which.
        crop: cut out of the middle after that, where the image is larger; None: not cut.
        task: makes the pair of a photo, where the files are photos.
        seed: of what the task does by chance, together with the pair's name.
    """

    input: ImageSpec
    target: ImageSpec
    size: tuple[int, int] | None = None
    interpolation: Interpolation = "bicubic"
    crop: tuple[int, int] | None = None
    task: Task | None = None
    seed: int = 0


def read_pair(pair: Pair, reading: Reading) -> tuple[Pixels, Pixels]:
    """Both sides of a pair as the pixels of their specifications, (H, W, C) and (H, W, C').

    Raises:
        ImageError: a file can't be read, or does not fit the specification.
        PairsError: the two sides differ in size, or a side-by-side image can't be cut in two halves.
    """
    if reading.task is not None:
        return make_pair(reading.task, read_photo(pair, reading), reading.seed, pair.name)
    first = read_raster(pair.input.path)
    second = first if pair.target.path == pair.input.path else read_raster(pair.target.path)
    given = conform(cut(first, pair.input), reading.input, str(pair.input.path))
    wanted = conform(cut(second, pair.target), reading.target, str(pair.target.path))
    if given.shape[:2] != wanted.shape[:2]:
        raise PairsError(
            f"{pair.input.path}: is {_size(given)}, its partner {pair.target.path} is {_size(wanted)}; "
            "both sides of a pair must have the same size; resize or crop one of them"
        )
    return _fitted(given, reading.input, reading), _fitted(wanted, reading.target, reading)


def read_apart(pair: Pair, reading: Reading) -> tuple[Pixels, Pixels]:
    """As `read_pair`, of an input and a target that do not belong together and may differ in size."""
    return read_side(pair.input, reading.input, reading), read_side(pair.target, reading.target, reading)


def read_side(side: Side, spec: ImageSpec, reading: Reading) -> Pixels:
    """One side by itself, as the pixels of its specification, (H, W, C). Raises `ImageError`, `PairsError`."""
    return _fitted(conform(cut(read_raster(side.path), side), spec, str(side.path)), spec, reading)


def read_photo(pair: Pair, reading: Reading) -> Pixels:
    """The photo of which a task will make a pair: (H, W, 3) uint8. Raises `ImageError`."""
    photo = ImageSpec(3)
    return _fitted(conform(read_raster(pair.target.path), photo, str(pair.target.path)), photo, reading)


def make_pair(task: Task, photo: Pixels, seed: int, name: str) -> tuple[Pixels, Pixels]:
    """The pair that a task makes of a photo; the same for the same seed and name, wherever and whenever."""
    return task.make(photo, random_of(seed, name))


def check_crop(pairs: list[Pair], size: tuple[int, int]) -> None:
    """Refuse inputs smaller than the training crop, which can't be cut out of them. Raises `PairsError`."""
    small = []
    for side in dict.fromkeys(pair.input for pair in pairs):
        header = read_header(side.path)
        width = header.width // 2 if side.half else header.width
        if header.height < size[0] or width < size[1]:
            small.append(f"{side.path} ({header.height}x{width})")
    if small:
        raise PairsError(
            f"{len(small)} pairs are smaller than the crop of {size[0]}x{size[1]}: {listed(small)}; "
            "use a smaller --size, or --set data.resize=stretch"
        )


def cut(raster: Raster, side: Side) -> Raster:
    """The half of a file that a side is, if it is one. Raises `PairsError` where the file has no halves."""
    if side.half is None:
        return raster
    width = raster.pixels.shape[1]
    if width % 2:
        raise PairsError(
            f"{side.path}: is {width} pixels wide, which can't be cut into halves of the same size; "
            "expected two images side by side, or choose another --layout"
        )
    half = raster.pixels[:, : width // 2] if side.half == "left" else raster.pixels[:, width // 2 :]
    return replace(raster, pixels=half)


def _fitted(pixels: Pixels, spec: ImageSpec, reading: Reading) -> Pixels:
    if reading.size is not None:
        pixels = resize(pixels, *reading.size, reading.interpolation, spec)
    if reading.crop is None:
        return pixels
    top, left = (max(0, has - wants) // 2 for has, wants in zip(pixels.shape[:2], reading.crop, strict=True))
    return pixels[top : top + reading.crop[0], left : left + reading.crop[1]]


def _size(pixels: Pixels) -> str:
    return f"{pixels.shape[0]}x{pixels.shape[1]}"
