"""Bring a bundle to a hub: first packed, so that all that would be sent can be looked at; then sent as one commit."""

import json
import logging
import os
import warnings
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from i2i.bundle import (
    BESIDES,
    CARD,
    CONFIG,
    EXAMPLES,
    NEEDED,
    find_bundle,
    read_bundle_config,
)
from i2i.bundle import examples as examples_of
from i2i.errors import BundleError, HubError
from i2i.hub import HubName, explained, fetch, prepare_client, size_text
from i2i.sharing.checking import checked_weights
from i2i.sharing.metadata import complete_card, said_licence
from i2i.sharing.privacy import retold, without_places

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import ModelInfo

logger = logging.getLogger(__name__)

_GRAPH = ("int8.json", "int8.xml", "int8.bin")


@dataclass(frozen=True)
class Parcel:
    """All that would be sent, and where.

    Attributes:
        name: of the repository.
        files: by their path in it: a file to send as it is, or content that was made for it.
        shortened: paths that `config.json` and the card say by their last part alone.
        held_out: how many names of pairs are in `config.json`.
        licence: that the card names, or empty.
        direction: of the translator.
    """

    name: HubName
    files: dict[str, Path | bytes]
    shortened: dict[str, str]
    held_out: int
    licence: str
    direction: str

    def size(self, file: str) -> int:
        """Of one of the files, in bytes."""
        content = self.files[file]
        return len(content) if isinstance(content, bytes) else content.stat().st_size

    def describe(self) -> list[str]:
        """What would be sent, a line a thing, and what to think of before."""
        lines = [f"{file}  {size_text(self.size(file))}" for file in self.files]
        pictures = [file for file in self.files if file.startswith(f"{EXAMPLES}/")]
        if pictures:
            lines.append(
                f"note: {len(pictures)} example images are of the held-out data; --examples off keeps them here"
            )
        if self.held_out:
            lines.append(f"note: {CONFIG} names the {self.held_out} pairs that were held out by a list")
        lines += [f"note: {path} is said as {name} alone" for path, name in self.shortened.items()]
        if not self.licence:
            lines.append("note: no licence is named, so nobody may use it; --licence names one")
        return lines


@dataclass(frozen=True)
class Pushed:
    """What became of it: the address of the commit, whether the repository is new, and what was taken out of it."""

    address: str
    commit: str
    created: bool
    private: bool
    removed: tuple[str, ...]


def push_bundle(
    bundle: str | os.PathLike[str],
    to: str,
    *,
    private: bool | None = None,
    message: str | None = None,
    licence: str | None = None,
    examples: bool = True,
) -> Pushed:
    """Bring a bundle to a hub, where `i2i.load("hub:OWNER/NAME")` finds it.

    Args:
        bundle: a bundle or a run folder.
        to: "OWNER/NAME".
        private: whether others can't see it; None: they can't see a new repository, one that is there stays as it is.
        message: of the commit.
        licence: for the card: "mit", "cc-by-4.0" …; None leaves what the card says.
        examples: send the example images, which are of the held-out data.

    Raises:
        BundleError: the bundle can't be loaded.
        HubError: no access, no network, or something else than a bundle is there.
    """
    return push(pack(bundle, to, licence=licence, examples=examples), private=private, message=message)


def pack(bundle: str | os.PathLike[str], to: str, *, licence: str | None = None, examples: bool = True) -> Parcel:
    """Make ready what `push` sends, and touch nothing; arguments and errors as for `push_bundle`."""
    name = HubName.read(to)
    if name.revision:
        raise HubError(f"{to}: a push makes a new revision; expected OWNER/NAME alone")
    folder = find_bundle(bundle)
    config = read_bundle_config(folder)
    weights = checked_weights(folder, config)
    training, shortened = without_places(config.training)
    card = _card(folder)
    completed = retold(complete_card(card, config, name.repository, licence), shortened)
    files: dict[str, Path | bytes] = {
        CONFIG: _description(folder, training),
        **{file: folder / file for file in weights},
        CARD: completed.encode(),
    }
    if all((folder / part).is_file() for part in _GRAPH):
        files |= {part: folder / part for part in _GRAPH}
        files[_GRAPH[0]] = retold((folder / _GRAPH[0]).read_text(encoding="utf-8"), shortened).encode()
    if examples:
        files |= {f"{EXAMPLES}/{file.name}": file for file in examples_of(folder)}
    return Parcel(name, files, shortened, len(config.held_out), said_licence(completed), config.direction)


