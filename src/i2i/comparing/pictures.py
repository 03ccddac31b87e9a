"""Which images of a comparison to look at: some spread evenly, and those where the methods differ most."""

from dataclasses import dataclass, field

import numpy as np

from i2i.images import Pixels
from i2i.training.symptoms import spread_evenly

EVENLY = 8
APART = 4


@dataclass(frozen=True)
class Shot:
    """One image: the input, what each method made of it, the target; 8 bits, to be looked at.

    `target` is None where the images have no partners.
    """

    name: str
    given: Pixels
    made: dict[str, Pixels]
    target: Pixels | None = None

    def spread(self) -> float:
        """How far the methods' outputs are apart: the mean over places of their standard deviation, in grey levels."""
        outputs = np.stack([np.broadcast_to(each, (*each.shape[:2], 3)) for each in self.made.values()])
        return float(outputs.std(axis=0, dtype=np.float32).mean())


@dataclass
class Pictures:
    """Keeps what is to be shown while the images pass by, `count` in all.

    Attributes:
        evenly: every so many-th, whatever is seen there.
        apart: of the others those where the methods differ most, the widest first; none where one method is alone.
    """

    count: int
    evenly: list[Shot] = field(default_factory=list)
    apart: list[Shot] = field(default_factory=list)
    _seen: int = 0

    def add(self, shot: Shot) -> None:
        """Consider the next image."""
        if self._seen in spread_evenly(EVENLY, self.count):
            self.evenly.append(shot)
        elif len(shot.made) > 1:
            self.apart = sorted([*self.apart, shot], key=Shot.spread, reverse=True)[:APART]
        self._seen += 1
