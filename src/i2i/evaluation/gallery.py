"""Which images to look at: a random few, the worst and the best, kept while the others pass by."""

from dataclasses import dataclass, field

import numpy as np

from i2i.evaluation.sample import Sample
from i2i.images import Pixels

SHOWN = 8
EXTREMES = 4


@dataclass(frozen=True)
class Example:
    """One sample with the model's output and its scores by measure; `order` is its place in the evaluation."""

    order: int
    sample: Sample
    output: Pixels
    scores: dict[str, float]
    shortfall: float
    """How far it is from the best by the measure that ranks; less is better."""


@dataclass
class Gallery:
    """Keeps at most `shown` random examples and `extremes` on either end, however many pass."""

    shown: int = SHOWN
    extremes: int = EXTREMES
    seed: int = 0
    random: list[Example] = field(default_factory=list)
    worst: list[Example] = field(default_factory=list)
    best: list[Example] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self._draw = np.random.default_rng(self.seed)

    def add(self, example: Example) -> None:
        """Consider one more example, in the order of the evaluation."""
        self.count += 1
        self._add_random(example)
        self.worst = sorted([*self.worst, example], key=lambda each: (-each.shortfall, each.order))[: self.extremes]
        self.best = sorted([*self.best, example], key=lambda each: (each.shortfall, each.order))[: self.extremes]

    def _add_random(self, example: Example) -> None:
        """Reservoir sampling: each of the examples so far is kept with the same probability."""
        if len(self.random) < self.shown:
            self.random.append(example)
            return
        place = int(self._draw.integers(0, example.order + 1))
        if place < self.shown:
            del self.random[place]
            self.random.append(example)
