"""From what a file holds to the pixels of a specification, and back to what a file is to hold.

Nothing is rescaled on the way: a value is the same number in the file and in the pixels. What can't be had without
loss (16 bits into 8, five channels into three) is refused; what can is done: grey ↔ colour, integers into float32,
palettes into colours, transparency as the specification says, classes into positions of the table.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from i2i.errors import ImageError
from i2i.images.raster import Raster
from i2i.images.spec import NO_CLASS, ImageSpec, LabelClass, Pixels

_LUMA = np.array([19595, 38470, 7471], np.int64)
"""Rec. 601 weights of red, green and blue in 65536ths, as Pillow has them."""


def conform(raster: Raster, spec: ImageSpec, name: str) -> Pixels:
    """The raster's pixels as `spec` has them in memory: (H, W, `spec.stored_channels`) of `spec.stored_dtype`.

    Raises:
        ImageError: `name` has channels, a type or classes that do not fit.
    """
    if spec.is_labels:
        return _positions(raster, spec, name)
    raster = _without_palette(raster)
    pixels, mask = _split_alpha(raster, spec)
    pixels = _with_channels(pixels, spec, name)
    pixels = _with_dtype(pixels, spec, name)
    if spec.alpha != "mask":
        return pixels
    opaque = opacity(spec)
    if mask is None:
        return np.concatenate([pixels, np.full((*pixels.shape[:2], 1), opaque, spec.dtype)], axis=2)
    return np.concatenate([pixels, np.where(mask > 0, opaque, 0).astype(spec.dtype)], axis=2)


def restore(pixels: Pixels, spec: ImageSpec) -> Pixels:
    """From the pixels in memory to those of a file: classes to their values or colours, the mask left away."""
    if not spec.is_labels:
        return pixels[:, :, : spec.channels]
    if spec.objects:
        return pixels[:, :, 1:].astype(spec.dtype)
    known = pixels[:, :, 0]
    if spec.coding == "colour":
        colours = np.zeros((NO_CLASS + 1, 3), np.uint8)
        colours[: len(spec.classes)] = [each.colour for each in spec.classes]
        return colours[known]
    values = np.full(NO_CLASS + 1, spec.nodata[0] if spec.nodata else 0, spec.dtype)
    values[: len(spec.classes)] = [each.value for each in spec.classes]
    return values[known][:, :, None]


def class_values(values: Pixels, objects: int) -> Pixels:
    """The class in each value of an index file, whose object it may tell; see `ImageSpec.objects`."""
    return np.where(values >= objects, values // objects, values) if objects else values


def as_plain(raster: Raster, channels: int | None, name: str) -> Pixels:
    """(H, W, 1 or 3) uint8 as the image is meant to be seen, transparency laid on white.

    Raises:
        ImageError: it has more than 8 bits a channel, or channels that are neither grey nor colour.
    """
    if raster.pixels.dtype != np.uint8:
        raise ImageError(
            f"{name}: is {raster.pixels.dtype}, more than 8 bits a channel; expected 8-bit grey or colour here"
        )
    raster = _without_palette(raster)
    colours = raster.pixels.shape[2] - raster.has_alpha
    return conform(raster, ImageSpec(channels or (1 if colours == 1 else 3)), name)


def label_palette(classes: tuple[LabelClass, ...]) -> NDArray[np.uint8] | None:
    """(256, 3) colours by class value, for index files that show their classes; None where a value is beyond 255."""
    if not classes or any(not 0 <= each.value <= NO_CLASS for each in classes):
        return None
    palette = np.zeros((NO_CLASS + 1, 3), np.uint8)
    for each in classes:
        palette[each.value] = each.colour
    return palette


def opacity(spec: ImageSpec) -> float:
    """The mask's value in memory where there is a reading."""
    return 1.0 if spec.dtype == "float32" else float(np.iinfo(spec.dtype).max)


def _without_palette(raster: Raster) -> Raster:
    if raster.palette is None:
        return raster
    index = raster.pixels[:, :, 0]
    table = raster.palette
    names: tuple[str, ...] = ("red", "green", "blue")
    if raster.transparent is not None:
        alpha = np.full(len(table), 255, np.uint8)
        alpha[: len(raster.transparent)] = raster.transparent
        table, names = np.concatenate([table, alpha[:, None]], axis=1), (*names, "alpha")
    elif np.array_equal(table[:, 0], table[:, 1]) and np.array_equal(table[:, 0], table[:, 2]):
        table, names = table[:, :1], ("grey",)
    return replace(raster, pixels=table[np.minimum(index, len(table) - 1)], names=names, palette=None, transparent=None)


