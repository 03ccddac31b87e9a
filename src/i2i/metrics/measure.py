"""What a measure is called, what its unit is, and which of two values is the better one."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch import Tensor


@dataclass(frozen=True)
class Measure:
    """The identity of a measure, for tables, protocols and the choice of the better of two models.

    Attributes:
        label: as the field writes it, "MS-SSIM".
        unit: "dB", "grey levels", or empty for a pure number.
        direction: whether "higher" or "lower" is better, or "zero" where both sides of 0 are a fault.
        definition: one clause for the protocol: windows, ranges, caps, what was resized.
        decimals: how many are worth printing.
    """

    label: str
    unit: str
    direction: Literal["higher", "lower", "zero"]
    definition: str
    decimals: int = 3

    @property
    def higher_is_better(self) -> bool:
        """True for PSNR and its like; False for distances and where the best value lies at 0."""
        return self.direction == "higher"

    def shortfall(self, value: float) -> float:
        """Orders values from the best (least) to the worst; a NaN is worse than everything."""
        if math.isnan(value):
            return math.inf
        return {"higher": -value, "lower": value, "zero": abs(value)}[self.direction]

    @property
    def heading(self) -> str:
        """Label, unit and direction in one: "PSNR, dB ↑"."""
        unit = f", {self.unit}" if self.unit else ""
        return f"{self.label}{unit} {self.arrow}"

    @property
    def arrow(self) -> str:
        """↑ higher is better, ↓ lower is better, →0 nearer to zero is better."""
        return {"higher": "↑", "lower": "↓", "zero": "→0"}[self.direction]


@dataclass(frozen=True, kw_only=True)
class PairedMeasure(Measure):
    """A measure of an output against its target, with the function (output, target) -> (N,) that takes it."""

    function: Callable[[Tensor, Tensor], Tensor]
