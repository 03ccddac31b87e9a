"""SIGINT and SIGTERM ask the loop to stop after the step at hand; a second SIGINT stops at once."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass
class Interrupt:
    """Which signal has come, if any."""

    signal: int = 0

    def __bool__(self) -> bool:
        return self.signal != 0


@contextmanager
def interrupts() -> Iterator[Interrupt]:
    """Catch the signals while the block runs; outside the main thread, where Python allows no handlers, catch none."""
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if interrupt:
            raise KeyboardInterrupt
        interrupt.signal = number

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield interrupt
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
