"""What a task is."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from i2i.images import ImageSpec, Pixels

GREY = ImageSpec(1, names=("grey",))
COLOUR = ImageSpec(3, names=("red", "green", "blue"))
HOLED = ImageSpec(4, names=("red", "green", "blue", "alpha"), alpha="channel")
AB = ImageSpec(3, names=("red", "green", "blue"), space="ab")

FIDELITY = "psnr"
"""Chooses the best weights where the input all but says what the target is: the nearest answer is the best one."""
REALISM = "sliced_wasserstein"
"""Chooses them where many answers are right, of which a mean error would prefer their blurred or grey average."""


@dataclass(frozen=True)
class Task:
    """How a plain photo becomes a pair.

    Attributes:
        name: as `data.task` and the command line have it.
        summary: one line, "input → target".
        input, target: what the two sides are.
        measure: of `i2i.metrics`, by which the best weights are chosen: `FIDELITY` or `REALISM`.
        make: (photo (H, W, 3) uint8 sRGB, random generator) → (input, target), both as high and wide as the photo,
            whatever its size. The photo is left as it was; the target may be the photo itself.
        scale: by how much a translator of this task enlarges what it is given, bicubically, before the network sees
            it. The inputs of the pairs are enlarged already.
    """

    name: str
    summary: str
    input: ImageSpec
    target: ImageSpec
    measure: str
    make: Callable[[Pixels, np.random.Generator], tuple[Pixels, Pixels]]
    scale: int = 1

    @property
    def settings(self) -> tuple[str, ...]:
        """What a run on written pairs must be told, as `--set` takes it: files alone don't say it."""
        found = ["data.resize=none", f"training.best={self.measure}"]
        if self.input.alpha != "white":
            found.append(f"data.input.alpha={self.input.alpha}")
        if self.target.space != "rgb":
            found.append(f"data.target.space={self.target.space}")
        return tuple(found)
