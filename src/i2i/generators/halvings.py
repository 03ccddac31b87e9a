"""How often a generator halves the image: what was asked for, or what the size allows."""

import math
from dataclasses import replace

from i2i.config import Generator as Settings
from i2i.errors import ConfigError


def settle_depth(
    settings: Settings, size: tuple[int, int], *, most: int, least: int, before: int = 0, leaves: int = 2
) -> Settings:
    """The settings with the depth found, if they leave it open.

    Args:
        settings: as the user has them.
        size: (height, width) of the training images.
        most, least: halvings that are chosen without being asked for.
        before: halvings that come before these.
        leaves: pixels of the shorter side that must be left after all of them.

    Raises:
        ConfigError: so many halvings, or at least `least`, don't go into the size.
    """
    allowed = min(_twos(math.gcd(*size)), int(math.log2(max(1, min(size) // leaves)))) - before
    wanted, needed = settings.depth or most, settings.depth or least
    if allowed < needed:
        step = 2 ** (needed + before)
        near = [max(leaves, round(side / step)) * step for side in size]
        raise ConfigError(
            f"data.size {size[0]}x{size[1]}: must be multiples of {step}, and at least {leaves * step}, for the "
            f"{settings.name}, such as {near[0]}x{near[1]}"
            + (f"; or set generator.depth to at most {allowed}" if allowed > 0 else "")
        )
    return replace(settings, depth=min(wanted, allowed))


def _twos(number: int) -> int:
    """How often a number can be halved."""
    return (number & -number).bit_length() - 1
