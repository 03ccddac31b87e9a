"""Embedded colour profiles (ICC): 8-bit images of another colour space become sRGB."""

import io
import logging
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

_log = logging.getLogger("i2i")
_told: set[tuple[bytes, str]] = set()

_LEVELS = 2
"""A profile that changes no colour by more than this many of 255 levels is sRGB under another name."""


def to_srgb(image: Image.Image, profile: bytes | None, name: str) -> Image.Image:
    """The image in sRGB (grey stays grey, CMYK becomes RGB); as it is without a profile, or with a broken one.

    Modes other than L, LA, RGB, RGBA, P and CMYK are left as they are. The first image of each profile is logged.
    """
    mode = {"LA": "L", "RGBA": "RGB", "P": "RGB"}.get(image.mode, image.mode)
    if not profile or mode not in ("L", "RGB", "CMYK"):
        return image
    transform, description = _transform(profile, mode)
    if transform is None:
        return image
    if (profile, mode) not in _told:
        _told.add((profile, mode))
        _log.info("%s: colour profile '%s' converted to sRGB", name, description)
    if image.mode == "P":
        return _with_palette(image, transform)
    if image.mode not in ("LA", "RGBA"):
        return _apply(image, transform)
    *_, alpha = image.split()
    opaque = _apply(image.convert(mode), transform)
    return Image.merge(image.mode, (*opaque.split(), alpha))


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> tuple[ImageCms.ImageCmsTransform | None, str]:
    """To sRGB, with the profile's name; None where there is nothing to convert, or the profile can't be used."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        description = ImageCms.getProfileDescription(source).strip()
        # What LittleCMS does to be fast costs up to 10 levels in the shadows of a steep grey curve.
        flags = ImageCms.Flags.NOOPTIMIZE if mode == "L" else ImageCms.Flags.NONE
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB", flags=flags)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None, ""
    return (None if _is_srgb(transform, mode, description) else transform), description


def _is_srgb(transform: ImageCms.ImageCmsTransform, mode: str, description: str) -> bool:
    if mode == "CMYK":
        return False
    if "sRGB" in description:
        return True
    levels = np.linspace(0, 255, 16 if mode == "RGB" else 256).round().astype(np.uint8)
    probe = (
        np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(-1, 1, 3) if mode == "RGB" else levels[:, None]
    )
    image = Image.fromarray(probe)
    change = np.asarray(_apply(image, transform), np.int16) - np.asarray(image, np.int16)
    return int(np.abs(change).max()) <= _LEVELS


def _apply(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None  # noqa: S101 - None only for a conversion in place
    return converted.getchannel(0) if image.mode == "L" else converted


def _with_palette(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    colours = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 1, 3)
    changed = image.copy()
    changed.putpalette(np.asarray(_apply(Image.fromarray(colours), transform)).tobytes())
    return changed