def push(parcel: Parcel, *, private: bool | None = None, message: str | None = None) -> Pushed:
    """Send what `pack` made ready, as one commit, all or nothing; arguments and errors as for `push_bundle`.

    A bundle that is there already is succeeded by this one, and stays in the repository's history; files there that
    are no part of a bundle stay.
    """
    prepare_client()
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants

    if constants.HF_HUB_OFFLINE:
        raise HubError(f"{parcel.name}: HF_HUB_OFFLINE is set, so nothing can be sent; unset it to push")
    api, repository = HfApi(), parcel.name.repository
    with explained(parcel.name):
        found = _found(api, parcel.name)
        if found is None:
            api.create_repo(repository, private=private is not False)
        elif private is not None and bool(found.private) != private:
            raise HubError(
                f"{parcel.name}: is there and is {'private' if found.private else 'public'}, which a push does not "
                "change; change it in the repository's settings, or leave that flag away"
            )
        there = found or api.model_info(repository, timeout=30)
        stale = _stale(there, parcel)
        operations: list[CommitOperationAdd | CommitOperationDelete] = [
            *(CommitOperationAdd(path, content) for path, content in parcel.files.items()),
            *(CommitOperationDelete(path) for path in stale),
        ]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            commit = api.create_commit(
                repository,
                operations,
                commit_message=message or f"{parcel.direction or 'i2i'} translator, i2i {version('i2i')}",
                parent_commit=there.sha,
            )
        for warning in (each for each in caught if issubclass(each.category, UserWarning)):
            logger.warning(f"{parcel.name}: {' '.join(str(warning.message).split())}")
    return Pushed(str(commit.commit_url), commit.oid, found is None, bool(there.private), tuple(stale))


def _found(api: "HfApi", name: HubName) -> "ModelInfo | None":
    """The repository as it is, if it is there; refused if it is of something else than a bundle."""
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    try:
        info = api.model_info(name.repository, timeout=30)
    except GatedRepoError:
        raise
    except RepositoryNotFoundError:
        return None
    files = [file for file in _files(info) if not file.startswith(".git")]
    if not files:
        return info
    if not set(NEEDED) <= set(files):
        raise HubError(f"{name}: holds no bundle but {', '.join(files[:5])}, and stays as it is; choose another name")
    folder = fetch(HubName(name.repository, info.sha or ""), (CONFIG,))
    try:
        read_bundle_config(folder)
    except BundleError as error:
        reason = str(error).removeprefix(f"{folder}{os.sep}")
        raise HubError(
            f"{name}: holds no bundle known here and stays as it is ({reason}); choose another name"
        ) from error
    return info


def _files(info: "ModelInfo") -> list[str]:
    return [file.rfilename for file in info.siblings or []]


def _stale(info: "ModelInfo", parcel: Parcel) -> list[str]:
    """Parts of the bundle that is there, which this one does not have."""
    return [
        file
        for file in _files(info)
        if file not in parcel.files and any(fnmatchcase(file, pattern) for pattern in BESIDES)
    ]


def _description(folder: Path, training: dict[str, Any]) -> bytes:
    """`config.json` with another record of the training."""
    tree = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    return (json.dumps({**tree, "training": training}, indent=2) + "\n").encode()


def _card(folder: Path) -> str:
    file = folder / CARD
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BundleError(f"{file}: can't be read ({error}); a bundle has its card there, in Markdown") from error
