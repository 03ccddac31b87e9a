"""Resizing of any pixels: values stay values, classes stay classes, and what is no reading is mixed into nothing."""

from typing import Literal

import numpy as np
from PIL import Image

from i2i.images.encoding import valid
from i2i.images.spec import ImageSpec, Pixels

Interpolation = Literal["bicubic", "bilinear", "area", "nearest"]

_RESAMPLING = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "area": Image.Resampling.BOX,
    "nearest": Image.Resampling.NEAREST,
}


def resize(
    pixels: Pixels, height: int, width: int, interpolation: Interpolation = "bicubic", spec: ImageSpec | None = None
) -> Pixels:
    """(H, W, C) to (height, width, C) of the same type, with anti-aliasing when made smaller (except nearest).

    Args:
        pixels: of any type of `ImageSpec`.
        height, width: of the result.
        interpolation: ignored for label maps, which are always taken by the nearest.
        spec: what the pixels are; without it all are values that mix.
    """
    if pixels.shape[:2] == (height, width):
        return pixels
    if spec is not None and spec.is_labels:
        interpolation = "nearest"
    if interpolation == "nearest":
        return _nearest(pixels, height, width)
    readings = None if spec is None or not spec.may_lack_readings else valid(pixels, spec)
    if spec is None or readings is None or bool(readings.all()):
        return _resampled(pixels, height, width, interpolation)
    return _around_gaps(pixels, readings.movedim(-3, -1).numpy(), height, width, interpolation, spec)


def shrunk(pixels: Pixels, side: int) -> Pixels:
    """The image with its longer side at most `side` pixels; smaller ones stay as they are."""
    height, width = pixels.shape[:2]
    factor = side / max(height, width)
    if factor >= 1:
        return pixels
    return resize(pixels, max(1, round(height * factor)), max(1, round(width * factor)), "area")


def _nearest(pixels: Pixels, height: int, width: int) -> Pixels:
    rows = (np.arange(height) + 0.5) * pixels.shape[0] // height
    columns = (np.arange(width) + 0.5) * pixels.shape[1] // width
    taken: Pixels = pixels[rows.astype(np.intp)[:, None], columns.astype(np.intp)[None, :]]
    return taken


def _resampled(pixels: Pixels, height: int, width: int, interpolation: Interpolation) -> Pixels:
    method = _RESAMPLING[interpolation]
    if pixels.dtype == np.uint8 and pixels.shape[2] == 3:
        return np.asarray(Image.fromarray(pixels).resize((width, height), method))
    planes = [np.ascontiguousarray(pixels[:, :, channel]) for channel in range(pixels.shape[2])]
    if pixels.dtype == np.uint8:
        return np.stack([np.asarray(Image.fromarray(plane).resize((width, height), method)) for plane in planes], 2)
    floats = np.stack(
        [np.asarray(Image.fromarray(plane.astype(np.float32)).resize((width, height), method)) for plane in planes], 2
    )
    if pixels.dtype == np.float32:
        return floats
    limits = np.iinfo(pixels.dtype)
    return floats.round().clip(limits.min, limits.max).astype(pixels.dtype)


def _around_gaps(
    pixels: Pixels, readings: Pixels, height: int, width: int, interpolation: Interpolation, spec: ImageSpec
) -> Pixels:
    """Each result from the readings alone, weighted as ever; no reading where most of the weight has none."""
    values = pixels[:, :, : spec.channels]
    weight = _resampled(readings.astype(np.float32), height, width, interpolation)
    total = _resampled(np.where(readings, values, 0).astype(np.float32), height, width, interpolation)
    known = weight > 0.5
    mixed = total / np.where(known, weight, 1)
    if spec.dtype != "float32":
        mixed = mixed.round().clip(np.iinfo(spec.dtype).min, np.iinfo(spec.dtype).max)
    result = mixed.astype(values.dtype)
    if spec.alpha == "mask":
        mask = np.where(known.all(axis=2, keepdims=True), pixels[:, :, -1].max(), 0).astype(values.dtype)
        return np.concatenate([result, mask], axis=2)
    return np.where(known, result, np.asarray(spec.nodata[0] if spec.nodata else np.nan, values.dtype))
