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

from i2i.bundle import Bundle, BundleConfig, load_bundle
from i2i.config import Translation, read_precision
from i2i.devices import pick_device
from i2i.errors import ConfigError, ImageError
from i2i.images import Pixels, from_pil, read_image, resize, to_pil, to_pixels, to_tensor
from i2i.layers.modes import Statistics, prepare
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
    def __call__(self, image: str | os.PathLike[str] | Image.Image, *, seed: int = 0) -> Image.Image: ...
    @overload
    def __call__(self, image: Pixels, *, seed: int = 0) -> Pixels: ...
    def __call__(self, image: str | os.PathLike[str] | Image.Image | Pixels, *, seed: int = 0) -> Image.Image | Pixels:
        """Translate one image to one of the same height and width.

        Args:
            image: a path or a PIL image, for a PIL image back; or a uint8 array (H, W), (H, W, 1) or (H, W, 3),
                for an array (H, W, C) of the target's channels back.
            seed: of the dropout, where the policy has it on.

        Raises:
            ImageError: the image can't be read, or the array is of another shape or type.
        """
        if isinstance(image, np.ndarray):
            return self.translate(_as_pixels(image, self.config.input.channels), seed=seed)
        channels = self.config.input.channels
        pixels = from_pil(image, channels) if isinstance(image, Image.Image) else read_image(image, channels)
        return to_pil(self.translate(pixels, seed=seed))

    def sample(self, image: Any, samples: int, *, seed: int = 0) -> list[Any]:
        """Several answers to one image, as calling gives them, under the seeds seed, seed + 1, …

        Raises:
            ConfigError: dropout is off, or the network has none, so that all answers would be the same.
        """
        if samples > 1 and not self.is_random:
            raise ConfigError(
                f"{self.path}: {samples} samples of a translator without noise would all be the same; "
                + ("turn dropout on (--dropout on)" if _has_dropout(self.generator) else "its network has no dropout")
            )
        return [self(image, seed=seed + number) for number in range(samples)]

    @property
    def is_random(self) -> bool:
        """Whether the seed changes the answer."""
        return self.policy.dropout and _has_dropout(self.generator)

    def translate(self, pixels: Pixels, *, seed: int = 0) -> Pixels:
        """(H, W, C) uint8 to (H, W, C') uint8, resized to the training size in between if the policy says so."""
        height, width = pixels.shape[:2]
        if self.policy.resize == "training":
            pixels = resize(pixels, *self.config.size, self.config.interpolation)
        output = to_pixels(self.predict(to_tensor(pixels)[None], seed=seed)[0])
        return resize(output, height, width, "bicubic") if self.policy.resize == "training" else output

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
        one_by_one = self.policy.statistics == "batch" or self.is_random
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


def _as_pixels(array: np.ndarray, channels: int) -> Pixels:
    """A caller's array as (H, W, channels) uint8."""
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3)):
        raise ImageError(
            f"array: is {array.dtype} of shape {array.shape}; expected uint8 of shape (H, W), (H, W, 1) or (H, W, 3)"
        )
    pixels = array[:, :, None] if array.ndim == 2 else array
    if 0 in pixels.shape:
        raise ImageError(f"array: has shape {array.shape}; expected at least one pixel")
    return pixels if pixels.shape[2] == channels else from_pil(to_pil(np.ascontiguousarray(pixels)), channels)
