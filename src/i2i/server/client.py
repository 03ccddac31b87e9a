"""The other end: images sent to a service, many at once, and what comes back put into files."""

import http.client
import json
import re
import secrets
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from i2i.errors import ConfigError, ImageError, ServiceError, StorageError
from i2i.files import claim, replacing

RECORD = ".i2i.json"
"""In the folder of answers: by which bundle and settings they were made."""

_PATIENCE = 300.0
"""Seconds for which a service that is busy, or away, is asked again."""

_LONGEST_WAIT = 30.0
_POLL = 0.5
_ANSWERS = 300.0
"""Seconds within which a service that has a request says something."""

Progress = Callable[[int, int], None]


@dataclass
class Received:
    """What became of each image: written now, there already, or not and why."""

    written: list[Path] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)
    failed: dict[Path, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]

    def problem(self) -> tuple[str, str]:
        """Code and message of what the service could not do."""
        try:
            error = json.loads(self.body)["error"]
            return str(error["code"]), str(error["message"])
        except (ValueError, KeyError, TypeError):
            return "error", f"answered with status {self.status}; is this an i2i service?"


class Client:
    """A service, spoken to by as many threads as want to; a context manager, which hangs up.

    Args:
        url: where it is: http://host:port, with a path if it is behind one.
        key: that it asks for, if it does.
        patience: seconds for which a busy service is asked again.

    Raises:
        ConfigError: the address is none.
    """

    def __init__(self, url: str, key: str | None = None, patience: float = _PATIENCE) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        try:
            self._host, self._port = parts.hostname, parts.port
        except ValueError as error:
            raise ConfigError(f"{url}: is no address ({error}); expected http://HOST:PORT") from error
        if parts.scheme not in ("http", "https") or not self._host:
            raise ConfigError(f"{url}: is no address; expected http://HOST:PORT or https://HOST")
        self.url, self._path, self._patience = url, parts.path.rstrip("/"), patience
        self._kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._own = threading.local()
        self._open: set[http.client.HTTPConnection] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up, all threads' connections."""
        while self._open:
            self._open.pop().close()

    def models(self) -> dict[str, Any]:
        """What is served, as `GET /v1/models` tells it. Raises `ServiceError`."""
        found: dict[str, Any] = json.loads(self._served(self.ask("GET", "/v1/models")).body)
        return found

    def translate(
        self, path: Path, fields: Mapping[str, str], *, job: bool = False, progress: Progress | None = None
    ) -> list[tuple[str, bytes]]:
        """The samples of one image, each with the ending of its name.

        Args:
            path: the image.
            fields: of `POST /v1/translate`.
            job: as a job, which has no time limit; then `progress` is called with (tiles done, of how many).

        Raises:
            ImageError: the file can't be read here, or not there.
            ServiceError: the service can't be reached, wants a key, is busy for too long, or lacks what is asked for.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ImageError(f"{path}: can't be read ({error.strerror or error}); check its permissions") from error
        kind, body = _form(path.name, content, fields)
        answer = self.ask("POST", "/v1/jobs" if job else "/v1/translate", body, kind)
        if job:
            answer = self._result(path, json.loads(self._translated(path, answer).body), progress)
        return _samples(self._translated(path, answer))

    def ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> _Answer:
        """One answer. A service that is busy or being started again is asked again when it says, for a while.

        Raises:
            ServiceError: it can't be reached.
        """
        until, pause = time.monotonic() + self._patience, 0.5
        while True:
            try:
                answer = self._once(method, path, body, kind)
            except (OSError, http.client.HTTPException) as error:
                answer, reason = None, str(getattr(error, "strerror", None) or error or type(error).__name__)
                if isinstance(error, ConnectionRefusedError) or time.monotonic() + pause > until:
                    raise ServiceError(f"{self.url}: can't be reached ({reason}); is it running?") from error
            if answer is not None and answer.status not in (429, 503):
                return answer
            wait = pause if answer is None else _seconds(answer.headers.get("retry-after"), pause)
            if answer is not None and time.monotonic() + wait > until:
                raise ServiceError(f"{self.url}: {answer.problem()[1]}")
            time.sleep(wait)
            pause = min(pause * 2, _LONGEST_WAIT)

    def _once(self, method: str, path: str, body: bytes, kind: str) -> _Answer:
        """By this thread's connection, which a service may have closed since."""
        connection = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self._kind(self._host or "", self._port, timeout=_ANSWERS)
            self._open.add(connection)
        try:
            connection.request(
                method, self._path + path, body or None, self._headers | ({"Content-Type": kind} if kind else {})
            )
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return _Answer(answer.status, answer.read(), headers)
        except (OSError, http.client.HTTPException):
            connection.close()
            self._open.discard(connection)
            self._own.connection = None
            raise

    def _result(self, path: Path, job: Mapping[str, str], progress: Progress | None) -> _Answer:
        """What a job made, once it has ended."""
        while True:
            answer = self.ask("GET", job["status"])
            state = json.loads(self._translated(path, answer).body)
            if state["state"] == "failed":
                raise ImageError(f"{path}: {state['error']}")
            if state["state"] == "cancelled":
                raise ImageError(f"{path}: the job was cancelled")
            if progress and state["of"]:
                progress(state["done"], state["of"])
            if state["state"] == "done":
                return self.ask("GET", job["result"])
            time.sleep(_POLL)

    def _translated(self, path: Path, answer: _Answer) -> _Answer:
        """An answer to an image: what is wrong with the image is its fault alone."""
        if answer.status in (400, 408, 413, 415, 500, 504):
            message = answer.problem()[1]
            raise ImageError(f"{path}: {message.removeprefix(f'{path.name}: ')}")
        return self._served(answer)

    def _served(self, answer: _Answer) -> _Answer:
        if answer.status >= 300:
            raise ServiceError(f"{self.url}: {answer.problem()[1]}")
        return answer


