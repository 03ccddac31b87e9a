"""Images on their way: a folder for each request, and none is left behind."""

import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from i2i.errors import StorageError

_AT_A_TIME = 2**20


class Spool:
    """A folder that is there from the start of the service to its end.

    Args:
        parent: in which it is made; None for the system's folder for temporary files.

    Raises:
        StorageError: it can't be made.
    """

    def __init__(self, parent: Path | None) -> None:
        try:
            self.folder = Path(tempfile.mkdtemp(prefix="i2i-", dir=parent))
        except OSError as error:
            raise StorageError(
                f"{parent}: can't hold the images ({error.strerror or error}); choose another"
            ) from error

    def new(self) -> Path:
        """An empty folder."""
        folder = self.folder / secrets.token_hex(8)
        folder.mkdir()
        return folder

    @contextmanager
    def borrowed(self) -> Iterator[Path]:
        """An empty folder that is gone afterwards."""
        folder = self.new()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def remove(self) -> None:
        """The whole of it."""
        shutil.rmtree(self.folder, ignore_errors=True)


async def keep(upload: UploadFile, folder: Path, number: int = 0) -> Path:
    """Write what was sent into `folder`, under a name that ends as its own does."""
    path = folder / f"input-{number}{_ending(upload.filename or '')}"
    if upload.size is not None and upload.size <= _AT_A_TIME:
        path.write_bytes(await upload.read())
        return path
    with path.open("wb") as file:
        await run_in_threadpool(shutil.copyfileobj, upload.file, file, _AT_A_TIME)
    return path


def plain_name(upload: UploadFile) -> str:
    """The name that its sender gave it, without folders and what could break a line or a header."""
    name = re.split(r"[/\\]", upload.filename or "")[-1]
    return re.sub(r"[\x00-\x1f\x7f\"]", "_", name)[:200] or "image"


def _ending(name: str) -> str:
    found = re.search(r"(\.nii)?\.[A-Za-z0-9]{1,8}$", name)
    return found.group().lower() if found else ""
