"""What the routes share: a request's images to a worker, and what it made of them back."""

import asyncio
import contextlib
import re
import shutil
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from fastapi import Request, Response
from starlette.datastructures import UploadFile
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from i2i.server.gate import record_of
from i2i.server.metrics import Metrics
from i2i.server.pool import COMMAND, Pool
from i2i.server.problems import Problem
from i2i.server.settings import Settings
from i2i.server.spool import Spool, keep, plain_name

_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".bmp": "image/bmp",
    ".pgm": "image/x-portable-graymap",
    ".ppm": "image/x-portable-pixmap",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".dcm": "application/dicom",
    ".nii.gz": "application/gzip",
    ".zip": "application/zip",
}

_AT_ONCE = 2**22
"""Bytes up to which an answer is read into memory; larger ones are sent piece by piece."""

Value = TypeVar("Value")


class Service:
    """The parts of a running service.

    Raises:
        StorageError: there is no room for images.
    """

    def __init__(self, settings: Settings, command: Sequence[str] = COMMAND) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.pool = Pool(settings, self.metrics.batch, command)
        self.spool = Spool(settings.spool)

    def model(self, request: Request, name: str | None) -> dict[str, Any]:
        """The description of a served bundle by its name, or of the only one. Raises `Problem`."""
        models = self.pool.models
        if not models:
            raise Problem(503, "not_ready", "the weights are being read; try again in a moment", retry_after=2)
        if name is None and len(models) > 1:
            raise Problem(422, "which_model", f"model: is missing; expected one of {', '.join(models)}")
        name = name or next(iter(models))
        if name not in models:
            raise Problem(
                404, "no_such_model", f"model: there is no '{name[:80]}'; expected one of {', '.join(models)}"
            )
        record_of(request.scope).model = name
        return models[name]

    def limits(self) -> dict[str, int]:
        """What an image and a request may be."""
        return {"pixels": self.settings.pixels, "bytes": self.settings.bytes}

    async def ask(
        self,
        request: Request,
        folder: Path,
        source: Path,
        what: str,
        model: str,
        fields: Mapping[str, Any],
        **wish: Any,
    ) -> dict[str, Any]:
        """Have a worker make something of the file at `source` in `folder`, as long as somebody waits for it.

        Args:
            request: of whom; its record tells how long it took.
            folder: for what is made.
            source: the image.
            what: "translate", "preview", "explain" or "card".
            model: the name of a served bundle.
            fields: of `what`, beside the wish.
            wish: the fields of `i2i.server.model.Wish`.

        Raises:
            Problem: it can't be had, or not within the time limit, or its sender has gone.
        """
        wish["source"] = str(source)
        message = {"do": what, "model": model, "to": str(folder), "fields": dict(fields), "wish": wish}
        answer = await unless_gone(request, self._in_time(self.pool.run(message)))
        if "waited" in answer:
            record = record_of(request.scope)
            record.waited, record.seconds = answer["waited"], answer["seconds"]
        return answer

    async def preview_of(self, request: Request, source: Path, name: str, model: str) -> Response:
        """An input as people can look at it."""
        with self.spool.borrowed() as folder:
            answer = await self.ask(request, folder, source, "preview", model, {}, name=name)
            return Response((folder / answer["files"][0]).read_bytes(), media_type="image/png")

    async def _in_time(self, work: Coroutine[Any, Any, Value]) -> Value:
        limit = self.settings.timeout
        try:
            async with asyncio.timeout(limit):
                return await work
        except TimeoutError:
            raise Problem(
                504, "too_slow", f"no answer within {limit:g} s; send large images to /v1/jobs, which has no such limit"
            ) from None


class Spooled(FileResponse):
    """A file of which the folder is removed once it is sent, or no longer wanted."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            shutil.rmtree(Path(self.path).parent, ignore_errors=True)


def sent(path: Path, name: str, headers: Mapping[str, str], *, once: bool = True) -> Response:
    """A file as an answer; with `once` its folder is removed afterwards."""
    told = {"Content-Disposition": disposition(name), "X-Content-Type-Options": "nosniff", **headers}
    kind = media_type(name)
    if path.stat().st_size > _AT_ONCE:
        return (Spooled if once else FileResponse)(path, media_type=kind, headers=told)
    content = path.read_bytes()
    if once:
        shutil.rmtree(path.parent, ignore_errors=True)
    return Response(content, media_type=kind, headers=told)


def unchanged_or_sent(request: Request, path: Path, kind: str, headers: Mapping[str, str]) -> Response:
    """A file that stays where it is; nothing but a nod to whoever has it already."""
    response = FileResponse(path, media_type=kind, headers=dict(headers), stat_result=path.stat())
    if request.headers.get("if-none-match") == response.headers["etag"]:
        kept = {name: response.headers[name] for name in ("etag", "last-modified")}
        return Response(status_code=304, headers={**kept, **headers})
    return response


def media_type(name: str) -> str:
    """The type of an image's file by its ending."""
    lower = name.lower()
    return next((kind for ending, kind in _TYPES.items() if lower.endswith(ending)), "application/octet-stream")


def disposition(name: str) -> str:
    """The header that gives a file its name (RFC 6266)."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_").replace("\\", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def stem(name: str) -> str:
    """A file's name without the ending that says the format."""
    return re.sub(r"(\.nii\.gz|\.[A-Za-z0-9]{1,8})$", "", name, flags=re.IGNORECASE) or name


def ending(file: str) -> str:
    """Of a file that a worker made: 1.nii.gz -> .nii.gz."""
    return file[file.index(".") :]


async def unless_gone(request: Request, work: Coroutine[Any, Any, Value]) -> Value:
    """What `work` gives, which is given up if its asker hangs up. Raises `Problem` then."""
    task, gone = asyncio.ensure_future(work), asyncio.ensure_future(_hung_up(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Problem(499, "gone", "the client has gone")
        return task.result()
    finally:
        for each in (task, gone):
            each.cancel()
        with contextlib.suppress(BaseException):
            await task


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def received(upload: UploadFile, folder: Path, number: int = 0) -> tuple[Path, str]:
    """What was sent, as a file in `folder`, and its name."""
    if not upload.size:
        raise Problem(400, "bad_image", f"{plain_name(upload)}: is empty (0 bytes); expected an image")
    return await keep(upload, folder, number), plain_name(upload)


def timing(answer: Mapping[str, Any], model: str, seed: int) -> dict[str, str]:
    """The headers that tell by what an answer was made, and in which time."""
    headers = {"X-I2I-Model": model, "X-I2I-Seed": str(seed)}
    if "waited" in answer:
        waited, seconds = 1000 * max(answer["waited"], 0.0), 1000 * answer["seconds"]
        headers["Server-Timing"] = f"queue;dur={waited:.1f}, model;dur={seconds:.1f}"
    return headers
