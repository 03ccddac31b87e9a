"""A bundle: the folder in which a trained translator lives, complete, so that nothing need be said twice.

config.json         what the network is, what it eats and gives, how it is to be used, how it was made
model.safetensors   the generator's weights, no pickle
README.md           the model card, with scores
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic import Field as Checked
from pydantic.dataclasses import dataclass as checked_dataclass
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import nn

from i2i.config import Size, Translation
from i2i.errors import BundleError, ConfigError
from i2i.files import replacing, write_text
from i2i.generators import build_generator
from i2i.generators.generator import Generator
from i2i.images import ImageSpec, Interpolation

FORMAT = 2
"""Version of the folder's format; a reader refuses what is newer than itself."""

CONFIG, WEIGHTS, CARD = "config.json", "model.safetensors", "README.md"


@checked_dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class BundleConfig:
    """What a bundle says of its model.

    Attributes:
        generator: name and arguments for `build_generator`.
        input, target: what the images of each side are.
        size: (height, width) of the training images.
        interpolation: by which they were resized.
        translation: the test-time policy.
        direction: from which side to which, in the names of the training pairs.
        layout: in which the training pairs stood.
        recipe: name of the recipe.
        validation: share of the training split that was held out, and `seed` by which.
        group: by which the pairs that were held out belong together; see `i2i.data.splits.HoldOut`.
        held_out: names of the pairs that were held out, where a list said which.
        task: that made the pairs of photos.
        scale: by which an image is enlarged before it is translated (super-resolution).
        seed: of the training.
        training: the whole resolved configuration, for the record.
        scores: measure → mean, low, high of a 95% interval, on the held-out pairs; with their protocol.
        format: version of the format.
    """

    generator: dict[str, Any]
    input: ImageSpec
    target: ImageSpec
    size: Size
    translation: Translation = field(default_factory=Translation)
    interpolation: Interpolation = "bicubic"
    direction: str = ""
    layout: Literal["", "side-by-side", "folders", "manifest", "photos"] = ""
    recipe: str = ""
    validation: float = 0.0
    group: str = ""
    held_out: tuple[str, ...] = ()
    task: str = ""
    scale: int = Checked(default=1, ge=1, le=16)
    seed: int = 0
    training: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    format: int = Checked(default=FORMAT, ge=1)


@dataclass(frozen=True)
class Bundle:
    """A loaded bundle: the network with its weights, and what it says of itself."""

    path: Path
    generator: Generator
    config: BundleConfig


_adapter: TypeAdapter[BundleConfig] = TypeAdapter(BundleConfig)


def save_bundle(folder: str | os.PathLike[str], generator: nn.Module, config: BundleConfig, card: str) -> None:
    """Write a bundle; each of its files takes the old one's place only when whole.

    Raises:
        StorageError: the disk is full or the folder can't be written.
    """
    folder = Path(folder)
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in generator.state_dict().items()}
    with replacing(folder / WEIGHTS) as file:
        file.write(save(weights, metadata={"format": "pt"}))
    write_text(folder / CONFIG, json.dumps(_adapter.dump_python(config, mode="json"), indent=2) + "\n")
    write_text(folder / CARD, card)


def load_bundle(path: str | os.PathLike[str]) -> Bundle:
    """Read a bundle, or the bundle of a run folder, onto the CPU.

    Raises:
        BundleError: nothing there, no weights, damaged, of a newer format, or weights of another network.
    """
    folder = find_bundle(path)
    config = read_bundle_config(folder)
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise BundleError(f"{folder}: the weights {WEIGHTS} are missing; copy the whole folder again")
    try:
        with torch.device("meta"):  # nothing is drawn or allocated that the weights replace
            generator = build_generator(**config.generator)
        generator.load_state_dict(load_file(weights), assign=True)
    except (SafetensorError, OSError) as error:
        raise BundleError(f"{weights}: is damaged ({error}); copy it again") from error
    except ConfigError as error:
        raise BundleError(f"{folder / CONFIG}: {error}") from error
    except (RuntimeError, TypeError) as error:
        reason = str(error).splitlines()[-1].strip()
        raise BundleError(f"{weights}: is not of the network that {CONFIG} describes: {reason}") from error
    return Bundle(folder, generator, config)


def find_bundle(path: str | os.PathLike[str]) -> Path:
    """The bundle's folder, for a bundle or for a run that holds one. Raises `BundleError` where there is none."""
    path = Path(path)
    for folder in (path, path / "bundle"):
        if (folder / CONFIG).is_file():
            return folder
    if not path.exists():
        raise BundleError(f"{path}: no such folder; expected a bundle or a run")
    if path.is_dir() and (path / "config.yaml").is_file():
        raise BundleError(f"{path}: is a run that has no bundle yet; let it train until its first validation")
    single = path.suffix in (".pth", ".pt", ".safetensors")
    hint = f"; 'i2i import' reads a {path.suffix} file" if single else ""
    raise BundleError(f"{path}: is not a bundle; expected a folder with {CONFIG} and {WEIGHTS}{hint}")


def read_bundle_config(folder: Path) -> BundleConfig:
    """What the bundle in `folder` says of itself. Raises `BundleError`."""
    file = folder / CONFIG
    try:
        tree = json.loads(file.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BundleError(f"{file}: is not JSON; copy the bundle again") from error
    found = tree.get("format", 0) if isinstance(tree, Mapping) else 0
    if not isinstance(found, int) or found < 1:
        raise BundleError(f'{file}: says no format version; expected "format": {FORMAT}; is this an i2i bundle?')
    if found > FORMAT:
        raise BundleError(f"{file}: has format {found}; this i2i reads up to {FORMAT}; upgrade i2i")
    try:
        return _adapter.validate_python(tree)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BundleError(f"{file}: '{key}': {first['msg']}; copy the bundle again") from error
