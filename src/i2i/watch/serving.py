"""Serving the page, to this machine alone."""

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from i2i.errors import ConfigError
from i2i.watch.library import Library

HOST = "127.0.0.1"
PORT = 8710
NEIGHBOURS = 20
"""Ports after the one asked for that are tried where it is taken, before any that is free."""

MISSING = "the page needs a web server; run: pip install 'i2i[serve]'"


def check_installed() -> None:
    """Raise `ConfigError` where what serves the page is not installed."""
    if not all(find_spec(package) for package in ("psutil", "starlette", "uvicorn")):
        raise ConfigError(MISSING)


def serve(
    paths: Sequence[Path], port: int = PORT, *, waits: bool = False, ready: Callable[[str], None] | None = None
) -> None:
    """Serve the page over runs until a signal comes.

    Args:
        paths: run folders, or folders of runs.
        port: where; another is taken where this one is in use.
        waits: whether the folders may still be missing.
        ready: called with the address once it listens.

    Raises:
        RunError: a folder is missing or holds no run.
        ConfigError: the extra that this needs is not installed, or no port can be had.
    """
    check_installed()
    import uvicorn

    from i2i.watch.app import make_app

    app = make_app(Library(paths, waits=waits))
    with bind(port) as listening:
        if ready:
            ready(f"http://{HOST}:{listening.getsockname()[1]}/")
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=1)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])


def bind(port: int) -> socket.socket:
    """A socket that listens at `port` of this machine's own address, at one shortly after it, or at any that is free.

    Raises:
        ConfigError: none can be had.
    """
    if not 0 <= port < 2**16:
        raise ConfigError(f"--port {port}: expected 0 (any that is free) to 65535")
    for candidate in [*range(port, min(port + NEIGHBOURS, 2**16)), 0]:
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, candidate))
            listening.listen(128)
        except OSError:
            listening.close()
            continue
        return listening
    raise ConfigError(f"--port {port}: no port of {HOST} can be had; is networking off?")
