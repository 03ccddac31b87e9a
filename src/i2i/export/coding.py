"""`i2i.images.encode` and `decode` as layers of a graph, of tensors as files have them instead of pixels in memory.

Beside the planes goes what is missing, bool (N, 1, H, W), true where no channel is a reading: there the output is none
either. It is None where all of such an image always is one.
"""

from collections.abc import Sequence
from functools import reduce

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from i2i.images import NO_CLASS, ImageSpec
from i2i.images.encoding import FILL, edges
from i2i.images.lab import lab_of_rgb, rgb_of_lab

Missing = Tensor | None

_KINDS = {"uint8": torch.uint8, "uint16": torch.uint16, "int16": torch.int16, "float32": torch.float32}


def encoding(spec: ImageSpec) -> nn.Module:
    """Values of a file, (N, C, H, W) float32, -> planes (N, `spec.planes`, H, W) in [-1, 1], and what is missing.

    A label that the class table lacks is no reading, where `conform` would refuse the file.
    """
    if not spec.is_labels:
        return _EncodeValues(spec)
    return _EncodeColours(spec) if spec.coding == "colour" else _EncodeClasses(spec)


def decoding(spec: ImageSpec) -> nn.Module:
    """Planes (N, `spec.planes`, H, W), and what is missing, -> values of a file, (N, C, H, W) of its type.

    Of the space "ab" it takes `lightness` before the planes.
    """
    return _DecodeClasses(spec) if spec.is_labels else _DecodeValues(spec)


def lightness(file: Tensor) -> Tensor:
    """L* of grey or sRGB of 8 bits, (N, 1 or 3, H, W) float32 -> (N, 1, H, W) in [-1, 1]."""
    return lab_of_rgb((file / 255).expand(-1, 3, -1, -1))[:, :1]


class _EncodeValues(nn.Module):
    centre: Tensor
    radius: Tensor

    def __init__(self, spec: ImageSpec) -> None:
        super().__init__()
        self.spec = spec
        _register_range(self, spec)

    def forward(self, file: Tensor) -> tuple[Tensor, Missing]:
        values = file[:, : self.spec.channels]
        readings = self._readings(file, values)
        missing = None if readings is None else ~readings.any(dim=1, keepdim=True)
        if self.spec.space != "rgb":
            lab = lab_of_rgb(values / 255)
            return (lab if self.spec.space == "lab" else lab[:, 1:]).clamp(-1.0, 1.0), missing
        planes = (values - self.centre) / self.radius
        if readings is not None:
            planes = torch.where(readings, planes, FILL)
        return planes.clamp(-1.0, 1.0), missing

    def _readings(self, file: Tensor, values: Tensor) -> Tensor | None:
        conditions = [values != value for value in self.spec.nodata]
        if self.spec.dtype == "float32":
            conditions.append(torch.isfinite(values))
        if self.spec.alpha == "mask":
            conditions.append((file[:, self.spec.channels :] > 0).expand_as(values))
        return reduce(torch.logical_and, conditions) if conditions else None


class _EncodeClasses(nn.Module):
    classes: Tensor

    def __init__(self, spec: ImageSpec) -> None:
        super().__init__()
        self.spec = spec
        self.register_buffer("classes", _by_channel([each.value for each in spec.classes]))

    def forward(self, file: Tensor) -> tuple[Tensor, Missing]:
        objects = self.spec.objects
        labels = torch.where(file >= objects, torch.floor(file / objects), file) if objects else file
        known = [value != blank for blank in self.spec.nodata for value in ([file, labels] if objects else [file])]
        belongs = reduce(torch.logical_and, known, labels == self.classes)
        missing = ~belongs.any(dim=1, keepdim=True)
        planes = _one_hot(belongs)
        if self.spec.edges:
            positions = torch.where(missing, float(NO_CLASS), belongs.float().argmax(dim=1, keepdim=True).float())
            planes = torch.cat([planes, edges(file if objects else positions)], dim=1)
        return torch.where(missing, FILL, planes), missing


class _EncodeColours(nn.Module):
    colours: Tensor
    squares: Tensor
    positions: Tensor

    def __init__(self, spec: ImageSpec) -> None:
        super().__init__()
        self.spec = spec
        colours = torch.tensor([each.colour for each in spec.classes]).float()
        self.register_buffer("colours", -2 * colours[:, :, None, None])
        self.register_buffer("squares", colours.square().sum(dim=1))
        self.register_buffer("positions", torch.arange(len(spec.classes))[:, None, None])

    def forward(self, file: Tensor) -> tuple[Tensor, Missing]:
        distances = F.conv2d(file, self.colours, self.squares)  # squared, less that of the pixel; exact in float32
        nearest = distances.argmin(dim=1, keepdim=True)
        planes = _one_hot(nearest == self.positions)
        return torch.cat([planes, edges(nearest)], dim=1) if self.spec.edges else planes, None


class _DecodeValues(nn.Module):
    centre: Tensor
    radius: Tensor
    least: Tensor
    most: Tensor
    blank: Tensor

    def __init__(self, spec: ImageSpec) -> None:
        super().__init__()
        self.spec = spec
        _register_range(self, spec)
        low, high = spec.spans().T
        self.register_buffer("least", _by_channel(np.ceil(low)))
        self.register_buffer("most", _by_channel(np.floor(high)))
        self.register_buffer("blank", torch.tensor((*spec.nodata, np.nan)[0]))

    def forward(self, planes: Tensor, missing: Missing) -> Tensor:
        spec = self.spec
        if spec.space != "rgb":
            planes = rgb_of_lab(planes) * 2 - 1
        if spec.dtype == "float32":
            values = planes.clamp(-1.0, 1.0) * self.radius + self.centre
        else:
            values = (planes * self.radius + self.centre).round().clamp(self.least, self.most)
        if missing is not None and (spec.nodata or spec.dtype == "float32"):
            values = torch.where(missing, self.blank, values)
        return values.to(_KINDS[spec.dtype])


class _DecodeClasses(nn.Module):
    table: Tensor

    def __init__(self, spec: ImageSpec) -> None:
        super().__init__()
        in_colour = spec.coding == "colour"
        self.kind = _KINDS["uint8" if in_colour else spec.dtype]
        self.unknown = spec.planes
        table = [each.colour if in_colour else (each.value,) for each in spec.classes]
        blank = (0, 0, 0) if in_colour else ((*spec.nodata, 0)[0],)
        self.register_buffer("table", torch.tensor([*table, blank]).float())

    def forward(self, planes: Tensor, missing: Missing) -> Tensor:
        positions = planes.argmax(dim=1, keepdim=True)
        if missing is not None:
            positions = torch.where(missing, self.unknown, positions)
        values = F.embedding(positions[:, 0], self.table)
        return values.permute(0, 3, 1, 2).to(self.kind)


def _one_hot(belongs: Tensor) -> Tensor:
    return belongs.float() * 2 - 1


def _register_range(layer: nn.Module, spec: ImageSpec) -> None:
    """Centre and radius of each channel's values, rounded as `encode` does."""
    low, high = spec.spans().T
    centre = ((low + high) / 2).astype(np.float32)
    layer.register_buffer("centre", _by_channel(centre))
    layer.register_buffer("radius", _by_channel(np.maximum(high - centre, centre - low)))


def _by_channel(values: Sequence[float] | np.ndarray) -> Tensor:
    """(C, 1, 1) float32."""
    return torch.tensor(np.asarray(values, np.float32))[:, None, None]
