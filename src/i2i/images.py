"""Image files and tensors: the one module that knows dtypes, ranges and layouts.

Outside, an image is a file, a PIL image or a `uint8` array (H, W, C); inside, a `float32` tensor (C, H, W) in [-1, 1].
"""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from i2i.errors import ImageError
from i2i.files import replacing

Pixels = NDArray[np.uint8]
"""(H, W, C) with C = 1 (grey) or 3 (sRGB), 0..255."""

Interpolation = Literal["bicubic", "bilinear", "area", "nearest"]

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm"})
"""File name endings (lower case) that are taken for images when a folder is read."""

PIXEL_LIMIT = 178_956_970
"""Images with more pixels are refused as decompression bombs, unless the caller allows more."""

_RESAMPLING = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "area": Image.Resampling.BOX,
    "nearest": Image.Resampling.NEAREST,
}
_MODES = {1: "L", 3: "RGB"}
_WIDER_THAN_8_BITS = ("I", "F")
_ORIENTATION = 0x0112
_FIRST_TURNED = 5
"""EXIF orientations from this one on exchange width and height."""


@dataclass(frozen=True)
class ImageSpec:
    """What one side of the pairs looks like to the network: its channels (1 grey, 3 sRGB) and the type of a sample."""

    channels: int
    dtype: Literal["uint8"] = "uint8"


def is_image(path: Path) -> bool:
    """Whether the name ends like an image's and does not mark a hidden file."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def read_image(path: str | os.PathLike[str], channels: int | None = None, pixel_limit: int = PIXEL_LIMIT) -> Pixels:
    """Read an image file as it is meant to be seen: turned as its EXIF orientation says, laid on white if transparent.

    Args:
        path: PNG, JPEG, WebP, BMP, TIFF, GIF (first frame) or PNM, of 8 bits a channel.
        channels: 1 for grey, 3 for sRGB; by default what the file holds.
        pixel_limit: refuse larger images before they are decoded.

    Returns:
        (H, W, C) uint8.

    Raises:
        ImageError: missing, empty, truncated, not an image, more than 8 bits a channel, or over the limit.
    """
    with _opened(Path(path), pixel_limit) as image:
        return from_pil(image, channels, name=str(path))


def read_size(path: str | os.PathLike[str]) -> tuple[int, int, int]:
    """(H, W, C) of an image file, from its header alone. Raises `ImageError` as `read_image` does."""
    with _opened(Path(path), pixel_limit=PIXEL_LIMIT) as image:
        width, height = image.size
        # A PNG may keep its EXIF behind the pixels, for which Pillow would decode them all.
        exif = image.info.get("exif") if image.format == "PNG" else image.getexif()
        turned = bool(exif) and image.getexif().get(_ORIENTATION, 1) >= _FIRST_TURNED
        return (width, height, _channels(image)) if turned else (height, width, _channels(image))


def from_pil(image: Image.Image, channels: int | None = None, name: str = "image") -> Pixels:
    """(H, W, C) uint8 of a PIL image, under the rules of `read_image`."""
    if image.mode.startswith(_WIDER_THAN_8_BITS):
        raise ImageError(
            f"{name}: has more than 8 bits a channel (mode {image.mode}); expected 8-bit grey or colour; "
            "convert it to 8 bits first, choosing the value range yourself"
        )
    try:
        image = ImageOps.exif_transpose(image)
        if image.has_transparency_data:
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
        pixels = np.asarray(image.convert(_MODES[channels or _channels(image)]))
    except (OSError, SyntaxError, ValueError) as error:
        raise ImageError(f"{name}: the image data is damaged or cut short ({error}); replace the file") from error
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


def to_pil(pixels: Pixels) -> Image.Image:
    """A grey or colour PIL image of (H, W, 1 or 3) uint8."""
    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def write_image(path: str | os.PathLike[str], pixels: Pixels) -> None:
    """Write (H, W, C) uint8 in the format that the name's ending says; an existing file is replaced only when whole."""
    path = Path(path)
    kind = Image.registered_extensions().get(path.suffix.lower())
    if kind is None or kind not in Image.SAVE:
        raise ImageError(f"{path}: no image format is known by the ending '{path.suffix}'; use .png")
    with replacing(path) as file:
        to_pil(pixels).save(file, format=kind)


def resize(pixels: Pixels, height: int, width: int, interpolation: Interpolation = "bicubic") -> Pixels:
    """(H, W, C) uint8 resized to (height, width, C), with anti-aliasing when made smaller (except nearest)."""
    if pixels.shape[:2] == (height, width):
        return pixels
    resized = np.asarray(to_pil(pixels).resize((width, height), _RESAMPLING[interpolation]))
    return resized if resized.ndim == 3 else resized[:, :, None]


def to_tensor(pixels: Pixels) -> torch.Tensor:
    """(H, W, C) uint8, or a batch (N, H, W, C), to float32 (…, C, H, W) in [-1, 1]."""
    return torch.from_numpy(np.require(pixels, requirements=["C", "W"])).movedim(-1, -3).float().div_(127.5).sub_(1.0)


def to_pixels(tensor: torch.Tensor) -> Pixels:
    """Float (…, C, H, W) in [-1, 1] to uint8 (…, H, W, C), rounded to the nearest and clipped."""
    levels = tensor.detach().float().add(1.0).mul(127.5).round().clamp(0, 255).to(torch.uint8)
    return np.ascontiguousarray(levels.movedim(-3, -1).cpu().numpy())


def _opened(path: Path, pixel_limit: int) -> Image.Image:
    if not path.exists():
        raise ImageError(f"{path}: no such file; check the path")
    if path.is_dir():
        raise ImageError(f"{path}: is a folder; expected an image file")
    if path.stat().st_size == 0:
        raise ImageError(f"{path}: is empty (0 bytes); expected an image; delete or replace it")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(path)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, Image.DecompressionBombError):
            raise _too_large(path, "too many", pixel_limit) from error
        raise ImageError(f"{path}: is not an image that can be read; expected PNG, JPEG, WebP, BMP or TIFF") from error
    if image.width * image.height > pixel_limit:
        image.close()
        raise _too_large(path, f"{image.width}x{image.height}", pixel_limit)
    return image


def _too_large(path: Path, found: str, pixel_limit: int) -> ImageError:
    return ImageError(
        f"{path}: has {found} pixels; at most {pixel_limit:,} are decoded, as a guard against image bombs; "
        "cut or scale the image first"
    )


def _channels(image: Image.Image) -> int:
    """1 if the file holds nothing but grey, else 3."""
    return 1 if image.mode in ("1", "L", "LA", "La") else 3