def translate_file(
    client: Client,
    image: Path,
    to: Path,
    fields: Mapping[str, str],
    *,
    job: bool = False,
    progress: Progress | None = None,
) -> list[Path]:
    """Have one image translated: into the file `to`, if that has an ending, else into the folder `to`.

    Raises:
        ImageError, ServiceError: see `Client.translate`.
        StorageError: a file is there already, or can't be written.
    """
    if not image.is_file():
        raise ImageError(f"{image}: no such file or folder; check the path")
    wanted = _ending(to.name)
    stem = to.with_name(to.name.removesuffix(wanted)) if wanted else to / _stem(image.name)
    if wanted:
        _refuse_present([to])
        fields = {**fields, "format": wanted}
    samples = client.translate(image, fields, job=job, progress=progress)
    paths = [stem.with_name(f"{stem.name}{number}{ending}") for number, (ending, _) in _numbered(samples)]
    _refuse_present(paths)
    for path, (_, content) in zip(paths, samples, strict=True):
        _write(path, content)
    return paths


def translate_folder(
    client: Client,
    source: Path,
    to: Path,
    fields: Mapping[str, str],
    *,
    at_once: int = 4,
    job: bool = False,
    progress: Progress | None = None,
) -> Received:
    """Have every image below `source` translated into `to`, under the same relative name.

    What is there already is not asked for again; one bad file does not stop the rest.

    Args:
        client: the service.
        source: a folder.
        to: the folder of the answers; those that this same call has made before are skipped.
        fields: of `POST /v1/translate`.
        at_once: requests under way.
        job: each as a job, which has no time limit.
        progress: called with (done, of how many).

    Raises:
        ImageError: there is no image below `source`.
        ServiceError: the service can't be reached, wants a key, is busy for too long, or lacks what is asked for.
        StorageError: `to` holds other things, or can't be written.
    """
    if to.resolve() == source.resolve():
        raise StorageError(f"{to}: holds other things, the inputs, which stay as they are; give --to a new folder")
    endings = tuple(client.models()["formats"])
    images = [
        path
        for path in sorted(source.rglob("*"))
        if path.is_file() and path.name.lower().endswith(endings) and path.name[0] != "." and to not in path.parents
    ]
    if not images:
        raise ImageError(f"{source}: holds no images; expected {', '.join(endings)}")
    claim(to, RECORD, {"service": client.url, **fields}, "translations")
    received, there = Received(), _there(to)

    def one(path: Path, name: str) -> tuple[Path, list[Path], str | None]:
        try:
            samples = client.translate(path, fields, job=job)
        except ImageError as error:
            return path, [], str(error)
        paths = [to / f"{name}{number}{ending}" for number, (ending, _) in _numbered(samples)]
        for file, (_, content) in zip(paths, samples, strict=True):
            _write(file, content)
        return path, paths, None

    named = list(_names(images, source))
    received.skipped = [path for path, name in named if _first(name, fields) in there]
    left = [(path, name) for path, name in named if _first(name, fields) not in there]
    with ThreadPoolExecutor(at_once) as threads:
        futures = [threads.submit(one, *each) for each in left]
        try:
            for done, future in enumerate(futures, start=1):
                path, paths, failure = future.result()
                received.written += paths
                if failure is not None:
                    received.failed[path] = failure
                if progress:
                    progress(len(received.skipped) + done, len(images))
        except BaseException:
            for future in futures:
                future.cancel()
            raise
    return received


