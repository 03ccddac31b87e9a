"""How inputs are varied before they are translated: mirrored and turned exactly, rotated, scaled and shifted a little.

Classes stay classes: label maps are taken by the nearest pixel, whatever the change. What comes in from beyond an edge
is the image's reflection.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from i2i.data.augment.geometry import Geometry, Warp
from i2i.data.augment.resampling import take_bilinear, take_nearest
from i2i.data.order import random_of
from i2i.errors import ConfigError, nearest
from i2i.images import ImageSpec, Pixels, decode, without_readings

_SWITCHES = ("mirror", "flip", "rotate90")
_LIMITS = {"rotate": (0.0, 180.0), "scale": (1.0, 4.0), "shift": (0.0, 0.5)}


@dataclass(frozen=True)
class Variation:
    """What was done to one input, in numbers from which it can be done again.

    Attributes:
        mirror: left and right changed places, before all else.
        turns: quarter turns against the clock, after that.
        rotate: degrees against the clock.
        scale: factor by which what is seen is larger.
        shift: (down, right) in pixels.
    """

    mirror: bool = False
    turns: int = 0
    rotate: float = 0.0
    scale: float = 1.0
    shift: tuple[int, int] = (0, 0)

    @property
    def is_none(self) -> bool:
        """Whether the input is left as it is."""
        return self == Variation()

    def text(self) -> str:
        """As JSON, without what is left as it is: "{}" for nothing."""
        usual = asdict(Variation())
        return json.dumps({name: value for name, value in asdict(self).items() if value != usual[name]})

    @classmethod
    def read(cls, text: str) -> "Variation":
        """The variation of a `text`."""
        tree = json.loads(text)
        return cls(**(tree | {"shift": tuple(tree["shift"])} if "shift" in tree else tree))

    def words(self) -> str:
        """For people: "mirrored, 90°, rotated 3.1°"; empty for nothing."""
        parts = [
            "mirrored" * self.mirror,
            f"turned {90 * self.turns}°" * bool(self.turns),
            f"rotated {self.rotate:.1f}°" if abs(self.rotate) >= 0.05 else "",
            f"scaled {self.scale:.2f}" if abs(self.scale - 1) >= 0.005 else "",
            f"shifted {self.shift[0]}, {self.shift[1]}" if any(self.shift) else "",
        ]
        return ", ".join(part for part in parts if part)

    def apply(self, pixels: Pixels, spec: ImageSpec) -> Pixels:
        """The pixels of a specification, (H, W, C), varied; height and width stay, except by a turn of 90 degrees."""
        height, width = pixels.shape[:2]
        still = Geometry((height, width), 0, 0, self.mirror, flip=False, turns=self.turns, warp=None)
        if self.rotate == 0 and self.scale == 1 and not any(self.shift):
            return still.window(pixels)
        angle = np.radians(self.rotate)
        cosine, sine = np.cos(angle), np.sin(angle)
        linear = np.array([[cosine, sine], [-sine, cosine]]) / self.scale
        moved = replace(still, top=-self.shift[0], left=-self.shift[1], warp=Warp(linear.astype(np.float32), None))
        rows, columns = moved.places(height, width)
        if spec.is_labels or (self.rotate == 0 and self.scale == 1):
            return take_nearest(pixels, rows, columns)
        return _mixed(pixels, spec, rows, columns)


@dataclass(frozen=True)
class Vary:
    """What may be varied; see `read_vary`.

    Attributes:
        mirror, flip: left to right, upside down.
        rotate90: by multiples of 90 degrees; by 180 where the image is no square.
        rotate: degrees, either way, at most.
        scale: factor, or its inverse, at most.
        shift: share of the height and of the width, either way, at most.
    """

    mirror: bool = False
    flip: bool = False
    rotate90: bool = False
    rotate: float = 0.0
    scale: float = 1.0
    shift: float = 0.0

    @property
    def is_none(self) -> bool:
        """Whether nothing may be."""
        return self == Vary()

    @property
    def is_endless(self) -> bool:
        """Whether there are as many different variations as anyone could ask for."""
        return self.rotate > 0 or self.scale > 1 or self.shift > 0

    def exact(self, square: bool) -> list[Variation]:
        """The different exact ones, the input as it is first."""
        found = {Variation()}
        for more, use in (
            (Variation(mirror=True), self.mirror),
            (Variation(mirror=True, turns=2), self.flip),
            (Variation(turns=2), self.rotate90),
            (Variation(turns=1), self.rotate90 and square),
        ):
            found |= {_both(one, more) for one in found} if use else set()
        return sorted(found, key=lambda each: (each.mirror, each.turns))

    def draw(self, seed: int, name: str, number: int, size: tuple[int, int]) -> Variation:
        """The variation of the sample `number`, from 1, of an input of (height, width): a function of all of these.

        Exact ones are taken in turn, the input as it is first, so that none comes twice before each came once.
        """
        height, width = size
        exact = self.exact(height == width)
        order = [0, *(1 + random_of(seed, f"{name}/order").permutation(len(exact) - 1))]
        angle, zoom, down, right = random_of(seed, f"{name}/{number}/variation").uniform(-1, 1, 4)
        chosen = exact[int(order[(number - 1) % len(exact)])]
        return replace(
            chosen,
            rotate=float(angle * self.rotate),
            scale=float(self.scale**zoom),
            shift=(round(down * self.shift * height), round(right * self.shift * width)),
        )


def read_vary(items: Sequence[str]) -> Vary:
    """What may be varied, of "mirror", "flip", "rotate90", "rotate=DEGREES", "scale=FACTOR", "shift=SHARE".

    Each item may name several, parted by commas. Raises `ConfigError` for what is unknown or out of range.
    """
    found: dict[str, bool | float] = {}
    for item in (part.strip() for text in items for part in text.split(",")):
        name, equals, value = item.partition("=")
        if name in _SWITCHES and not equals:
            found[name] = True
        elif name in _LIMITS:
            found[name] = _number(name, value)
        elif name in _SWITCHES:
            raise ConfigError(f"--vary {item}: {name} has no value; expected {name} alone")
        else:
            raise ConfigError(f"--vary {item}: unknown; {nearest(name, [*_SWITCHES, *_LIMITS])}")
    return Vary(**found)  # type: ignore[arg-type]  # switches are bool and limits float, by the two branches above


def _number(name: str, text: str) -> float:
    low, high = _LIMITS[name]
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not low <= value <= high:
        raise ConfigError(f"--vary {name}={text}: expected a number from {low:g} to {high:g}, such as {_example(name)}")
    return value


def _example(name: str) -> str:
    return {"rotate": "rotate=5", "scale": "scale=1.1", "shift": "shift=0.1"}[name]


def _both(first: Variation, then: Variation) -> Variation:
    """Two exact ones after each other, as one, where the first has no odd turns or the second no mirror."""
    return Variation(mirror=first.mirror != then.mirror, turns=(first.turns + then.turns) % 4)


def _mixed(pixels: Pixels, spec: ImageSpec, rows: np.ndarray, columns: np.ndarray) -> Pixels:
    """Bilinear between the readings; integers keep all their range, whatever of it the network is shown."""
    whole = replace(spec, space="rgb", ranges=spec.ranges if spec.dtype == "float32" else ())
    values, known = take_bilinear(pixels, whole, rows, columns)
    mixed = decode(values, whole)
    if known is None:
        return mixed
    missing = ~known.all(dim=0).numpy()
    if spec.alpha == "mask":
        mixed[:, :, -1][missing] = 0
    return without_readings(mixed, missing, spec)
