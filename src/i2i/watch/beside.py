"""The page beside a training: a process of its own, so that neither can be in the other's way.

It lives as long as the pipe to it is open: however the training ends, it ends too.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from i2i.errors import I2IError
from i2i.watch.serving import PORT, check_installed, serve

_PATIENCE_SECONDS = 5.0


@contextmanager
def watched(run: Path, tell: Callable[[str], None], port: int = PORT) -> Iterator[None]:
    """Inside, the page over `run` is served by another process.

    Args:
        run: the run folder; it may still be missing.
        tell: called with the address once the page can be had, or with why it can't: nothing of this ends a training.
        port: where; another is taken where this one is in use.

    Raises:
        ConfigError: the extra that this needs is not installed.
    """
    check_installed()
    try:
        # A session of its own: Ctrl-C is for the training, which then takes its time to save.
        process = subprocess.Popen(
            [sys.executable, "-m", "i2i.watch.beside", str(run), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
    except OSError as error:
        tell(f"the page can't be served ({error.strerror or error})")
        yield
        return
    reading = threading.Thread(target=_pass_on, args=(process, tell), daemon=True)
    reading.start()
    try:
        yield
    finally:
        _end(process)
        reading.join(_PATIENCE_SECONDS)
        if process.stdout:
            process.stdout.close()


def _pass_on(process: "subprocess.Popen[str]", tell: Callable[[str], None]) -> None:
    for line in process.stdout or ():
        tell(line.strip())


def _end(process: "subprocess.Popen[str]") -> None:
    if process.stdin:
        with suppress(OSError):
            process.stdin.close()
    try:
        process.wait(_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main(run: str, port: str) -> None:
    """The other process: serve until the pipe closes."""

    def follow() -> None:
        sys.stdin.read()
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(_PATIENCE_SECONDS)
        os._exit(0)

    with suppress(OSError, AttributeError):
        os.nice(10)  # the training goes first
    threading.Thread(target=follow, daemon=True).start()
    try:
        serve([Path(run)], int(port), waits=True, ready=lambda address: _tell(f"watch: {address}"))
    except I2IError as error:
        _tell(f"the page can't be served: {error}")


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
