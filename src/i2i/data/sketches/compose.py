"""A new drawing of a machine part for every seed."""

import math
from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from i2i.data.sketches import plates, profiles, rounds
from i2i.data.sketches.drawing import Drawing, Sheet
from i2i.errors import ConfigError

PARTS: dict[str, Callable[[Sheet, Generator], None]] = {
    "plate": plates.plate,
    "vented plate": plates.vented_plate,
    "perforated plate": plates.perforated_plate,
    "gusset": plates.gusset,
    "block": plates.block,
    "ring of slots": plates.ring_of_slots,
    "flange": rounds.flange,
    "gear": rounds.gear,
    "wheel": rounds.wheel,
    "nut": rounds.nut,
    "star knob": rounds.star_knob,
    "link": rounds.link,
    "oval flange": rounds.oval_flange,
    "pulleys": rounds.pulleys,
    "shaft": profiles.shaft,
    "bolt": profiles.bolt,
    "spring": profiles.spring,
    "bearing": profiles.bearing,
    "section": profiles.section,
    "turned outline": profiles.turned_outline,
    "outline": profiles.outline,
}
"""What can be drawn: each constructs its part on a sheet, in a frame of about 1, and states its constraints."""

_COMPOSING, HAND = 0, 1
"""Streams of a seed: the part and the hand that draws it do not share random numbers."""


def stream(seed: int, purpose: int) -> Generator:
    """A random stream of its own for each (seed, purpose). `seed` is not negative."""
    return np.random.default_rng([seed, purpose])


def compose(seed: int, part: str | None = None) -> Drawing:
    """The drawing with this seed: a part that fills most of the square, turned by a multiple of 15, mostly 90 degrees.

    Args:
        seed: 0 or more; the same seed is the same drawing.
        part: a name of `PARTS`; by default the seed chooses.

    Raises:
        ConfigError: a part of another name.
    """
    names = list(PARTS)
    if part is not None and part not in names:
        raise ConfigError(f"part: found {part!r}; expected one of {', '.join(names)}")
    rng = stream(seed, _COMPOSING)
    chosen = names[rng.integers(len(names))]
    sheet = Sheet()
    PARTS[part or chosen](sheet, rng)
    quarters = (0, 0, 0, 1, 2, 3)[rng.integers(6)]
    tilt = rng.integers(1, 6) if rng.random() < 0.25 else 0
    side = rng.uniform(0.72, 0.9)
    loose = (0.92 - side) / 2
    centre = 0.5 + 0.5j + complex(rng.uniform(-loose, loose), rng.uniform(-loose, loose))
    return sheet.finished(quarters * math.pi / 2 + tilt * math.pi / 12, side, centre)
