"""A service from its start to its end."""

import asyncio
import contextlib
import logging
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn

from i2i.errors import BundleError, ConfigError
from i2i.server.app import Application
from i2i.server.settings import Settings

_LAST_BYTES = 5
"""Seconds for answers that are being sent when all work is done."""

_OFTEN = 0.02


def serve(settings: Settings, on_ready: Callable[[str, Application], None] | None = None) -> None:
    """Serve until told to stop by SIGTERM or SIGINT, and finish what is running; a second signal ends at once.

    Args:
        settings: what, where and within which limits.
        on_ready: called once with the address and the application, when the first request can be served.

    Raises:
        ConfigError: the address can't be had.
        BundleError: no worker can load the bundles; the message says why.
        StorageError: there is no room for images.
    """
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    with listen(settings) as listener:
        application = Application(settings)
        try:
            Server(application, on_ready).run([listener])
        finally:
            application.service.spool.remove()
    pool = application.service.pool
    if pool.failure and not pool.models:
        raise BundleError(pool.failure)


class Server(uvicorn.Server):
    """uvicorn's, which stops only when what is running is done."""

    def __init__(self, application: Application, on_ready: Callable[[str, Application], None] | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                application.asgi, lifespan="on", log_config=None, access_log=False, server_header=False,
                timeout_graceful_shutdown=_LAST_BYTES, timeout_keep_alive=30,
            )
        )  # fmt: skip
        self._application, self._on_ready = application, on_ready
        self._grace = application.service.settings.grace
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn; the weights are waited for beside."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self._tasks.append(asyncio.create_task(self._until_ready(sockets or [])))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        for task in self._tasks:
            task.cancel()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The signals that stop it, which then leave the process alone: having stopped, it ends with status 0."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = [signal.SIGINT, signal.SIGTERM]
        before = {number: signal.signal(number, self.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first time take nothing more and finish; the second time end."""
        if self._loop is None or self._application.is_closing:
            self.should_exit = self.force_exit = True
        else:
            self.stop()

    def stop(self) -> None:
        """Take nothing more, finish what is running, end; from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(lambda: self._tasks.append(asyncio.create_task(self._close())))

    async def _close(self) -> None:
        self._application.close()
        try:
            async with asyncio.timeout(self._grace):
                while not self._application.is_idle:
                    await asyncio.sleep(_OFTEN)
        except TimeoutError:
            self._application.give_up()
        self.should_exit = True

    async def _until_ready(self, sockets: list[socket.socket]) -> None:
        pool = self._application.service.pool
        await pool.until_ready()
        if not pool.is_ready:
            self.should_exit = True
        elif self._on_ready:
            host, port = sockets[0].getsockname()[:2]
            self._on_ready(f"http://{f'[{host}]' if ':' in host else host}:{port}", self._application)


def listen(settings: Settings) -> socket.socket:
    """A socket, so that an address that can't be had is told before anything is loaded. Raises `ConfigError`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _not_had(settings, error) from error
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise _not_had(settings, error) from error
    return listener


def _not_had(settings: Settings, error: OSError) -> ConfigError:
    where, reason = f"{settings.host}:{settings.port}", error.strerror or error
    return ConfigError(f"{where}: can't be listened on ({reason}); choose another --host or --port")
