"""Services on a free port of loopback, with workers that need no network."""

import contextlib
import logging
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from i2i.server.app import Application
from i2i.server.serving import Server, listen
from i2i.server.settings import Settings

STAND_IN = (sys.executable, str(Path(__file__).parent / "stand_in.py"))


class Running:
    """A service in a thread of this process, and a client for it."""

    def __init__(self, application: Application, server: Server, port: int, notes: Path) -> None:
        self.application, self.server, self.notes = application, server, notes
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.http = httpx.Client(base_url=self.url, timeout=20)

    @property
    def pool(self):
        return self.application.service.pool

    @property
    def spooled(self) -> list[str]:
        return [path.name for path in self.application.service.spool.folder.iterdir()]

    def translate(self, name: str, content: bytes = b"content", **fields: str) -> httpx.Response:
        return self.http.post("/v1/translate", files={"image": (name, content)}, data=fields)

    def until(self, condition, seconds: float = 10.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not come about"
            time.sleep(0.005)


@pytest.fixture
def serving(tmp_path, monkeypatch):
    """Starts services: `with serving(queue=2) as service`."""
    notes = tmp_path / "notes"
    notes.touch()
    monkeypatch.setenv("STAND_IN_NOTES", str(notes))

    @contextlib.contextmanager
    def start(*, ready: bool = True, **changes) -> Iterator[Running]:
        settings = Settings(**{"bundles": {"echo": "echo"}, "spool": tmp_path, "grace": 5.0, "port": 0, **changes})
        application, listener = Application(settings, STAND_IN), listen(settings)
        server = Server(application)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            while not server.started:
                time.sleep(0.005)
            running = Running(application, server, listener.getsockname()[1], notes)
            if ready:
                running.until(lambda: running.pool.is_ready)
            with running.http:
                yield running
        finally:
            server.stop()
            thread.join()
            listener.close()

    return start


@pytest.fixture
def service(serving):
    """A service with the default limits."""
    with serving() as running:
        yield running


@pytest.fixture
def log(caplog):
    """The lines of the log, as they are told."""
    caplog.set_level(logging.INFO)
    return caplog
