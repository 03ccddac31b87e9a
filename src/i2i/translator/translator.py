"""The translator: a bundle in use. Pixels outside, tensors inside, and what goes in comes out: the same size."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, overload

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import interpolate

from i2i.bundle import Bundle, BundleConfig, load_bundle
from i2i.config import Translation, read_precision
from i2i.devices import pick_device
from i2i.errors import ConfigError, ImageError
from i2i.images import (
    DTYPES,
    Pixels,
    Raster,
    conform,
    encode,
    fits_pil,
    from_pil,
    read_raster,
    resize,
    restore,
    to_pil,
)
from i2i.layers.modes import Statistics, follows_image, prepare
from i2i.translator.finishing import to_pixels, with_gaps
from i2i.translator.padding import pad


class Translator:
    """Translates images with a trained generator.

    Two tiers: calling it speaks images (paths, PIL images, arrays), `predict` speaks tensors.

    Attributes:
        config: what the bundle says, with the test-time policy in force as `config.translation`.
        generator: the network, in test mode under that policy.
        device: where it runs.
    """

    def __init__(self, bundle: Bundle, *, device: str = "auto", precision: str = "fp32") -> None:
        self.path = bundle.path
        self.config: BundleConfig = bundle.config
        self.device = pick_device(device)
        self.generator = bundle.generator.to(self.device)
        self._autocast = read_precision(precision) == "bf16"
        prepare(self.generator, statistics=self.policy.statistics, dropout=self.policy.dropout)

    @property
    def policy(self) -> Translation:
        """The test-time policy: normalisation statistics, dropout, resizing."""
        return self.config.translation

    def describe(self) -> str:
        """One line: which translator, and the test-time policy in force."""
        policy = self.policy
        return (
            f"{self.path}: {self.config.direction or 'translator'}, {policy.statistics} statistics, "
            f"dropout {'on' if policy.dropout else 'off'}, {policy.resize} size"
        )

    @overload
    def __call__(self, image: str | os.PathLike[str] | Image.Image, *, seed: int = 0) -> Image.Image | Pixels: ...
    @overload
    def __call__(self, image: Pixels, *, seed: int = 0) -> Pixels: ...
    def __call__(self, image: str | os.PathLike[str] | Image.Image | Pixels, *, seed: int = 0) -> Image.Image | Pixels:
        """Translate one image to one of the same height and width.

        Args:
            image: a path or a PIL image, for a PIL image back where PIL has such images, else an array; or an array
                (H, W) or (H, W, C) of values as the input's files have them, for an array (H, W, C') of values as the
                target's files would have them.
            seed: of the dropout, where the policy has it on.

        Raises:
            ImageError: the image can't be read, or is not what the bundle's input is.
        """
        if isinstance(image, np.ndarray):
            return self._restored(_as_raster(image), "array", seed)
        raster = from_pil(image) if isinstance(image, Image.Image) else read_raster(image)
        values = self._restored(raster, "image" if isinstance(image, Image.Image) else str(image), seed)
        return to_pil(values) if fits_pil(values) else values

    def _restored(self, raster: Raster, name: str, seed: int) -> Pixels:
        """From what a file holds to what a file is to hold."""
        pixels = self.enlarge(conform(raster, self.config.input, name))
        return restore(self.translate(pixels, seed=seed), self.config.target)

    def enlarge(self, pixels: Pixels) -> Pixels:
        """The input at the size of the output, which is larger for super-resolution."""
        scale = self.config.scale
        height, width = pixels.shape[:2]
        return resize(pixels, height * scale, width * scale, "bicubic", self.config.input)

    def sample(self, image: Any, samples: int, *, seed: int = 0) -> list[Any]:
        """Several answers to one image, as calling gives them, under the seeds seed, seed + 1, …

        Raises:
            ConfigError: dropout is off, or the network has none, so that all answers would be the same.
        """
        self.check_samples(samples)
        return [self(image, seed=seed + number) for number in range(samples)]

    def check_samples(self, samples: int) -> None:
        """Refuse several samples that would all be the same. Raises `ConfigError`."""
        if samples > 1 and not self.is_random:
            raise ConfigError(
                f"{self.path}: {samples} samples of a translator without noise would all be the same; "
                + ("turn dropout on (--dropout on)" if _has_dropout(self.generator) else "its network has no dropout")
            )

    @property
    def is_random(self) -> bool:
        """Whether the seed changes the answer."""
        return self.policy.dropout and _has_dropout(self.generator)

    def translate(self, pixels: Pixels, *, seed: int = 0) -> Pixels:
        """Pixels of the input's specification, (H, W, C), to pixels of the target's, (H, W, C').

        In between they are resized to the training size if the policy says so. Where no channel of the input is a
        reading the output is none either, if the target has a value for that.
        """
        config, (height, width) = self.config, pixels.shape[:2]
        shown = pixels
        if self.policy.resize == "training":
            shown = resize(pixels, *config.size, config.interpolation, config.input)
        output = self.predict(encode(shown, config.input)[None], seed=seed)[0]
        if config.target.space == "ab":  # colour may be coarse; the lightness it is laid on is the image's own
            output = interpolate(output[None], (height, width), mode="bilinear")[0]
            translated = to_pixels(output, pixels, config)
        else:
            translated = resize(to_pixels(output, shown, config), height, width, "bicubic", config.target)
        return with_gaps(translated, pixels, config)

    def predict(self, images: Tensor, *, seed: int = 0) -> Tensor:
        """The network on images of any size, at their own scale: padded by reflection, cropped back.

        Args:
            images: (N, C, H, W) float in [-1, 1]; with batch statistics each is normalised by itself.
            seed: of the dropout; each image has the same noise.

        Returns:
            (N, C', H, W) float32 in [-1, 1], on the translator's device.
        """
        height, width = images.shape[2:]
        padded = pad(images.to(self.device), self.generator.multiple, self.generator.smallest)
        by_the_image = self.policy.statistics == "batch" and follows_image(self.generator)
        one_by_one = by_the_image or self.is_random
        with torch.inference_mode():
            outputs = [self._forward(part, seed) for part in torch.split(padded, 1 if one_by_one else len(padded))]
        return torch.cat(outputs)[:, :, :height, :width].float()

    def _forward(self, images: Tensor, seed: int) -> Tensor:
        with _seeded(seed, self.device), torch.autocast(self.device.type, torch.bfloat16, enabled=self._autocast):
            output: Tensor = self.generator(images)
            return output


def load(
    bundle: str | os.PathLike[str],
    *,
    device: str = "auto",
    precision: str = "fp32",
    statistics: Statistics | None = None,
    dropout: bool | None = None,
    resize: str | None = None,
) -> Translator:
    """A translator from a bundle or a run folder; call it with an image.

    Args:
        bundle: the folder.
        device: "auto", "cpu", "cuda", "cuda:1", "mps".
        precision: "fp32", or "bf16" for half the memory and more speed where the processor has it.
        statistics, dropout, resize: depart from the bundle's own test-time policy.

    Raises:
        BundleError: it can't be loaded.
        ConfigError: a device or a policy that does not exist.
    """
    loaded = load_bundle(Path(bundle))
    changes = {"statistics": statistics, "dropout": dropout, "resize": resize}
    chosen: dict[str, Any] = {key: value for key, value in changes.items() if value is not None}
    translation = replace(loaded.config.translation, **chosen)
    config = replace(loaded.config, translation=translation)
    return Translator(replace(loaded, config=config), device=device, precision=precision)


@contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    """The dropout of what runs inside follows `seed`; the caller's random state is as it was."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def _has_dropout(network: nn.Module) -> bool:
    return any(isinstance(layer, nn.Dropout) and layer.p > 0 for layer in network.modules())


def _as_raster(array: np.ndarray) -> Raster:
    """A caller's array as what a file would hold."""
    if array.ndim not in (2, 3) or 0 in array.shape:
        raise ImageError(f"array: has shape {array.shape}; expected (H, W) or (H, W, C) with at least one pixel")
    if array.dtype.kind == "f":
        array = array.astype(np.float32)
    if array.dtype.name not in DTYPES:
        raise ImageError(f"array: is {array.dtype}; expected {', '.join(DTYPES)}")
    return Raster(array[:, :, None] if array.ndim == 2 else array)
