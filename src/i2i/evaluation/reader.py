"""Outputs read back: what a translator of the other direction, trained on real images, makes of generated ones.

In the manner of the FCN-score (Isola et al. 2017, §3.1): if a generated photo is like a real one, a network that reads
labels off real photos reads the labels off it from which it was made. Here the network is any bundle from the targets'
kind to the inputs', and what it reads off the real targets is the most that can be had.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch

from i2i.errors import ConfigError, ImageError
from i2i.images import ImageSpec, Pixels, Raster, conform, encode, restore, valid
from i2i.metrics.measure import PairedMeasure
from i2i.metrics.suited import paired_measures
from i2i.translator import Translator

REAL = "real targets"
"""The row of what is read off those."""

_TOLD = ("pixel_accuracy", "mean_iou", "psnr", "ssim", "l1", "abs_rel", "delta1")
"""Of the measures that suit what is read those that are told."""


@dataclass(frozen=True)
class Reader:
    """A translator that reads inputs off targets.

    Attributes:
        translator: by which.
        given: what the inputs of the evaluated translator are.
        target: what its outputs are.
        measures: of what was read against the input, by key.
    """

    translator: Translator
    given: ImageSpec
    target: ImageSpec
    measures: Mapping[str, PairedMeasure]

    @classmethod
    def of(cls, translator: Translator, specs: tuple[ImageSpec, ImageSpec]) -> "Reader":
        """For an evaluation of outputs `specs[1]` made of inputs `specs[0]`.

        Raises:
            ConfigError: the translator takes other images than these outputs, or gives other ones than these inputs.
        """
        config, (given, target) = translator.config, (specs[0].measured, specs[1].measured)
        sides = (("reads", config.input, "outputs", target), ("gives", config.target, "inputs", given))
        for verb, theirs, noun, ours in sides:
            if _file(ours) != _file(theirs):
                raise ConfigError(
                    f"{translator.path}: {verb} {theirs.describe()}, and the {noun} here are {ours.describe()}; "
                    "expected a translator of such pairs in the other direction as the reader"
                )
        spec = config.target.measured
        how = f"what {translator.path.name} ({config.direction or 'a reader'}) reads off the output, against the input"
        measures = {
            f"read_{key}": replace(measure, label=f"{measure.label} read", definition=f"{how}: {measure.definition}")
            for key, measure in paired_measures(spec).items()
            if key in _TOLD
        }
        return cls(translator, given, target, measures)

    @torch.inference_mode()
    def scores(self, output: Pixels, given: Pixels) -> dict[str, float]:
        """A value for each of `measures`.

        Args:
            output: (H, W, C') of the target's kind, generated or real.
            given: (H, W, C), the input that it belongs to.

        Raises:
            ImageError: labels of the input that the reader does not know.
        """
        theirs, spec = self.translator.config.input, self.translator.config.target
        read = self.translator.translate(_as(output, self.target, theirs, "output"))
        expected = _as(given, self.given, spec, "input")
        made, wanted = (encode(pixels, spec.measured, clip=False)[None] for pixels in (read, expected))
        readings = valid(expected, spec.measured)
        readings = None if readings is None or bool(readings.all()) else readings[None]
        return {key: float(measure.measure(made, wanted, readings)) for key, measure in self.measures.items()}


def _file(spec: ImageSpec) -> tuple[int, str]:
    """Channels and type of the files; which classes they may hold each of them tells when it is read."""
    in_colour = spec.is_labels and spec.coding == "colour"
    return (3 if in_colour else spec.channels, "uint8" if in_colour else spec.dtype)


def _as(pixels: Pixels, spec: ImageSpec, other: ImageSpec, name: str) -> Pixels:
    """Pixels of one specification as those of another whose files are alike."""
    try:
        return pixels if spec == other else conform(Raster(restore(pixels, spec)), other, name)
    except ImageError as error:
        raise ImageError(f"the reader can't take it: {error}") from error
