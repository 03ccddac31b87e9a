"""Published weights of feature networks: where they are looked for, and what is said when they are nowhere."""

import os
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from i2i.errors import InputError, MissingWeightsError

FOLDER_VARIABLE = "I2I_WEIGHTS"
"""Environment variable that names the folder with pretrained feature weights."""


@dataclass(frozen=True)
class PublishedWeights:
    """A weight file that its authors publish: its name, where from, and its size."""

    network: str
    file: str
    megabytes: int

    @property
    def url(self) -> str:
        """Where the file is published."""
        return f"https://download.pytorch.org/models/{self.file}"


def load_published(
    published: PublishedWeights, path: str | os.PathLike[str] | None = None, download: bool = False
) -> Mapping[str, Tensor]:
    """The state dict of published weights, from the first of: `path`, the folder `I2I_WEIGHTS`, torch.hub's cache.

    Args:
        published: which weights.
        path: the file, or a folder that holds it under its published name; nowhere else is looked then.
        download: fetch the file from `published.url` into torch.hub's cache if it is nowhere. Never without this.

    Raises:
        MissingWeightsError: the file is nowhere, or could not be fetched.
        InputError: the file is not a PyTorch weight file.
    """
    places = _places(published, path)
    found = next((place for place in places if place.is_file()), None)
    if found is not None:
        return _read(found)
    if download:
        return _fetch(published)
    raise MissingWeightsError(_missing(published, places))


def _places(published: PublishedWeights, path: str | os.PathLike[str] | None) -> list[Path]:
    if path is not None:
        return [Path(path) / published.file if Path(path).is_dir() else Path(path)]
    folder = os.environ.get(FOLDER_VARIABLE)
    cache = Path(torch.hub.get_dir()) / "checkpoints"
    return [Path(place) / published.file for place in (folder, cache) if place]


def _read(path: Path) -> Mapping[str, Tensor]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, OSError, EOFError, ValueError, KeyError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: is not a PyTorch weight file, or is cut short; fetch it again") from error
    if not isinstance(state, Mapping):
        raise InputError(f"{path}: holds a {type(state).__name__}; expected a state dict of tensors by name")
    return state


def _fetch(published: PublishedWeights) -> Mapping[str, Tensor]:
    try:
        state: Mapping[str, Tensor] = torch.hub.load_state_dict_from_url(
            published.url, map_location="cpu", check_hash=True, weights_only=True
        )
    except (OSError, RuntimeError) as error:
        raise MissingWeightsError(
            f"{published.url}: could not be fetched ({error}); fetch {published.file} elsewhere and put it into "
            f"the folder that {FOLDER_VARIABLE} names"
        ) from error
    return state


def _missing(published: PublishedWeights, places: list[Path]) -> str:
    looked = " and ".join(str(place) for place in places)
    return (
        f"{published.network} needs its weights {published.file}, not found at {looked}; get them from {published.url} "
        f"({published.megabytes} MB), put them there, in the folder named by {FOLDER_VARIABLE}, or pass their path, "
        "or allow the download"
    )
