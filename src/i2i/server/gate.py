"""What every request passes: an id, a key, limits on its body; and what every answer leaves: a line in the log."""

import asyncio
import hashlib
import hmac
import json
import logging
import re
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from i2i.server.metrics import Metrics
from i2i.server.problems import Problem, answer_to, stopping
from i2i.server.settings import Settings

_log = logging.getLogger("i2i.server.requests")

_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_OPEN = re.compile(r"/|/health|/ready|/(page|vendor|shared)/.*")
"""What is served without a key: the page, which holds nothing of the bundles, and the two that supervisors ask."""

_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_PATIENCE = 2.0
"""Seconds for which a body that is too large is taken and thrown away, so that its sender gets to see the answer."""


@dataclass
class Record:
    """What is known of a request for its line in the log."""

    id: str
    model: str | None = None
    waited: float | None = None
    seconds: float | None = None
    problem: str | None = None


def record_of(scope: Scope) -> Record:
    """The record of the request that is being answered."""
    record: Record = scope["i2i"]
    return record


class Gate:
    """The outermost layer of the application (ASGI).

    Attributes:
        is_closing: from then on nothing new is taken.
        inside: requests that are being worked on.
    """

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics, soon: Callable[[], float]) -> None:
        self._app, self._settings, self._metrics, self._soon = app, settings, metrics, soon
        self._digests = [_digest(key) for key in settings.keys]
        self.is_closing = False
        self.inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        record = scope["i2i"] = Record(given if _ID.fullmatch(given) else secrets.token_hex(8))
        started, status = time.monotonic(), 0

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = record.id
            await send(message)

        is_work = scope["method"] == "POST"
        self.inside += is_work
        try:
            self._admit(scope, headers)
            await self._app(scope, self._limited(receive) if is_work else receive, tell)
        except Problem as problem:
            record.problem = problem.code
            if status == 0:
                if problem.status_code == 413:
                    await _discard(receive)
                await answer_to(problem)(scope, receive, tell)
        finally:
            self.inside -= is_work
            self._note(scope, record, status, time.monotonic() - started)

    def _admit(self, scope: Scope, headers: Headers) -> None:
        """Refuse what is not to be answered, before its body is read. Raises `Problem`."""
        settings, path = self._settings, scope["path"]
        host = re.sub(r":\d*$", "", headers.get("host", ""))
        if settings.is_local and host not in (*_LOOPBACK, *settings.names):
            raise Problem(
                421, "unknown_host", f"called as '{host[:80]}', which this service is not; expected localhost, or a "
                "name given by --name",
            )  # fmt: skip
        self._check_origin(scope, headers)
        if self._digests and not _OPEN.fullmatch(path) and scope["method"] != "OPTIONS":
            self._check_key(headers)
        if scope["method"] != "POST":
            return
        if self.is_closing:
            raise stopping()
        if self.inside > settings.queue:
            raise Problem(
                429, "busy", f"{settings.queue} requests are being worked on already; try again later",
                retry_after=self._soon(),
            )  # fmt: skip
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > settings.bytes:
            raise self._too_large()

    def _check_origin(self, scope: Scope, headers: Headers) -> None:
        """A page of another site may make a browser send a form here: its user did not ask for that."""
        origin = headers.get("origin", "")
        own = origin.partition("://")[2] == headers.get("host", "")
        if scope["method"] in ("POST", "DELETE") and origin and not own and origin not in self._settings.origins:
            raise Problem(403, "other_site", f"a page of {origin[:80]} may not call this service; --cors lets it")

    def _check_key(self, headers: Headers) -> None:
        kind, _, word = headers.get("authorization", "").partition(" ")
        given = _digest(word.strip() if kind.lower() == "bearer" else headers.get("x-api-key", ""))
        matches = [hmac.compare_digest(given, digest) for digest in self._digests]
        if not any(matches):
            raise Problem(
                401,
                "no_key",
                "no valid key was sent; expected the header 'Authorization: Bearer KEY' or 'X-API-Key: KEY'",
            )

    def _limited(self, receive: Receive) -> Receive:
        """Receives a body of a limited size in a limited time; what comes after it may take as long as it wants."""
        taken, is_whole = 0, False
        until = time.monotonic() + self._settings.timeout

        async def limited() -> Message:
            nonlocal taken, is_whole
            if is_whole:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), until - time.monotonic())
            except TimeoutError:
                raise Problem(
                    408, "slow_body", f"the body did not arrive within {self._settings.timeout:g} s; send it faster",
                ) from None  # fmt: skip
            taken += len(message.get("body", b""))
            is_whole = message["type"] != "http.request" or not message.get("more_body", False)
            if taken > self._settings.bytes:
                raise self._too_large()
            return message

        return limited

    def _too_large(self) -> Problem:
        limit = self._settings.bytes
        return Problem(413, "body_too_large", f"the body has more than the {limit:,} bytes that this service takes")

    def _note(self, scope: Scope, record: Record, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", None) or ("(page)" if _OPEN.fullmatch(scope["path"]) else "(other)")
        self._metrics.request(scope["method"] if scope["method"].isalpha() else "?", route, status or 499, seconds)
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "id": record.id,
            "method": scope["method"],
            "path": scope["path"],
            "status": status or 499,
            "ms": round(seconds * 1000, 1),
        }
        if record.model:
            line["model"] = record.model
        if record.waited is not None and record.seconds is not None:
            line |= {"queue_ms": round(record.waited * 1000, 1), "model_ms": round(record.seconds * 1000, 1)}
        if record.problem:
            line["problem"] = record.problem
        if self._settings.log == "json":
            _log.info("%s", json.dumps(line))
        else:
            _log.info("%s", " ".join(f"{key}={json.dumps(value).strip(chr(34))}" for key, value in line.items()))


async def _discard(receive: Receive) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            while True:
                message = await receive()
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return


def _digest(key: str) -> bytes:
    """So that what is compared has one length, whatever was sent."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
