"""Pixels ↔ the network's tensors: float32 (…, C, H, W), -1 and 1 the ends of the value range, one plane a class."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from i2i.images.conform import opacity
from i2i.images.lab import lab_of_rgb, rgb_of_lab
from i2i.images.spec import NO_CLASS, ImageSpec, Pixels

FILL = 0.0
"""What a network is shown where there is no reading: the middle of the range."""


def encode(pixels: Pixels, spec: ImageSpec, *, clip: bool = True) -> Tensor:
    """Pixels in memory, (…, H, W, `spec.stored_channels`), to float32 (…, `spec.planes`, H, W) in [-1, 1].

    What is no reading becomes `FILL`; a class is 1 in its plane and -1 elsewhere, and so is an edge between classes.
    Values beyond the range are clipped, as a network is to see and to give them; without `clip` they go on beyond -1
    and 1, as a measure must see them.
    """
    if spec.is_labels:
        return _one_hot(pixels, spec)
    tensor = _planes(pixels[..., : spec.channels])
    if spec.space != "rgb":
        lab = lab_of_rgb(tensor.float().div_(255))
        encoded = lab if spec.space == "lab" else lab[..., 1:, :, :]
    else:
        centre, half = _centre_and_half(spec)
        encoded = (tensor.float() - centre).div_(half)
    readings = valid(pixels, spec)
    if readings is not None and spec.space == "rgb":
        encoded = torch.where(readings, encoded, FILL)
    return encoded.clamp_(-1.0, 1.0) if clip else encoded


def valid(pixels: Pixels, spec: ImageSpec) -> Tensor | None:
    """Where there is a reading, bool (…, `spec.planes`, H, W); None where all of such an image always is one."""
    if not spec.may_lack_readings:
        return None
    if spec.is_labels:
        known = torch.from_numpy(pixels[..., 0] != NO_CLASS)[..., None, :, :]
        return known.expand(*known.shape[:-3], spec.planes, *known.shape[-2:])
    values = pixels[..., : spec.channels]
    readings = np.ones(values.shape, bool) if values.dtype != np.float32 else np.isfinite(values)
    for value in spec.nodata:
        readings &= values != value
    if spec.alpha == "mask":
        readings &= pixels[..., spec.channels :] > 0
    return _planes(readings)


def decode(tensor: Tensor, spec: ImageSpec) -> Pixels:
    """Float (…, `spec.planes`, H, W) to the pixels in memory, rounded to the nearest and clipped to the range.

    Of the space "ab" it takes three planes: the lightness, for which see `lightness`, before the colour.
    """
    tensor = tensor.detach().float().cpu()
    if spec.is_labels:
        return np.ascontiguousarray(tensor.argmax(dim=-3)[..., None].to(torch.uint8).numpy())
    if spec.space != "rgb":
        tensor = rgb_of_lab(tensor).mul_(2).sub_(1)
    centre, half = _centre_and_half(spec)
    if spec.dtype == "float32":
        values = tensor.clamp(-1.0, 1.0).double().mul_(half).add_(centre)
    else:
        low, high = torch.from_numpy(spec.spans().T[:, :, None, None].copy()).float()
        values = tensor.mul(half).add_(centre).round_().clamp(torch.ceil(low), torch.floor(high))
    kinds = {"uint8": torch.uint8, "uint16": torch.uint16, "int16": torch.int16, "float32": torch.float32}
    pixels = np.ascontiguousarray(values.to(kinds[spec.dtype]).movedim(-3, -1).numpy())
    if spec.alpha != "mask":
        return pixels
    return np.concatenate([pixels, np.full((*pixels.shape[:-1], 1), opacity(spec), pixels.dtype)], axis=-1)


def lightness(pixels: Pixels) -> Tensor:
    """L* of (H, W, 1 or 3) uint8 grey or sRGB, (1, H, W) in [-1, 1]."""
    rgb = _planes(pixels).float().div(255)
    return lab_of_rgb(rgb.expand(3, -1, -1))[:1]


def without_readings(pixels: Pixels, missing: Pixels, spec: ImageSpec) -> Pixels:
    """The pixels with nodata written where `missing` (H, W) says so; as they are where the specification has none."""
    if not missing.any():
        return pixels
    if spec.is_labels:
        value: float = NO_CLASS
    elif spec.nodata:
        value = spec.nodata[0]
    elif spec.dtype == "float32":
        value = np.nan
    else:
        return pixels
    marked = pixels.copy()
    marked[missing] = value
    return marked


def edges(positions: Tensor) -> Tensor:
    """Where a class meets another: 1 where one of the four neighbours is of another, -1 elsewhere.

    Wang et al. 2018, §3.3, draw this of a map of objects; of classes, objects of one class that touch stay one.

    Args:
        positions: (…, 1, H, W) in the class table, or a number for each object: whole numbers.

    Returns:
        (…, 1, H, W) float32.
    """
    given = positions.flatten(0, -4).float() if positions.ndim > 4 else positions.float()
    different = torch.zeros_like(given, dtype=torch.bool)
    for kernel in ((3, 1), (1, 3)):
        padding = (kernel[0] // 2, kernel[1] // 2)
        for sign in (1.0, -1.0):
            different |= F.max_pool2d(sign * given, kernel, stride=1, padding=padding) != sign * given
    return different.view(positions.shape).float() * 2 - 1


def _planes(array: Pixels) -> Tensor:
    """(…, H, W, C) to (…, C, H, W) without a copy."""
    return torch.from_numpy(np.require(array, requirements=["C", "W"])).movedim(-1, -3)


def _centre_and_half(spec: ImageSpec) -> tuple[Tensor, Tensor]:
    """Of each channel's range, (C, 1, 1) float32; half of it reaches both ends from the centre as rounded to that."""
    spans = spec.spans()
    centre = spans.mean(axis=1).astype(np.float32).astype(np.float64)
    half = np.maximum(spans[:, 1] - centre, centre - spans[:, 0])
    one, other = (torch.from_numpy(each.astype(np.float32))[:, None, None] for each in (centre, half))
    return one, other


def _one_hot(pixels: Pixels, spec: ImageSpec) -> Tensor:
    positions = torch.from_numpy(np.require(pixels[..., 0], requirements=["C", "W"])).long()
    classes = torch.arange(len(spec.classes))[:, None, None]
    planes = (positions[..., None, :, :] == classes).float().mul_(2).sub_(1)
    if spec.edges:
        labels = _planes(pixels[..., -1:].astype(np.int32)) if spec.objects else positions[..., None, :, :]
        planes = torch.cat([planes, edges(labels)], dim=-3)
    return torch.where((positions == NO_CLASS)[..., None, :, :], FILL, planes)
