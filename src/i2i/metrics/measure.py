"""What a measure is called, what its unit is, and which of two values is the better one."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, Self

import torch
from torch import Tensor

FILLED = "where the target has no reading, the output counts as equal to it"
"""What becomes of samples without a reading in a measure that can't leave them out."""


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

    def with_masks(self) -> Self:
        """The same measure, its definition telling what becomes of samples without a reading."""
        return replace(self, definition=f"{self.definition}; {FILLED}")


@dataclass(frozen=True, kw_only=True)
class PairedMeasure(Measure):
    """A measure of an output against its target, with the function that takes it.

    Attributes:
        function: (output, target) -> (N,), both sides (N, C, H, W) in [-1, 1]; with `masking` (output, target, valid).
        masking: how `function` leaves out samples without a reading, in words; empty where it takes no mask.
    """

    function: Callable[..., Tensor]
    masking: str = ""

    def measure(self, output: Tensor, target: Tensor, valid: Tensor | None = None) -> Tensor:
        """One value an image: two (N, C, H, W) in [-1, 1] -> (N,); NaN for an image without any reading.

        Args:
            output: what was made.
            target: what it should be.
            valid: bool of the same shape, where the target has a reading; None where it has one everywhere. A function
                that takes no mask is shown the target in place of the output where there is none.
        """
        if valid is None:
            return self.function(output, target)
        if self.masking:
            return self.function(output, target, valid)
        values = self.function(fill(output, target, valid), target)
        return torch.where(valid.flatten(1).any(dim=1), values, torch.nan)

    def with_masks(self) -> Self:
        """The same measure, its definition telling what becomes of samples without a reading."""
        return replace(self, definition=f"{self.definition}; {self.masking or FILLED}")


def fill(output: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """The output, equal to the target where `valid` is False: there nothing is held against it."""
    return torch.where(valid, output, target)