def _first(name: str, fields: Mapping[str, str]) -> str:
    """The name of an image's first answer, without ending."""
    return name if fields.get("samples", "1") == "1" else f"{name}.{fields['samples']}"


def _there(to: Path) -> set[str]:
    """Answers that lie in a folder, as relative names without ending."""
    return {_stem(path.relative_to(to).as_posix()) for path in to.rglob("*") if path.is_file() and path.name[0] != "."}


def _numbered(samples: list[tuple[str, bytes]]) -> Iterator[tuple[str, tuple[str, bytes]]]:
    for number, sample in enumerate(samples, start=1):
        yield "" if len(samples) == 1 else f".{number}", sample


def _names(images: list[Path], source: Path) -> Iterator[tuple[Path, str]]:
    """Each image with the name of its answer; the ending stays where two differ by it alone."""
    relative = [path.relative_to(source).as_posix() for path in images]
    stems = Counter(_stem(name) for name in relative)
    for path, name in zip(images, relative, strict=True):
        yield path, _stem(name) if stems[_stem(name)] == 1 else name


def _samples(answer: _Answer) -> list[tuple[str, bytes]]:
    """One image as it came, or those of a ZIP."""
    name = unquote(answer.headers.get("content-disposition", "").rpartition("''")[2])
    if _ending(name) != ".zip":
        return [(_ending(name) or ".png", answer.body)]
    with zipfile.ZipFile(BytesIO(answer.body)) as packed:
        return [(_ending(PurePosixPath(each.filename).name) or ".png", packed.read(each)) for each in packed.infolist()]


def _form(name: str, content: bytes, fields: Mapping[str, str]) -> tuple[str, bytes]:
    """multipart/form-data (RFC 7578): its type, and its body."""
    edge = secrets.token_hex(16)
    quoted = re.sub(r"[\"\r\n]", "_", name)
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
        for field, value in fields.items()
    ]
    parts.append(f'--{edge}\r\nContent-Disposition: form-data; name="image"; filename="{quoted}"\r\n\r\n')
    body = "".join(parts).encode() + content + f"\r\n--{edge}--\r\n".encode()
    return f"multipart/form-data; boundary={edge}", body


def _ending(name: str) -> str:
    found = re.search(r"(\.nii)?\.[A-Za-z][A-Za-z0-9]{1,4}$", name)
    return found.group().lower() if found else ""


def _stem(name: str) -> str:
    return name[: len(name) - len(_ending(name))]


def _seconds(text: str | None, otherwise: float) -> float:
    return min(max(float(text), 0.1), _LONGEST_WAIT) if text and text.isdecimal() else otherwise


def _refuse_present(paths: list[Path]) -> None:
    for path in paths:
        if path.exists() and not (path.is_dir() and not _ending(path.name)):
            raise StorageError(f"{path}: is there already and stays as it is; give --to another name")


def _write(path: Path, content: bytes) -> None:
    _refuse_present([path])
    with replacing(path) as file:
        file.write(content)
