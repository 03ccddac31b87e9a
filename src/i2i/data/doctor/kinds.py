"""What a side shows: pictures, label maps (also such as a lossy format has blurred), or drawings on an even ground."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from i2i.data.doctor.look import MANY_VALUES, Look
from i2i.data.palette import Colour, palette_of

_LEAST_SHARE = 0.001
_NEARLY_ALL = 0.95


@dataclass(frozen=True)
class Kind:
    """What a side shows.

    Attributes:
        name: "labels" are even areas of few colours; "drawing" is lines on one even ground.
        colours: (value,) or (red, green, blue): all that there are if `exact`, in order, else those that even areas
            have, the largest area first; empty for pictures.
        exact: whether no other values stand in the files; False where a lossy format or smoothing blurred them.
    """

    name: Literal["picture", "labels", "drawing"]
    colours: tuple[Colour, ...] = ()
    exact: bool = False

    @property
    def is_simple(self) -> bool:
        """Whether it holds far less than a picture does."""
        return self.name != "picture"


def kind_of(looks: Sequence[Look]) -> Kind:
    """What the images of one side are, by the distinct values and the colours of their even areas."""
    exact = _exact_values(looks)
    if len(exact) > 1:
        even = _even_colours(looks)
        return Kind("drawing", even) if len(even) == 1 and len(exact) > 2 else Kind("labels", exact, exact=True)
    flat = palette_of([look.flat for look in looks], [look.flat_colours for look in looks])
    if len(flat) == 1:
        return Kind("drawing", flat)
    return Kind("labels", flat) if flat else Kind("picture")


def _exact_values(looks: Sequence[Look]) -> tuple[Colour, ...]:
    """The values of all images, in order, where nearly all have few; empty where they are too many."""
    few = [look.values for look in looks if look.values is not None]
    if not few or len(few) < _NEARLY_ALL * len(looks):
        return ()
    found = frozenset().union(*few)
    if len(found) > MANY_VALUES:
        return ()
    channels = len(looks[0].figures)
    ordered = sorted(found)
    return tuple((value >> 16, value >> 8 & 255, value & 255) if channels == 3 else (value,) for value in ordered)


def _even_colours(looks: Sequence[Look]) -> tuple[Colour, ...]:
    """The colours of areas in images of few exact values; lines have none."""
    colours, counts = np.unique(np.concatenate([look.flat_colours for look in looks]), axis=0, return_counts=True)
    often = counts > _LEAST_SHARE * counts.sum()
    return tuple(tuple(int(value) for value in colour) for colour in colours[often])
