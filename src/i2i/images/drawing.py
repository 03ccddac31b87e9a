"""What people draw, read as the images of a specification: the way back of `preview`."""

import numpy as np
import torch

from i2i.errors import ImageError
from i2i.images.conform import conform, with_objects
from i2i.images.encoding import decode, without_readings
from i2i.images.preview import GAP
from i2i.images.raster import Raster
from i2i.images.spec import ImageSpec, Pixels


def is_drawable(spec: ImageSpec) -> bool:
    """Whether a picture of 8 bits says all of such an image: classes by colour, or one or three channels by value."""
    return spec.is_labels or _colours(spec) in (1, 3)


def from_drawing(picture: Pixels, spec: ImageSpec, name: str = "drawing") -> Pixels:
    """(H, W, 3) uint8 sRGB, as `preview` shows such images, to (H, W, `spec.stored_channels`) pixels in memory.

    A label map takes the class of the nearest colour; other images black to white as their value range, grey being the
    luma of a colour; where transparency is a channel or a mask, all is opaque. The magenta of `preview` is no reading
    where the specification can say so.

    Raises:
        ImageError: the picture is something else, or such images can't be drawn.
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        shape = "x".join(str(side) for side in picture.shape)
        raise ImageError(f"{name}: is {picture.dtype} of {shape}; expected a drawing: 8 bits, red, green and blue")
    if not is_drawable(spec):
        raise ImageError(f"{name}: {spec.describe()} can't be drawn; send a file of such images")
    gaps = (picture == GAP).all(axis=2)
    if spec.is_labels:
        coded = ImageSpec(3, classes=spec.classes, coding="colour")
        gaps &= not any(each.colour == tuple(GAP) for each in spec.classes)
        return without_readings(with_objects(conform(Raster(picture), coded, name), spec), gaps, spec)
    colours = conform(Raster(picture), ImageSpec(_colours(spec)), name)
    if spec.is_plain:
        pixels = colours
    else:
        levels = torch.from_numpy(colours.copy()).movedim(-1, 0).float().div(127.5).sub(1)
        opaque = torch.ones(spec.channels - levels.shape[0], *levels.shape[1:])
        pixels = decode(torch.cat([levels, opaque]), spec)
    return without_readings(pixels, gaps, spec) if spec.may_lack_readings else pixels


def _colours(spec: ImageSpec) -> int:
    """Channels without transparency."""
    return spec.channels - (spec.alpha == "channel")
