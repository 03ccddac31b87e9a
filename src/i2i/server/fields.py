"""The fields of requests: names, ranges, defaults; a field that is not here is refused."""

from typing import Annotated, Any, Literal

from fastapi import UploadFile
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MOST_SAMPLES = 64

_SMALLEST, _LARGEST = 16, 8192


def _read_tile(value: object) -> object:
    if value in ("auto", "off"):
        return value
    if not str(value).isdecimal() or not _SMALLEST <= int(str(value)) <= _LARGEST:
        raise ValueError(f"expected auto, off, or the side of a tile in pixels, {_SMALLEST} to {_LARGEST}")
    return int(str(value))


def _read_suffix(value: object) -> object:
    return f".{value.lower().lstrip('.')}" if isinstance(value, str) and value else None


Tile = Annotated[
    Literal["auto", "off"] | int,
    BeforeValidator(_read_tile),
    Field(
        description="Side in pixels of tiles at the image's own scale; or off; or auto: for what is large.",
        examples=["auto", 256],
    ),
]
Seed = Annotated[int, Field(ge=-(2**63), le=2**63 - 1, description="Of everything that is random.", examples=[0])]
As = Annotated[
    Literal["file", "drawing"],
    Field(
        alias="as",
        description="drawing: the image is an 8-bit picture of an input, in class colours or greys, and is read back.",
        examples=["file"],
    ),
]
Name = Annotated[
    str | None,
    Field(description="Which bundle; may be left out where only one is served.", max_length=100, examples=["facades"]),
]
File = Annotated[UploadFile, Field(description="Any format that i2i reads: PNG, JPEG, WebP, TIFF, NPY, DICOM, NIfTI …")]


class Asked(BaseModel):
    """What any request about images may say."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=(), populate_by_name=False)

    model: Name = None


class Wanted(Asked):
    """How images are to be translated."""

    samples: Annotated[
        int, Field(ge=1, le=MOST_SAMPLES, description="Answers an image; more than one need noise.", examples=[1])
    ] = 1
    seed: Seed = 0
    tile: Tile = "auto"
    dropout: Annotated[
        Literal["on", "off"] | None,
        Field(description="Noise at test time. Default: as the bundle says.", examples=["off"]),
    ] = None
    preview: Annotated[
        bool, Field(description="The answer is an 8-bit PNG for eyes, whatever the target is.", examples=[False])
    ] = False
    format: Annotated[
        str | None,
        BeforeValidator(_read_suffix),
        Field(description="Ending of the answer's name. Default: the input's own if it can hold it.", examples=["png"]),
    ] = None

    def wish(self) -> dict[str, Any]:
        """As a worker takes it."""
        return {
            "samples": self.samples,
            "seed": self.seed,
            "tile": self.tile,
            "dropout": None if self.dropout is None else self.dropout == "on",
            "preview": self.preview,
            "suffix": self.format,
        }


class Translate(Wanted):
    """One image to be translated."""

    image: File
    kind: As = "file"

    def wish(self) -> dict[str, Any]:
        """As a worker takes it."""
        return {**super().wish(), "drawn": self.kind == "drawing"}


class Batch(Wanted):
    """Several images to be translated."""

    images: Annotated[list[UploadFile], Field(min_length=1, max_length=1000, description="The images, one part each.")]


class Preview(Asked):
    """An image to be looked at."""

    image: File


class Explain(Asked):
    """An image whose translation is to be explained."""

    image: File
    kind: As = "file"
    what: Annotated[
        Literal["patches", "uncertainty"],
        Field(
            description="What the discriminator believes of each patch; or how far its samples differ.",
            examples=["patches"],
        ),
    ]
    seed: Seed = 0
    samples: Annotated[int, Field(ge=2, le=MOST_SAMPLES, description="Of uncertainty.", examples=[8])] = 8
