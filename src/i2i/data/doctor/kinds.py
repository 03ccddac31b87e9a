"""What a side shows: pictures, label maps (also such as a lossy format has blurred), or drawings on an even ground."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from i2i.data.doctor.look import MANY_VALUES, Look

Colour = tuple[int, ...]

_POOLED = 20_000
_NEAR = 16  # of 255: what JPEG leaves of a flat colour, at most
_NEARER = 8  # and where most of it is
_MOST_COLOURS = 32
_CANDIDATES = 64
_COVERED = 0.99
_TIGHT = 0.85
_LEAST_FLAT = 0.3
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
    flat = _flat_colours(looks)
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


def _flat_colours(looks: Sequence[Look]) -> tuple[Colour, ...]:
    """The few colours that the even areas of 8-bit images have; empty where they are too many or there are none."""
    shares = [look.flat for look in looks if not np.isnan(look.flat)]
    if not shares or np.median(shares) < _LEAST_FLAT:
        return ()
    pool = np.concatenate([look.flat_colours for look in looks])
    pool = pool[:: max(1, len(pool) // _POOLED)].astype(np.int16)
    if not len(pool):
        return ()
    centres, share, tight = _gather(pool)
    if share.sum() < _COVERED:
        return ()
    if len(centres) > 1 and tight[1:].sum() < _TIGHT * share[1:].sum():  # shades of one colour, as of a lit object
        return ()
    return tuple(tuple(int(value) for value in centre) for centre in centres)


def _gather(pool: NDArray[np.int16]) -> tuple[list[NDArray[np.int16]], NDArray[np.float64], NDArray[np.float64]]:
    """Colours around which most of the pool lies, one after the other; the shares near and nearer to each."""
    colours, counts = np.unique(pool, axis=0, return_counts=True)
    left = counts.astype(np.float64)
    centres: list[NDArray[np.int16]] = []
    share: list[float] = []
    tight: list[float] = []
    while len(centres) < _MOST_COLOURS and left.sum() > _LEAST_SHARE * counts.sum():
        frequent = np.argsort(left)[::-1][:_CANDIDATES]
        away = np.abs(colours[frequent, None] - colours[None]).max(axis=2)
        masses = (away <= _NEAR) @ left
        best = int(masses.argmax())
        hoped_for = sum(share) + masses[best] * (_MOST_COLOURS - len(share))  # as no later one is larger
        if masses[best] < _LEAST_SHARE * counts.sum() or hoped_for < _COVERED * counts.sum():
            break
        centres.append(colours[frequent[best]])
        share.append(float(masses[best]))
        tight.append(float(left[away[best] <= _NEARER].sum()))
        left[away[best] <= _NEAR] = 0
    return centres, np.array(share) / counts.sum(), np.array(tight) / counts.sum()
