"""How the service runs: what it serves, where, and within which limits."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from i2i.errors import ConfigError, InputError

KEYS_VARIABLE = "I2I_API_KEYS"
"""Environment variable with keys, separated by commas or white space."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_SHORTEST_KEY = 16


@dataclass(frozen=True)
class Settings:
    """All that an operator can choose.

    Attributes:
        bundles: folder of each by the name under which it is served; the first is the default only if it is alone.
        host, port: where to listen; port 0 takes a free one.
        workers: processes, each with one copy of the weights.
        threads: that each computes with; 0 shares the cores out.
        device, precision, engine: as `i2i.load` takes them.
        batch: images in one forward, at most.
        queue: requests in the house, at most; more are refused with 429.
        timeout: seconds for a body to arrive, and for an image to be translated.
        bytes: of a request's body, at most.
        pixels: of an image or of its translation, at most.
        jobs: that are kept at once, done ones included.
        keep: seconds for which a job that is done is kept.
        grace: seconds that what is running has to finish when the service is told to stop.
        keys: any of which a request must bring; none: everybody is served.
        origins: of other sites whose pages may call this service (CORS).
        names: host names by which it may be called where it listens on this machine alone, beside those of loopback.
        log: how requests are told on stderr.
        spool: folder under which images lie while they are worked on; None for the system's own.
    """

    bundles: dict[str, str]
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    threads: int = 0
    device: str = "auto"
    precision: str = "fp32"
    engine: str = "auto"
    batch: int = 8
    queue: int = 64
    timeout: float = 60.0
    bytes: int = 64 * 2**20
    pixels: int = 100_000_000
    jobs: int = 32
    keep: float = 3600.0
    grace: float = 30.0
    keys: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    log: Literal["text", "json"] = "text"
    spool: Path | None = None

    def __post_init__(self) -> None:
        if not self.bundles:
            raise ConfigError("no bundle to serve; name one or several: i2i serve BUNDLE…")
        for name in ("workers", "batch", "queue", "timeout", "bytes", "pixels", "jobs", "keep"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"--{name} {getattr(self, name)}: expected more than 0")
        if not 0 <= self.port <= 65535:
            raise ConfigError(f"--port {self.port}: expected 0 to 65535")
        if any(len(key) < _SHORTEST_KEY or not key.isascii() or not key.isprintable() for key in self.keys):
            raise ConfigError(
                f"a key has less than {_SHORTEST_KEY} characters, or not plain ASCII; make one by: openssl rand -hex 16"
            )

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in _LOOPBACK

    @property
    def worker_threads(self) -> int:
        """That a worker computes with."""
        return self.threads or max(_cores() // self.workers, 1)


def name_bundles(words: Sequence[str]) -> dict[str, str]:
    """Folder of each bundle by its name: NAME=PATH, or PATH alone, which is called as its folder (or its run's).

    Raises:
        ConfigError: two of one name, or a name that does not fit into an address.
    """
    bundles: dict[str, str] = {}
    for word in words:
        name, found, path = word.partition("=")
        if not found or not _NAME.fullmatch(name) or Path(word).exists():
            name, path = _own_name(word), word
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{word}: '{name}' is no name for an address; name it yourself: NAME={path}")
        if name in bundles:
            raise ConfigError(f"{word}: another bundle is called '{name}' too; name it otherwise: NAME={path}")
        bundles[name] = path
    return bundles


def read_keys(file: Path | None) -> tuple[str, ...]:
    """The keys of a file, one a line, with those of the environment. Raises `InputError` if it can't be read."""
    keys = re.split(r"[\s,]+", os.environ.get(KEYS_VARIABLE, ""))
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InputError(f"{file}: can't be read ({reason}); expected one key a line") from error
        found = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        if not found:
            raise InputError(f"{file}: holds no key; expected one a line")
        keys += found
    return tuple(dict.fromkeys(key for key in keys if key))


def _own_name(word: str) -> str:
    if word.startswith("hub:"):
        return word.partition("@")[0].rpartition("/")[2]
    path = Path(word).resolve()
    return path.parent.name if path.name == "bundle" else path.name


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
