"""Any image as people can look at it: 8 bits, grey or sRGB."""

import numpy as np

from i2i.images.encoding import encode, valid
from i2i.images.spec import NO_CLASS, ImageSpec, Pixels

GAP = np.array([255, 0, 255], np.uint8)
"""Colour of what is no reading: one that no sensor and no colour scale uses."""


def preview(pixels: Pixels, spec: ImageSpec) -> Pixels:
    """Pixels in memory to (H, W, 1 or 3) uint8: the value range from black to white, classes in their colours.

    Of more than three channels the ones called red, green and blue are shown, else the first three; of two the first.
    What is no reading is magenta.
    """
    if spec.is_labels:
        colours = np.tile(GAP, (NO_CLASS + 1, 1))
        colours[: len(spec.classes)] = [each.colour for each in spec.classes]
        return colours[pixels[:, :, 0]]
    if spec.is_plain and not spec.nodata:
        return pixels
    chosen = _shown(spec)
    levels = encode(pixels, spec)[chosen].add(1).mul(127.5).round().clamp(0, 255).byte().movedim(0, -1).numpy()
    readings = valid(pixels, spec)
    if readings is None or bool(readings[chosen].all()):
        return np.ascontiguousarray(levels)
    known = readings[chosen].all(dim=0).numpy()[:, :, None]
    return np.where(known, np.broadcast_to(levels, (*levels.shape[:2], 3)), GAP)


def _shown(spec: ImageSpec) -> list[int]:
    names = [name.lower() for name in spec.names]
    if all(name in names for name in ("red", "green", "blue")):
        return [names.index(name) for name in ("red", "green", "blue")]
    return [0, 1, 2] if spec.channels >= 3 else [0]
