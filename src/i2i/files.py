"""Writing files so that nothing is lost: a temporary name, synced, then renamed."""

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from i2i.errors import StorageError


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a binary file that takes the place of `path` only once it is written whole and synced.

    Whatever fails inside, the file that stood at `path` before stays as it was.

    Raises:
        StorageError: the disk is full, the folder is not writable, or the device failed.
    """
    target = Path(path)
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise StorageError(_explain(target, error)) from error
    finally:
        with suppress(OSError):
            partial.unlink()


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Replace the file at `path` with `text` in UTF-8; see `replacing` for what is promised."""
    with replacing(path) as file:
        file.write(text.encode())


def append_text(path: str | os.PathLike[str], text: str) -> None:
    """Add `text` in UTF-8 to the end of the file at `path`. Raises `StorageError` as `replacing` does."""
    try:
        with Path(path).open("a", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise StorageError(_explain(Path(path), error)) from error


def refuse_filled(folder: str | os.PathLike[str]) -> None:
    """Refuse a folder, for new files, that holds something already. Raises `StorageError`."""
    folder = Path(folder)
    found = next(folder.iterdir(), None) if folder.is_dir() else folder if folder.exists() else None
    if found:
        raise StorageError(f"{folder}: already holds {found.name}; expected a new or empty folder; choose another")


def claim(folder: Path, record: str, identity: Mapping[str, object], what: str) -> None:
    """Take a folder for files that belong together: a new one, or one that this same call has taken before.

    Args:
        folder: made if it is not there.
        record: name of the file in it that says by what its other files were made.
        identity: what it says, in JSON.
        what: the others are, for the message: "translations".

    Raises:
        StorageError: the folder holds such files by another identity, or other things.
    """
    text = json.dumps(identity, indent=1) + "\n"
    if (folder / record).is_file():
        if (folder / record).read_text(encoding="utf-8") != text:
            raise StorageError(f"{folder}: holds {what} by another bundle or other settings; give --to a new folder")
        return
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StorageError(f"{folder}: is there and holds other things, which stay as they are; give --to a new folder")
    write_text(folder / record, text)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # folders can't be opened there; the rename itself is durable enough
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _explain(target: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"{target}: the disk is full; what was saved before is untouched; free some space, then run it again"
    return f"{target}: can't be written ({error.strerror or error}); check the folder and its permissions"
