"""What each method of a comparison may spend: time, images, or multiply-adds."""

import re
from dataclasses import dataclass
from typing import Literal

from i2i.errors import ConfigError

Unit = Literal["seconds", "images", "multiply-adds"]

_UNITS: dict[str, tuple[Unit, float]] = {
    "s": ("seconds", 1.0),
    "sec": ("seconds", 1.0),
    "min": ("seconds", 60.0),
    "h": ("seconds", 3600.0),
    "images": ("images", 1.0),
    "macs": ("multiply-adds", 1.0),
    "gmacs": ("multiply-adds", 1e9),
    "tmacs": ("multiply-adds", 1e12),
}
_EXPECTED = "expected a time (90s, 20min, 1.5h), images (6000images), or multiply-adds (5e15macs, 800tmacs)"


@dataclass(frozen=True)
class Budget:
    """So much of what; the same for each training of a comparison."""

    amount: float
    unit: Unit

    @classmethod
    def read(cls, text: str) -> "Budget":
        """From "20min", "6000images", "5e15macs". Raises `ConfigError`."""
        found = re.fullmatch(r"\s*(\d+\.?\d*(?:e\+?\d+)?)\s*([a-z]+)\s*", text.lower())
        if not found or found[2] not in _UNITS or not float(found[1]):
            raise ConfigError(f"--budget {text}: {_EXPECTED}")
        unit, factor = _UNITS[found[2]]
        return cls(float(found[1]) * factor, unit)

    def images(self, batch: int, multiply_adds: float, per_second: float | None) -> int:
        """How many training images it is good for, in whole batches.

        Args:
            batch: images a step.
            multiply_adds: of the training, an image.
            per_second: images trained on in a second; needed of a budget in time alone.

        Raises:
            ConfigError: not even for one batch.
        """
        each = {"images": 1.0, "multiply-adds": multiply_adds, "seconds": 1 / per_second if per_second else 0.0}
        steps = int(self.amount / (each[self.unit] * batch) * (1 + 1e-9))  # a product of floats may fall short by a bit
        if not steps:
            raise ConfigError(
                f"--budget {self.describe()}: is not enough for one batch of {batch}, which takes "
                f"{Budget(each[self.unit] * batch, self.unit).describe()}; give more"
            )
        return steps * batch

    def describe(self) -> str:
        """Such as "20 min", "6,000 images", "5.00e+15 multiply-adds"."""
        if self.unit == "seconds":
            return duration(self.amount)
        return f"{self.amount:,.0f} images" if self.unit == "images" else f"{self.amount:.3g} multiply-adds"


def duration(seconds: float) -> str:
    """Such as "0.35 s", "42 s", "20 min", "1 h 30 min"."""
    if seconds < 100:
        return f"{seconds:.2g} s"
    minutes = seconds / 60
    if minutes < 100:
        return f"{minutes:.3g} min"
    return f"{int(minutes // 60)} h {round(minutes % 60)} min"
