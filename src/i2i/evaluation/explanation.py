"""Pictures of what a translator does with one image."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps

from i2i.errors import ConfigError
from i2i.evaluation.sheet import contact_sheet
from i2i.images import Pixels, preview
from i2i.translator import Translator
from i2i.translator.explaining import Explainer, Map

OPACITY = 0.65
"""Of a map's colours over a picture."""


@dataclass(frozen=True)
class Explanation:
    """What could be shown of one image's translation.

    Attributes:
        input, output: (H, W, 1 or 3) uint8, for eyes.
        maps: by name: influence, patches, uncertainty.
        missing: name → why this translator has no such map.
    """

    input: Pixels
    output: Pixels
    maps: dict[str, Map]
    missing: dict[str, str]

    def pictures(self) -> dict[str, Pixels]:
        """Each map over what it is about, influence over the input and the others over the output."""
        return {
            name: overlay(self.input if name == "influence" else self.output, each) for name, each in self.maps.items()
        }

    def sheet(self) -> Pixels:
        """All in one row, (H', W', 3) uint8."""
        columns = {"input": self.input, "output": self.output} | self.pictures()
        return contact_sheet([list(columns.values())], list(columns))


def explain(
    translator: Translator, pixels: Pixels, *, point: tuple[int, int] | None = None, samples: int = 8, seed: int = 0
) -> Explanation:
    """Every map of an input, (H, W, C), that the translator can give; see `Explainer`.

    Args:
        point: (x, y) of the output pixel whose influences are asked for; the middle by default.
        samples: answers under dropout.
        seed: of the dropout.

    Raises:
        ConfigError: the point is not in the image, or too few samples.
    """
    height, width = pixels.shape[:2]
    explainer = Explainer(translator)
    maps = {"influence": explainer.influence(pixels, point or (width // 2, height // 2), seed=seed)}
    missing: dict[str, str] = {}
    others: dict[str, Callable[[], Map]] = {
        "patches": lambda: explainer.patches(pixels, seed=seed),
        "uncertainty": lambda: explainer.uncertainty(pixels, samples=samples, seed=seed),
    }
    for name, ask in others.items():
        try:
            maps[name] = ask()
        except ConfigError as error:
            missing[name] = str(error)
    output = translator.translate(pixels, seed=seed)
    config = translator.config
    return Explanation(preview(pixels, config.input), preview(output, config.target), maps, missing)


def overlay(picture: Pixels, shown: Map) -> Pixels:
    """A picture, (H, W, 1 or 3) uint8, in grey under a map's colours, blue low and yellow high: (H, W, 3) uint8."""
    colours = colormaps["viridis"](shown.grey()[:, :, 0])[:, :, :3] * 255
    grey = picture.astype(np.float64).mean(axis=2, keepdims=True)
    blended: Pixels = (OPACITY * colours + (1 - OPACITY) * grey).round().astype(np.uint8)
    return blended
