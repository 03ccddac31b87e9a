"""A translator as one network from what the input's files hold to what the target's files would hold.

What `Translator` does in Python around the generator is here made of tensor operations that follow the size of the
image, so that an exported graph has it inside and its caller needs no pre-processing: value ranges, classes, places
without a reading, padding to the network's multiple, rounding, types.
"""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from i2i.engines.folding import each_by_itself
from i2i.export.coding import decoding, encoding, lightness
from i2i.export.enlarging import enlarging
from i2i.generators import Generator
from i2i.images import ImageSpec
from i2i.layers.upsampling import ResizeConvolution
from i2i.translator import Translator


class Served(nn.Module):
    """(N, H, W, C) of the input's file type -> (N, scale · H, scale · W, C') of the target's.

    Equal to `Translator` at the image's own scale without noise; whatever the batch, an image's result is its own.
    A label map is its class values, (…, 1), or its colours, (…, 3) uint8, as its files have them; where transparency
    is a mask, it is the input's last channel, and the output has none.

    Args:
        translator: whose generator, under its test-time policy, and specifications are taken; it stays as it is.
    """

    def __init__(self, translator: Translator) -> None:
        super().__init__()
        config = translator.config
        self.enlarge = enlarging(config.scale, config.input)
        self.encode = encoding(config.input)
        self.generator = _for_batches(translator.generator)
        self.decode = decoding(config.target)
        self.paints_colour = config.target.space == "ab"
        self.eval()

    def forward(self, image: Tensor) -> Tensor:
        """Translate; see the class."""
        values = self.enlarge(image.permute(0, 3, 1, 2).float())
        shown, missing = self.encode(values)
        height, width = values.shape[2:]
        painted = self.generator(_padded(shown, self.generator.multiple, self.generator.smallest))
        painted = painted[:, :, :height, :width]
        if self.paints_colour:
            painted = torch.cat([lightness(values), painted], dim=1)
        output: Tensor = self.decode(painted, missing)
        return output.permute(0, 2, 3, 1)


def file_channels(spec: ImageSpec, *, as_input: bool) -> int:
    """Channels of an array that holds what a file of `spec` holds; of an input with the mask, if it has one."""
    if spec.is_labels:
        return 3 if spec.coding == "colour" else 1
    return spec.stored_channels if as_input else spec.channels


def file_dtype(spec: ImageSpec) -> str:
    """Numpy's name of the type of such an array."""
    return "uint8" if spec.is_labels and spec.coding == "colour" else spec.dtype


def _for_batches(generator: Generator) -> Generator:
    """A copy that normalises each image of a batch by itself, and has its kernels ready."""
    generator = copy.deepcopy(generator)
    each_by_itself(generator)
    for name, layer in list(generator.named_modules()):
        if isinstance(layer, ResizeConvolution):
            generator.set_submodule(name, layer.plain())
    return generator


def _padded(images: Tensor, multiple: int, smallest: int) -> Tensor:
    """As `i2i.translator.padding.pad`, by operations that follow the size."""
    rows, columns = (_reflection(images, axis, multiple, smallest) for axis in (2, 3))
    return images.index_select(2, rows).index_select(3, columns)


def _reflection(images: Tensor, axis: int, multiple: int, smallest: int) -> Tensor:
    """Indices 0 1 … n-1 n-2 … 1 0 1 … of as many places as the network takes; 0 0 0 … of a single pixel."""
    length: Any = images.shape[axis]  # a number, but a tensor while TorchScript is traced
    padded = (length + multiple - 1) // multiple * multiple  # of positive numbers: engines differ on the others
    if isinstance(length, Tensor):
        last, padded = length - 1, padded.clamp(min=smallest)
    else:
        last = torch.scalar_tensor(length, dtype=torch.int64) - 1
        padded = torch.sym_max(padded, smallest) if smallest > multiple else padded  # type: ignore[no-untyped-call]
    period = (2 * last).clamp(min=1)
    place = (images.new_ones(padded, dtype=torch.int64).cumsum(0) - 1) % period  # traced, arange would fix the device
    return torch.where(place <= last, place, period - place)