def _split_alpha(raster: Raster, spec: ImageSpec) -> tuple[Pixels, Pixels | None]:
    """The pixels with transparency dealt with, and the mask where it is one."""
    pixels = raster.pixels
    if not raster.has_alpha or spec.alpha == "channel":
        return pixels, None
    colours, alpha = pixels[:, :, :-1], pixels[:, :, -1:]
    if spec.alpha == "mask":
        return colours, alpha
    if pixels.dtype == np.uint8 and colours.shape[2] == 3:  # as every viewer does, to the bit
        white = Image.new("RGBA", (pixels.shape[1], pixels.shape[0]), "white")
        return np.asarray(Image.alpha_composite(white, Image.fromarray(pixels)).convert("RGB")), None
    highest = 1.0 if pixels.dtype == np.float32 else float(np.iinfo(pixels.dtype).max)
    share = alpha.astype(np.float64) / highest
    laid = colours * share + highest * (1 - share)
    return (laid if pixels.dtype == np.float32 else laid.round()).astype(pixels.dtype), None


def _with_channels(pixels: Pixels, spec: ImageSpec, name: str) -> Pixels:
    found = pixels.shape[2]
    if found == spec.channels:
        return pixels
    if found == 1 and spec.channels == 3:
        return np.repeat(pixels, 3, axis=2)
    if found == 3 and spec.channels == 1 and pixels.dtype != np.float32:
        grey = (pixels.astype(np.int64) @ _LUMA + 0x8000) >> 16
        return grey.astype(pixels.dtype)[:, :, None]
    if found == 3 and spec.channels == 4 and spec.alpha == "channel":
        opaque = 1.0 if pixels.dtype == np.float32 else float(np.iinfo(pixels.dtype).max)
        return np.concatenate([pixels, np.full_like(pixels[:, :, :1], opaque)], axis=2)
    wanted = f"{spec.channels} ({', '.join(spec.names)})" if spec.names else str(spec.channels)
    raise ImageError(f"{name}: has {found} channels; expected {wanted}; choose or merge its channels first")


def _with_dtype(pixels: Pixels, spec: ImageSpec, name: str) -> Pixels:
    if pixels.dtype == spec.dtype:
        return pixels
    if spec.dtype == "float32" and pixels.dtype.kind in "iu":
        return pixels.astype(np.float32)
    raise ImageError(
        f"{name}: is {pixels.dtype}; expected {spec.dtype}; convert it, choosing the value range yourself, as the same "
        "number would mean another brightness"
    )


def _positions(raster: Raster, spec: ImageSpec, name: str) -> Pixels:
    """Each pixel's place in the class table, or `NO_CLASS` where the specification says that there is none.

    Where objects are told apart the file's values come second.
    """
    if spec.coding == "colour":
        return _nearest_colour(as_plain(raster, 3, name), spec)
    pixels = raster.pixels
    if pixels.shape[2] != 1 or pixels.dtype.kind not in "iu":
        raise ImageError(
            f"{name}: has {pixels.shape[2]} channels of {pixels.dtype}; expected a label map: one channel of whole "
            "numbers, or a palette image"
        )
    values = pixels[:, :, 0]
    found = np.unique(values)
    gaps = {int(value): NO_CLASS for value in spec.nodata if value == int(value)}
    table = {each.value: position for position, each in enumerate(spec.classes)} | gaps
    labels = [
        int(value if int(value) in gaps else label)
        for value, label in zip(found, class_values(found, spec.objects), strict=True)
    ]
    unknown = sorted({label for label in labels if label not in table})
    if unknown:
        known = ", ".join(str(each.value) for each in spec.classes[:8]) + (", …" if len(spec.classes) > 8 else "")
        raise ImageError(
            f"{name}: holds the label {unknown[0]}"
            + (f" and {len(unknown) - 1} more" if len(unknown) > 1 else "")
            + f" that the class table lacks; expected one of {known}; mend the file, add the class, or add the value "
            "to nodata"
        )
    positions = np.array([table[label] for label in labels], spec.stored_dtype)[np.searchsorted(found, values)]
    if not spec.objects:
        return positions[:, :, None]
    return np.stack([positions, values.astype(spec.stored_dtype)], axis=2)


def with_objects(positions: Pixels, spec: ImageSpec) -> Pixels:
    """Pixels of a label map, (H, W, 1), as `spec` has them, which may tell objects apart: here none is."""
    if not spec.objects:
        return positions
    values = np.full(NO_CLASS + 1, NO_CLASS, spec.stored_dtype)
    values[: len(spec.classes)] = [each.value for each in spec.classes]
    return np.concatenate([positions.astype(spec.stored_dtype), values[positions]], axis=2)


def _nearest_colour(pixels: NDArray[np.uint8], spec: ImageSpec) -> Pixels:
    """By the least squared distance in sRGB, so that colours blurred by JPEG are their class again."""
    codes = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    found, inverse = np.unique(codes, return_inverse=True)
    colours = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1).astype(np.int32)
    table = np.array([each.colour for each in spec.classes], np.int32)
    nearest = np.empty(len(found), np.uint8)
    for start in range(0, len(found), 65536):
        part = colours[start : start + 65536]
        nearest[start : start + 65536] = np.square(part[:, None] - table[None]).sum(axis=2).argmin(axis=1)
    return nearest[inverse.reshape(codes.shape)][:, :, None]
