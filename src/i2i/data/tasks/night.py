"""Day to night and back: photos darkened as the eye and a film set darken them."""

from dataclasses import dataclass

import numpy as np

from i2i.data.tasks.levels import Floats, from_linear, to_linear
from i2i.data.tasks.noise import gaussian_noise
from i2i.images import Pixels


@dataclass(frozen=True)
class Look:
    """How dark a night is.

    Attributes:
        brightness: light that is left of white.
        flatness: exponent on the light, below 1: bright surfaces such as the sky lose most.
        moonlight: share of the colour that gives way to blue, 0 to 1.
        lamps: light of what may be a lamp, as a multiple of what it was by day.
        vignette: share of the light that is lost in the corners, 0 to 1. None in a target: from a crop nobody can tell
            where the corners of the photo were.
    """

    brightness: float = 0.09
    flatness: float = 0.85
    moonlight: float = 0.7
    lamps: float = 0.9
    vignette: float = 0.0


NOISE = (1.0, 8.0)
"""Standard deviation of the noise of a night photo, in levels."""

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)
_MOON = np.array([0.5, 1.02, 2.25], np.float32)
"""Colour of dim light to the eye, of luminance 1."""
_LAMP = np.array([1.0, 0.78, 0.45], np.float32)
"""Colour of a lamp."""
_LAMP_SIDE = 25
"""Pixels: what is bright and wider than this is the sky or a wall, not a lamp."""
_LAMP_LIGHT, _LAMP_LEAD = 0.8, 0.5
"""Light of the faintest lamp, where white is 1, and by how much it outshines what is around it."""
_HALO = 13
"""Reach of the glow about a lamp, in pixels."""


def to_night(photo: Pixels, random: np.random.Generator) -> tuple[Pixels, Pixels]:
    """The photo, and the night that `Look` describes: always the same one, so that it can be learned."""
    return photo, darkened(photo, Look())


def to_day(photo: Pixels, random: np.random.Generator) -> tuple[Pixels, Pixels]:
    """A night of any darkness and colour, with the noise of a photo taken in it; and the photo."""
    look = Look(
        brightness=random.uniform(0.04, 0.16),
        flatness=random.uniform(0.65, 0.9),
        moonlight=random.uniform(0.3, 0.85),
        lamps=random.uniform(0.4, 1.0),
        vignette=random.uniform(0.0, 0.6),
    )
    return gaussian_noise(darkened(photo, look), random.uniform(*NOISE), random), photo


def darkened(photo: Pixels, look: Look) -> Pixels:
    """(H, W, 3) uint8 by day as it might be by night.

    In linear light: dimmed and flattened; colour given up to a blue, as rods see it (Jensen et al. 2000, "Night
    rendering"); small bright spots left on as lamps, with a glow; darker corners.
    """
    light = to_linear(photo)
    luminance = np.einsum("hwc,c->hw", light, _LUMINANCE)
    dim = look.brightness * luminance**look.flatness
    colour = light / np.maximum(luminance, 1e-4)[:, :, None]
    night = dim[:, :, None] * ((1 - look.moonlight) * colour + look.moonlight * _MOON)
    night *= _corners(photo.shape[0], photo.shape[1], look.vignette)[:, :, None]
    lamps = look.lamps * _lamps(luminance)
    return from_linear(night + lamps[:, :, None] * light + _glow(lamps)[:, :, None] * _LAMP)


def _lamps(luminance: Floats) -> Floats:
    """How surely each pixel is a lamp, 0 to 1: small, all but white, and far brighter than what is around it."""
    from scipy import ndimage

    around = ndimage.grey_opening(luminance, size=_LAMP_SIDE)
    white = (luminance - _LAMP_LIGHT) / (1 - _LAMP_LIGHT)
    lamps: Floats = np.where(luminance - around > _LAMP_LEAD, np.clip(white, 0, 1), np.float32(0))
    return lamps


def _glow(lamps: Floats) -> Floats:
    from scipy import ndimage

    glow = lamps
    for _ in range(2):
        glow = ndimage.uniform_filter(glow, _HALO, mode="nearest")
    return glow


def _corners(height: int, width: int, vignette: float) -> Floats:
    """1 in the middle, `1 - vignette` in the corners."""
    y, x = (np.linspace(-1, 1, side, dtype=np.float32) ** 2 for side in (height, width))
    return 1 - np.float32(vignette / 2) * (y[:, None] + x[None, :])
