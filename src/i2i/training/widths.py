"""How slim a student must be: the widths of a generator that fit a budget of multiply-adds."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import torch

from i2i.config import Generator as Settings
from i2i.errors import ConfigError
from i2i.generators import Generator, build_generator, find_generator
from i2i.layers.multiply_adds import multiply_adds_of, weight_uses

_STEPS = 1000
"""In so many steps a factor on widths is told apart from the next."""


def slimmed(settings: Settings, teacher: Generator, size: tuple[int, int], most: int, tilt: float = 1.0) -> Settings:
    """The widest network of the teacher's shape that costs at most `most`.

    Args:
        settings: the teacher's, or others of as many stages.
        teacher: its network.
        size: (height, width) of the images at which multiply-adds are counted.
        most: multiply-adds.
        tilt: the deepest stage keeps this many times the share of its filters that the finest keeps; those between
            lie between. 1: all stages keep the same share.

    Raises:
        ConfigError: not even one filter a stage fits.
    """
    last = max(1, len(teacher.widths) - 1)
    shape = [width * tilt ** (stage / last) for stage, width in enumerate(teacher.widths)]
    highest = min(width / wanted for width, wanted in zip(teacher.widths, shape, strict=True))

    def at(step: int) -> Settings:
        slim = (max(1, round(width * highest * step / _STEPS)) for width in shape)
        return replace(settings, widths=tuple(slim))

    uses = weight_uses(teacher, 1, teacher.in_channels, *size)  # widths don't change where a weight is used
    return at(_largest(_STEPS, lambda step: _cost(at(step), teacher, uses), most))


def _largest(highest: int, costs: Callable[[int], int], most: int) -> int:
    """The largest number from 1 to `highest` that costs at most `most`, where more never costs less."""
    if costs(1) > most:
        raise ConfigError(
            f"distill.budget: allows {most:,} multiply-adds, and the slimmest student takes {costs(1):,}; raise it"
        )
    low, high = 1, highest + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if costs(middle) <= most else (low, middle)
    return low


def _cost(settings: Settings, teacher: Generator, uses: Mapping[str, float]) -> int:
    with torch.device("meta"):
        student = build_generator(
            settings.name,
            in_channels=teacher.in_channels,
            out_channels=teacher.out_channels,
            **find_generator(settings.name).arguments(settings),
        )
    return multiply_adds_of(student, uses)
