"""Fetch a bundle's files by the name of its repository, into the hub's own cache."""

import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from i2i.errors import BundleError, HubError
from i2i.hub.client import explained, first_line, is_unreachable, prepare_client, transport_errors
from i2i.hub.names import HubName
from i2i.hub.sizes import size_text

logger = logging.getLogger(__name__)

LIMIT = 16 * 10**9
"""Bytes in all beyond which nothing is fetched: the largest translators are a tenth of it."""
FIRST_LIMIT = 16 * 10**6
"""Bytes of the description, by which it is known whether to fetch the rest."""
MOST_FILES = 200
ATTEMPTS = 4
"""At a file whose transfer breaks; it goes on where it broke as far as the client can."""

_SAFE = re.compile(r"(?:\w[\w .-]*/)?\w[\w .-]*")


@dataclass(frozen=True)
class _Listing:
    """What is to be fetched of a commit: files to their bytes."""

    commit: str
    files: dict[str, int]


def fetch(
    name: HubName, needed: Sequence[str], wanted: Sequence[str] = (), *, check: Callable[[Path], object] | None = None
) -> Path:
    """The folder with a repository's files, in the hub's cache; what is not there yet is fetched, and said before.

    Where the hub can't be reached, or HF_HUB_OFFLINE is set, it is what was fetched before.

    Args:
        name: of the repository.
        needed: files that must be there; the first describes the others and is fetched before them.
        wanted: names of others, with * for any part of a name: none else are fetched.
        check: shown the folder with the first file in it; raises `BundleError` if it is of something else.

    Raises:
        HubError: no such repository, no access, no network and nothing in the cache, or something else in it.
        StorageError: the cache can't be written.
    """
    prepare_client()
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return _fetched_before(name, needed, "HF_HUB_OFFLINE is set")
    with explained(name):
        try:
            listing = _look_up(name, needed, wanted)
        except Exception as error:
            if not is_unreachable(error):
                raise
            reason = f"the hub can't be reached: {first_line(error)}"
            folder = _fetched_before(name, needed, reason)
            logger.warning(f"{name}: {reason}; using commit {folder.name[:8]}, fetched before")
            return folder
        return _download(name, listing, needed[0], check)


def _look_up(name: HubName, needed: Sequence[str], wanted: Sequence[str]) -> _Listing:
    """What the repository has of a bundle's files, now."""
    from huggingface_hub import HfApi

    info = HfApi().model_info(name.repository, revision=name.revision or None, files_metadata=True, timeout=30)
    sizes = {file.rfilename: file.size or 0 for file in info.siblings or []}
    missing = [file for file in needed if file not in sizes]
    if missing or info.sha is None:
        there = ", ".join(sorted(sizes)[:5]) or "nothing"
        raise HubError(f"{name}: is not an i2i bundle: has no {' and no '.join(missing)}, but {there}")
    chosen = {file: size for file, size in sizes.items() if _belongs(file, (*needed, *wanted))}
    total = sum(chosen.values())
    described = chosen[needed[0]]
    if total > LIMIT or described > FIRST_LIMIT or len(chosen) > MOST_FILES:
        limits = f"at most {MOST_FILES} files, {size_text(LIMIT)}, of which {size_text(FIRST_LIMIT)} {needed[0]}"
        found = f"{len(chosen)} files, {size_text(total)}, of which {size_text(described)} {needed[0]}"
        raise HubError(f"{name}: has {found}; {limits} are fetched; download it by hand and give its folder")
    return _Listing(info.sha, chosen)


def _belongs(file: str, patterns: Sequence[str]) -> bool:
    """Whether it is one of the patterns, in a folder that is in one, and of a harmless name."""
    return bool(_SAFE.fullmatch(file)) and any(
        fnmatchcase(file, pattern) and file.count("/") == pattern.count("/") for pattern in patterns
    )


def _download(name: HubName, listing: _Listing, first: str, check: Callable[[Path], object] | None) -> Path:
    from huggingface_hub import try_to_load_from_cache

    absent = [
        file
        for file in listing.files
        if not isinstance(try_to_load_from_cache(name.repository, file, revision=listing.commit), str)
    ]
    # By the revision's own name, so that the cache learns which commit it stands for.
    folder = _file(name, first, name.revision or "main").parent
    if folder.name != listing.commit:
        raise HubError(f"{name}: was changed while it was fetched; run it again")
    try:
        if check:
            check(folder)
    except BundleError as error:
        raise HubError(f"{name}: {str(error).removeprefix(f'{folder}').lstrip('/')}") from error
    rest = [file for file in absent if file != first]
    if rest:
        size = size_text(sum(listing.files[file] for file in rest))
        logger.info(f"{name}: fetching {', '.join(rest)}, {size}, of commit {listing.commit[:8]}, into {folder}")
    for file in rest:
        _file(name, file, listing.commit)
    return folder


def _file(name: HubName, file: str, revision: str) -> Path:
    """One file, in the cache."""
    from huggingface_hub import hf_hub_download

    for attempt in range(1, ATTEMPTS):
        try:
            return Path(hf_hub_download(name.repository, file, revision=revision))
        except transport_errors() as error:
            logger.info(f"{name}: {file}: the transfer broke ({first_line(error)}); trying again")
            time.sleep(attempt)
    return Path(hf_hub_download(name.repository, file, revision=revision))


def _fetched_before(name: HubName, needed: Sequence[str], reason: str) -> Path:
    """The folder in the cache of this revision. Raises `HubError` that tells what else there is."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(name.repository, needed[0], revision=name.revision or "main")
    if not isinstance(found, str):
        raise HubError(f"{name}: {reason}, and {_others(name)}; fetch it while there is a network")
    folder = Path(found).parent
    missing = [file for file in needed if not (folder / file).is_file()]
    if missing:
        raise HubError(
            f"{name}: {reason}, and {', '.join(missing)} was not fetched before; fetch it while there is a network"
        )
    return folder


def _others(name: HubName) -> str:
    """What the cache has of the repository."""
    from huggingface_hub import CacheNotFound, scan_cache_dir

    try:
        repositories = scan_cache_dir().repos
    except (CacheNotFound, ValueError):
        return "nothing was fetched before"
    kept = [each for each in repositories if each.repo_id == name.repository and each.repo_type == "model"]
    known = sorted(
        f"{commit.commit_hash[:8]} ({', '.join(sorted(commit.refs))})" if commit.refs else commit.commit_hash
        for each in kept
        for commit in each.revisions
    )
    return f"the cache has other revisions of it: {', '.join(known)}" if known else "it was not fetched before"
