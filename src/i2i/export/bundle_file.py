"""A bundle as one file to share: weights as in its folder, the other files as texts beside them; `unpack` reads it."""

from pathlib import Path

from safetensors.torch import load_file, save

from i2i.bundle import CARD, CONFIG, ENCODER, REVERSE, WEIGHTS
from i2i.files import replacing

SUFFIXES = (".safetensors",)

VARIANT = "the bundle in one file"

PREFIX = "i2i/"
"""Of the texts in the file's metadata, before the names that they have in the folder."""


OTHER_WAY = "reverse/"
"""Before the names of the weights that are of the other direction."""

CODES = "encoder/"
"""Before the names of the weights of what finds latent codes."""


def pack(bundle: Path, path: Path) -> None:
    """Write the bundle in a folder as the one file `path`, to the letter and to the bit. Raises `StorageError`."""
    texts = {f"{PREFIX}{name}": (bundle / name).read_text(encoding="utf-8") for name in (CONFIG, CARD)}
    weights = load_file(bundle / WEIGHTS)
    if (bundle / REVERSE).is_file():
        weights |= {f"{OTHER_WAY}{name}": tensor for name, tensor in load_file(bundle / REVERSE).items()}
    if (bundle / ENCODER).is_file():
        weights |= {f"{CODES}{name}": tensor for name, tensor in load_file(bundle / ENCODER).items()}
    with replacing(path) as file:
        file.write(save(weights, metadata={"format": "pt", **texts}))
