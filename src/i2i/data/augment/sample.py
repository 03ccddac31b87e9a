"""One training sample of a stored pair.

All chance comes from one random stream, drawn from in this order, always and whatever is switched on, so that a
setting never changes what another one draws:

    top and left of the crop, mirror                                    the jitter of the paper, as it always was
    flip, quarter turns, angle, zoom, shear, seed of the elastic field  geometry, the same for both sides
    brightness, contrast, gamma, seed of the noise                      light, of the input alone
"""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from i2i.config import Augment
from i2i.data.augment.geometry import Floats, Geometry, draw_geometry
from i2i.data.augment.light import draw_light
from i2i.data.augment.resampling import take_bilinear, take_nearest
from i2i.images import ImageSpec, Interpolation, Pixels, encode, valid

Places = tuple[Floats, Floats]
"""The row and the column, (h, w) each, at which each pixel of a sample stands."""


@dataclass(frozen=True)
class Sampled:
    """A training sample, float32 in [-1, 1].

    Attributes:
        input: (C, h, w).
        target: (C', h, w).
        valid: (C', h, w) bool, where the target has a reading; None if all of such images always are readings.
    """

    input: Tensor
    target: Tensor
    valid: Tensor | None


def make_sample(
    given: Pixels,
    wanted: Pixels,
    specs: tuple[ImageSpec, ImageSpec],
    *,
    size: tuple[int, int],
    mirror: bool,
    augment: Augment,
    random: np.random.Generator,
    interpolation: Interpolation = "bilinear",
) -> Sampled:
    """Cut the same random window out of both sides of a pair, augment and encode them.

    With nothing of `augment` on, this is the jitter of the paper (Isola et al. 2017, §6.2). What moves pixels to whole
    places (crop, mirror, flip, quarter turns) is exact to the bit. The rest (rotate, scale, shear, elastic) is one
    resampling, bilinear without anti-aliasing; beyond its edges the stored image is continued by its reflection.

    Args:
        given, wanted: input and target, stored pixels of equal H, W, at least `size`.
        specs: what they are.
        size: height and width of the sample.
        mirror: whether to mirror left to right with probability ½.
        augment: what else is left to chance.
        random: the only source of chance.
        interpolation: "nearest" resamples so, anything else bilinearly; label maps are always taken by the nearest.
    """
    geometry = draw_geometry(given.shape[:2], size, mirror, augment, random)
    light = draw_light(augment, random)
    places = None if geometry.warp is None else geometry.places(*given.shape[:2])
    image, readings = _take(given, specs[0], geometry, places, interpolation)
    target, known = _take(wanted, specs[1], geometry, places, interpolation)
    return Sampled(light.apply(image, readings, specs[0]), target, known)


def make_alone(
    pixels: Pixels,
    spec: ImageSpec,
    *,
    lit: bool,
    size: tuple[int, int],
    mirror: bool,
    augment: Augment,
    random: np.random.Generator,
    interpolation: Interpolation = "bilinear",
) -> Tensor:
    """One side that has no partner, cut and augmented by a chance of its own: (C, h, w) in [-1, 1].

    Args:
        pixels: stored, (H, W, C), at least `size`.
        spec: what they are.
        lit: whether the light is changed too, as an input's is.
        size, mirror, augment, random, interpolation: as for `make_sample`.
    """
    geometry = draw_geometry(pixels.shape[:2], size, mirror, augment, random)
    light = draw_light(augment, random)
    places = None if geometry.warp is None else geometry.places(*pixels.shape[:2])
    image, readings = _take(pixels, spec, geometry, places, interpolation)
    return light.apply(image, readings, spec) if lit else image


def _take(
    pixels: Pixels, spec: ImageSpec, geometry: Geometry, places: Places | None, interpolation: Interpolation
) -> tuple[Tensor, Tensor | None]:
    """The sample's part of one side, and where it is a reading; see `valid`."""
    if places is not None and interpolation != "nearest" and not spec.is_labels:
        return take_bilinear(pixels, spec, *places)
    moved = geometry.window(pixels) if places is None else take_nearest(pixels, *places)
    return encode(moved, spec), valid(moved, spec)
