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

from i2i.bundle import WEIGHTS, Bundle, BundleConfig, load_bundle, load_encoder
from i2i.config import Translation, read_precision
from i2i.devices import pick_device
from i2i.engines import Chosen, EngineName, Job, Network, choose
from i2i.engines.choosing import check_engine
from i2i.engines.engine import draws_noise
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
from i2i.layers.modes import Statistics, fixed_statistics, prepare
from i2i.translator.finishing import to_pixels, with_gaps
from i2i.translator.padding import pad


class Translator:
    """Translates images with a trained generator.

    Two tiers: calling it speaks images (paths, PIL images, arrays), `predict` speaks tensors.

    Attributes:
        path: of the bundle.
        weights: the file of the generator's.
        to_domain: that it translates into, of a bundle of several; else empty.
        config: what the bundle says, with the test-time policy in force as `config.translation`.
        generator: the network, in test mode under that policy.
        device: where it runs.
        reference: the image in whose style all answers are, by its name; empty if there is none.
    """

    reference = ""
    _chosen: Chosen | None = None

    def __init__(
        self, bundle: Bundle, *, device: str = "auto", precision: str = "fp32", engine: EngineName = "eager"
    ) -> None:
        self.path = bundle.path
        self.weights = bundle.path / bundle.weights
        self.config: BundleConfig = bundle.config
        self.to_domain = bundle.to_domain
        self.device = pick_device(device)
        self.generator = bundle.generator.to(self.device)
        prepare(self.generator, statistics=self.policy.statistics, dropout=self.policy.dropout)
        beside = bundle.path if bundle.weights == WEIGHTS else None  # what lies there is of the first direction
        self._job = Job(self.generator, self.device, read_precision(precision) == "bf16", beside)
        self.use(engine)

    @property
    def policy(self) -> Translation:
        """The test-time policy: normalisation statistics, dropout, resizing."""
        return self.config.translation

    def describe(self) -> str:
        """One line: which translator, and the test-time policy in force."""
        policy = self.policy
        what = f"to {self.to_domain}" if self.to_domain else self.config.direction or "translator"
        return (
            f"{self.path}: {what}, {policy.statistics} statistics, "
            f"dropout {'on' if policy.dropout else 'off'}, {policy.resize} size, {self._steps()}{self._style()}"
            f"{self.chosen.describe()}"
        )

    def _steps(self) -> str:
        steps = self.generator.steps
        return f"{steps} step{'s' * (steps > 1)}, " if steps else ""

    def _style(self) -> str:
        if self.reference:
            return f"in the style of {self.reference}, "
        return "a random code a seed, " if self.generator.condition and self.generator.draws else ""

    def like(self, image: str | os.PathLike[str] | Image.Image | Pixels | None) -> None:
        """Give all answers from now on the style of a reference; None: each seed its own style again.

        The style is the latent code that the bundle's encoder finds in the reference, its mean, so that the seed
        changes nothing any more, but for dropout.

        Args:
            image: of the target's kind, of any size; as for calling.

        Raises:
            ConfigError: the translator has no latent code, or its bundle no encoder.
            ImageError: the reference can't be read, is not what the bundle's target is, or too small.
        """
        if image is None and not self.reference:
            return
        code, name = None, ""
        if image is not None:
            raster, name = _as_read(image)
            code = self._encoded(raster, name)
        self.generator.hold(code)
        self.reference = name
        self._chosen = None

    @torch.inference_mode()
    def _encoded(self, raster: Raster, name: str) -> Tensor:
        """The mean code of a reference, (code,)."""
        config = self.config
        encoder = load_encoder(self.path) if self.weights.name == WEIGHTS else None
        if encoder is None:
            why = "knows no latent code" if not self.generator.condition else "has no encoder to find a code with"
            raise ConfigError(
                f"{self.path}: {why}, so that it can't follow the style of {name}; expected a bundle trained with "
                "--recipe bicyclegan; leave out --like"
            )
        pixels = conform(raster, config.target, name)
        if self.policy.resize == "training":
            pixels = resize(pixels, *config.size, config.interpolation, config.target)
        if min(pixels.shape[:2]) < encoder.smallest:
            raise ImageError(
                f"{name}: is {pixels.shape[1]}x{pixels.shape[0]} pixels; expected at least {encoder.smallest} each way "
                "of a reference"
            )
        mean: Tensor = encoder.eval().to(self.device)(encode(pixels, config.target)[None].to(self.device))[0]
        return mean[0].clone()

    @contextmanager
    def one_code(self, seed: int) -> Iterator[None]:
        """Inside, all images have the latent code that `predict` would draw under `seed`, where none is held."""
        if not (self.generator.draws and self.generator.condition):
            yield
            return
        chosen = self.chosen  # which refuses, as outside, an engine that can't draw
        with _seeded(seed, self.device):
            self.generator.hold(self.generator.draw(1)[0])
        try:
            yield
        finally:
            self.generator.hold(None)
            self._chosen = chosen

    def use(self, engine: EngineName | Chosen, images: int | None = None) -> None:
        """Run the network by an engine from now on; see `i2i.engines.choose`, which is called when it is needed.

        Args:
            engine: its name, or one that is built; or "auto", which for noise is eager: that is the seed's.
            images: about how many of the size of the training images are to come, for "auto".

        Raises:
            ConfigError: there is no such engine.
        """
        self._chosen = None
        if isinstance(engine, Chosen):
            self._engine, self._chosen = check_engine(engine.name), engine
        else:
            self._engine, self._images = check_engine(engine), images

    @property
    def chosen(self) -> Chosen:
        """The engine, ready to run. Raises `ConfigError` where the one asked for can't be had."""
        if self._chosen is None:
            self._chosen = choose(self._engine, self._job, self._images)
        return self._chosen

    @contextmanager
    def steady(self, images: Tensor, *, seed: int = 0) -> Iterator[None]:
        """Inside, all images are normalised by the statistics of these; see `fixed_statistics`.

        Args:
            images: (N, C, H, W) as the network takes them.
            seed: of the dropout while they are measured.
        """
        job, chosen = self._job, self._chosen
        with fixed_statistics(self.generator, images.to(self.device), seed=seed):
            try:
                self._job, self._chosen = replace(job, keeps=False), None
                yield
            finally:
                self._job, self._chosen = job, chosen

    @contextmanager
    def noisy(self) -> Iterator[None]:
        """Inside, torch runs the network and samples differ: by what it draws itself, as a latent code; or else dropout
        is on, whatever the policy says.

        Raises:
            ConfigError: the network draws nothing and has no dropout.
        """
        if self.generator.draws:
            with self._by_torch():
                yield
            return
        if not _has_dropout(self.generator):
            raise ConfigError(f"{self.path}: {self._certain()}, so that all its samples are the same")
        prepare(self.generator, statistics=self.policy.statistics, dropout=True)
        try:
            with self._by_torch():
                yield
        finally:
            prepare(self.generator, statistics=self.policy.statistics, dropout=self.policy.dropout)

    @contextmanager
    def _by_torch(self) -> Iterator[None]:
        """Inside, eager torch runs the network."""
        job, engine, chosen = self._job, self._engine, self._chosen
        self.use("eager")
        try:
            yield
        finally:
            self._job, self._engine, self._chosen = job, engine, chosen

    @contextmanager
    def seeded(self, seed: int) -> Iterator[None]:
        """Inside, the dropout follows `seed`; the caller's random state is as it was."""
        with _seeded(seed, self.device):
            yield

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
            return self._restored(*_as_read(image), seed)
        values = self._restored(*_as_read(image), seed)
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
            ConfigError: nothing is drawn at random, so that all answers would be the same.
        """
        self.check_samples(samples)
        return [self(image, seed=seed + number) for number in range(samples)]

    def check_samples(self, samples: int) -> None:
        """Refuse several samples that would all be the same. Raises `ConfigError`."""
        if samples > 1 and not self.is_random:
            raise ConfigError(
                f"{self.path}: {samples} samples of a translator without noise would all be the same; "
                + ("turn dropout on (--dropout on)" if _has_dropout(self.generator) else self._certain())
            )

    def _certain(self) -> str:
        """Why it draws nothing."""
        if self.reference:
            return f"all are in the style of {self.reference}; leave out --like"
        if self.generator.steps:
            return "it takes one step, which gives the mean of what the target may be; take more (--steps)"
        return "its network has no dropout"

    @property
    def is_random(self) -> bool:
        """Whether the seed changes the answer."""
        return draws_noise(self.generator)

    def translate(self, pixels: Pixels, *, seed: int = 0) -> Pixels:
        """Pixels of the input's specification, (H, W, C), to pixels of the target's, (H, W, C').

        In between they are resized to the training size if the policy says so. Where no channel of the input is a
        reading the output is none either, if the target has a value for that.
        """
        return self.finish(self.predict(self.encode(pixels), seed=seed)[0], pixels)

    def encode(self, pixels: Pixels) -> Tensor:
        """What `predict` is given of an input, (H, W, C): (1, C, H', W') in [-1, 1], at the size of the policy."""
        return encode(self._shown(pixels), self.config.input)[None]

    def finish(self, output: Tensor, pixels: Pixels) -> Pixels:
        """From what `predict` gave for an input, (C', H', W'), and the input's pixels, to pixels of the target."""
        config, (height, width) = self.config, pixels.shape[:2]
        if config.target.space == "ab":  # colour may be coarse; the lightness it is laid on is the image's own
            output = interpolate(output[None], (height, width), mode="bilinear")[0]
            translated = to_pixels(output, pixels, config)
        else:
            translated = resize(to_pixels(output, self._shown(pixels), config), height, width, "bicubic", config.target)
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
        network = self.chosen.network
        if self.is_random:
            outputs = torch.cat([self._sample(network, image, seed) for image in torch.split(padded, 1)])
        else:
            outputs = network(padded)
        return outputs[:, :, :height, :width]

    def _sample(self, network: Network, image: Tensor, seed: int) -> Tensor:
        with _seeded(seed, self.device):
            return network(image)

    def _shown(self, pixels: Pixels) -> Pixels:
        config = self.config
        if self.policy.resize != "training":
            return pixels
        return resize(pixels, *config.size, config.interpolation, config.input)


def load(
    bundle: str | os.PathLike[str],
    *,
    direction: str | None = None,
    to_domain: str | None = None,
    device: str = "auto",
    precision: str = "fp32",
    statistics: Statistics | None = None,
    dropout: bool | None = None,
    resize: str | None = None,
    steps: int | None = None,
    engine: EngineName = "eager",
    like: str | os.PathLike[str] | Image.Image | Pixels | None = None,
) -> Translator:
    """A translator from a bundle or a run folder; call it with an image.

    Args:
        bundle: the folder.
        direction: one of those in which the bundle translates, such as "B-to-A"; by default its first.
        to_domain: of a bundle that translates into several domains, which: "dog".
        device: "auto", "cpu", "cuda", "cuda:1", "mps".
        precision: "fp32", or "bf16" for half the memory and more speed where the processor has it.
        statistics, dropout, resize: depart from the bundle's own test-time policy.
        steps: the same, of a bundle that works step by step: 1 gives the mean, more a sample of what the target may be.
        engine: what runs the network: "eager", torch as it is, there at once; "auto", the fastest that gives the same;
            or another of `i2i.engines.ENGINES`.
        like: an image of the target's kind whose style all answers take; see `Translator.like`.

    Raises:
        BundleError: it can't be loaded, or has no such direction or domain.
        ConfigError: a device, a policy or an engine that does not exist, or a style that it can't follow.
        ImageError: the image in `like` can't be read, or is no target.
    """
    loaded = load_bundle(Path(bundle), direction).told(to_domain).taking(steps)
    changes = {"statistics": statistics, "dropout": dropout, "resize": resize}
    chosen: dict[str, Any] = {key: value for key, value in changes.items() if value is not None}
    translation = replace(loaded.config.translation, **chosen)
    config = replace(loaded.config, translation=translation)
    translator = Translator(replace(loaded, config=config), device=device, precision=precision, engine=engine)
    if like is not None:
        translator.like(like)
    return translator


@contextmanager
def _seeded(seed: int, device: torch.device) -> Iterator[None]:
    """The dropout of what runs inside follows `seed`; the caller's random state is as it was."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def _has_dropout(network: nn.Module) -> bool:
    return any(isinstance(layer, nn.Dropout) and layer.p > 0 for layer in network.modules())


def _as_read(image: str | os.PathLike[str] | Image.Image | Pixels) -> tuple[Raster, str]:
    """A caller's image as what a file holds, and what to call it."""
    if isinstance(image, np.ndarray):
        return _as_raster(image), "array"
    if isinstance(image, Image.Image):
        return from_pil(image), "image"
    return read_raster(image), str(image)


def _as_raster(array: np.ndarray) -> Raster:
    """A caller's array as what a file would hold."""
    if array.ndim not in (2, 3) or 0 in array.shape:
        raise ImageError(f"array: has shape {array.shape}; expected (H, W) or (H, W, C) with at least one pixel")
    if array.dtype.kind == "f":
        array = array.astype(np.float32)
    if array.dtype.name not in DTYPES:
        raise ImageError(f"array: is {array.dtype}; expected {', '.join(DTYPES)}")
    return Raster(array[:, :, None] if array.ndim == 2 else array)
