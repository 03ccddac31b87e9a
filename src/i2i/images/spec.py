"""What the images of one side are: channels, type, values, units, and what in them is no reading or a class."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from i2i.errors import ConfigError

Pixels = NDArray[Any]
"""(H, W, C) of uint8, uint16, int16 or float32; of a label map (H, W, 1) uint8, positions in the class table, and where
it tells objects apart (H, W, 2) uint16, positions and the values of the file."""

DType = Literal["uint8", "uint16", "int16", "float32"]
DTYPES: tuple[DType, ...] = ("uint8", "uint16", "int16", "float32")

NO_CLASS = 255
"""Position that stands for "no class" in the pixels of a label map."""

MOST_CHANNELS = 32
MOST_CLASSES = NO_CLASS


@dataclass(frozen=True)
class LabelClass:
    """One class of a label map: its value in index files, its name, the colour that shows it (sRGB, 0..255)."""

    value: int
    name: str
    colour: tuple[int, int, int]


@dataclass(frozen=True)
class ImageSpec:
    """What one side of the pairs looks like, in its files and to the network.

    Attributes:
        channels: of the image, 1 to 32; of a label map 1 (index files) or 3 (colour-coded files).
        dtype: of a sample.
        names: of the channels, or empty.
        ranges: (low, high) of the file's values that become -1 and 1, one for all channels or one for each; what lies
            beyond is clipped. Empty: all values of an integer type; -1 to 1 of float32, which are left as they are.
        nodata: values that are no reading: they count in no loss and no measure. NaN and infinity never are one.
        unit: of the values, such as "mm"; empty if they have none.
        alpha: what transparency means: the image is laid on "white", or it is a "channel" as any other (and counted in
            `channels`), or a "mask" of what is no reading.
        classes: the class table of a label map; empty for any other image.
        coding: whether a label map's files hold class values ("index") or the classes' colours ("colour").
        edges: whether the network is shown the boundaries between a label map's classes as one more plane.
        objects: of index files that tell objects apart, by what the class is multiplied: a value of at least this is
            class × `objects` + the object's number (1000 in Cityscapes), and `edges` are those of objects too. 0: none.
        space: "lab" shows the network sRGB images of 8 bits as CIE L*a*b* (D65), "ab" their colour alone, whose
            lightness an output takes from its input; files and pixels stay sRGB.
    """

    channels: int
    dtype: DType = "uint8"
    names: tuple[str, ...] = ()
    ranges: tuple[tuple[float, float], ...] = ()
    nodata: tuple[float, ...] = ()
    unit: str = ""
    alpha: Literal["white", "channel", "mask"] = "white"
    classes: tuple[LabelClass, ...] = ()
    coding: Literal["index", "colour"] = "index"
    edges: bool = False
    objects: int = 0
    space: Literal["rgb", "lab", "ab"] = "rgb"

    def __post_init__(self) -> None:
        if not 1 <= self.channels <= MOST_CHANNELS:
            raise ConfigError(f"{self.channels} channels; expected 1 to {MOST_CHANNELS}")
        if len(self.ranges) not in (0, 1, self.channels):
            raise ConfigError(
                f"{len(self.ranges)} value ranges for {self.channels} channels; expected one, or one each"
            )
        if any(not low < high for low, high in self.ranges):
            raise ConfigError(f"value range {self.ranges[0]}: the first of the two must be the smaller one")
        if self.space != "rgb" and (self.channels, self.dtype) != (3, "uint8"):
            raise ConfigError(
                f"colour space {self.space}: the images have {self.describe()}; expected 3 channels uint8"
            )
        if self.edges and not self.classes:
            raise ConfigError(
                f"edges are those between classes, and the images have {self.describe()}; set classes, or edges=false"
            )
        if self.objects and (not self.classes or self.coding == "colour"):
            raise ConfigError(
                f"objects are told apart in label maps of class values, and the images have {self.describe()}"
                + (" by colour" if self.classes else "")
                + "; set objects=0"
            )
        beyond = [each.value for each in self.classes if self.objects and each.value >= self.objects]
        if beyond:
            raise ConfigError(
                f"objects={self.objects}: values from there on are those of objects, and {beyond[0]} is a class; "
                "expected a number above all classes, 1000 in Cityscapes"
            )
        if len(self.classes) > MOST_CLASSES:
            raise ConfigError(f"{len(self.classes)} classes; at most {MOST_CLASSES} can be told apart")

    @property
    def is_labels(self) -> bool:
        """Whether the image is a map of classes."""
        return bool(self.classes)

    @property
    def planes(self) -> int:
        """Channels of the network's tensor: of labels one a class and one of edges, of colour alone two."""
        return len(self.classes) + self.edges or (2 if self.space == "ab" else self.channels)

    @property
    def stored_channels(self) -> int:
        """Channels of the pixels in memory: 1 of a label map, 2 with objects; one more, the mask, of transparency."""
        return 1 + bool(self.objects) if self.is_labels else self.channels + (self.alpha == "mask")

    @property
    def stored_dtype(self) -> np.dtype[Any]:
        """Type of the pixels in memory."""
        return np.dtype(("uint16" if self.objects else "uint8") if self.is_labels else self.dtype)

    @property
    def may_lack_readings(self) -> bool:
        """Whether some pixels may be no reading."""
        return bool(self.nodata) or self.is_labels or self.dtype == "float32" or self.alpha == "mask"

    @property
    def is_plain(self) -> bool:
        """Whether it is what every program can show: 8 bits, grey or sRGB, all of the range, no classes."""
        return (
            self.dtype == "uint8"
            and self.channels in (1, 3)
            and not self.ranges
            and not self.is_labels
            and self.alpha != "mask"
        )

    @property
    def measured(self) -> "ImageSpec":
        """The same images as measures see them: in the colours of the files, whatever the network sees."""
        return replace(self, space="rgb")

    def spans(self) -> NDArray[np.float64]:
        """The value range of each channel in use, (C, 2), with the defaults filled in."""
        return np.broadcast_to(np.array(self.ranges or (full_range(self.dtype),), np.float64), (self.channels, 2))

    def describe(self) -> str:
        """In words: "3 channels uint8", "1 channel uint16 in mm", "12 classes"."""
        if self.is_labels:
            whose = "their objects'" if self.objects else "their"
            return f"{len(self.classes)} classes" + (f" and {whose} edges" if self.edges else "")
        plural = "s" if self.channels > 1 else ""
        return f"{self.channels} channel{plural} {self.dtype}" + (f" in {self.unit}" if self.unit else "")


def spec_like(pixels: Pixels) -> ImageSpec:
    """A plain specification of (H, W, C) pixels of one of `DTYPES`: their channels and type, all of the range."""
    return ImageSpec(pixels.shape[2], dtype_named(pixels.dtype.name))


def dtype_named(name: str) -> DType:
    """One of `DTYPES` by numpy's name; raises `ConfigError` for others."""
    for dtype in DTYPES:
        if dtype == name:
            return dtype
    raise ConfigError(f"{name} is no type of image; expected {', '.join(DTYPES[:-1])} or {DTYPES[-1]}")


def full_range(dtype: str) -> tuple[float, float]:
    """All values of an integer type; -1 to 1 for float32."""
    if dtype == "float32":
        return (-1.0, 1.0)
    limits = np.iinfo(np.dtype(dtype))
    return (float(limits.min), float(limits.max))
