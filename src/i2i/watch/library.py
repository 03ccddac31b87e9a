"""The runs that are watched: found in the folders that were named, each read on from where it was read before."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from i2i.errors import RunError
from i2i.runs import Finding, Record, RunFiles, RunReader, examine
from i2i.watch.standing import Standing, standing

DEEPEST = 3
"""Folders below a named one in which runs are looked for."""
_SLOW_SECONDS, _PAUSE = 0.1, 20
"""Where looking for runs takes longer than that, what was found holds for as many times as long."""


@dataclass
class Watched:
    """One run.

    Attributes:
        key: names it in the page's addresses; the same as long as the folder is.
        name: the folder's, with as much of what is above it as tells it from the others.
        reader: of its folder.
    """

    key: str
    name: str
    reader: RunReader
    record: Record = field(default_factory=Record)

    @property
    def files(self) -> RunFiles:
        """Of the run."""
        return self.reader.files

    def refresh(self) -> tuple[Standing, list[Finding]]:
        """Read what is new: where the run stands now, and what ails it."""
        try:
            self.record = self.reader.read()
        except RunError:  # not begun yet, or taken away
            self.record = Record()
        return standing(self.record, self.files, time.time()), examine(self.record)

    def samples(self) -> list[int]:
        """Counts of images at which samples were drawn, in order."""
        try:
            names = [path.stem for path in self.files.samples.iterdir() if path.suffix == ".png"]
        except OSError:
            return []
        return sorted(int(name) for name in names if name.isdigit())

    def sample(self, images_seen: int) -> Path:
        """The file of a sample; it need not be there."""
        return self.files.samples / f"{images_seen:08d}.png"

    def summary(self) -> dict[str, Any]:
        """For a program or a page: name, folder, standing, findings and samples, in plain values."""
        now, findings = self.refresh()
        return {
            "key": self.key,
            "name": self.name,
            "folder": str(self.files.path),
            "recipe": self.record.setting("recipe", ""),
            **asdict(now),
            "findings": [asdict(finding) for finding in findings],
            "samples": self.samples(),
        }


class Library:
    """The runs in the folders that were named; those that appear later are found too.

    Args:
        paths: run folders, or folders in which runs lie.
        waits: whether a named folder may still be missing, as before a training begins.

    Raises:
        RunError: a folder is missing or holds no run.
    """

    def __init__(self, paths: Sequence[Path], *, waits: bool = False) -> None:
        self._paths, self._waits = list(dict.fromkeys(path.absolute() for path in paths)), waits
        self._known: dict[Path, Watched] = {}
        self._folders: list[Path] = []
        self._looks_at = 0.0
        for path in self._paths if not waits else []:
            if not path.exists():
                raise RunError(f"{path}: no such folder; expected a run, or a folder of runs")
            if not _runs_in(path):
                raise RunError(f"{path}: holds no run; expected a folder that 'i2i train' left, with config.yaml")

    def runs(self) -> list[Watched]:
        """All runs that are there now, in the order in which they were named, then by name."""
        folders = self._look()
        for folder, name in zip(folders, _names(folders), strict=True):
            watched = self._known.setdefault(folder, Watched(_key(folder), name, RunReader(folder)))
            watched.name = name
        return [self._known[folder] for folder in folders]

    def _look(self) -> list[Path]:
        """The folders of all runs."""
        began = time.monotonic()
        if began < self._looks_at:
            return self._folders
        found = (folder for path in self._paths for folder in (_runs_in(path) or ([path] if self._waits else [])))
        self._folders = list(dict.fromkeys(found))
        took = time.monotonic() - began
        self._looks_at = began + (_PAUSE * took if took > _SLOW_SECONDS else 0.0)
        return self._folders

    def run(self, key: str) -> Watched | None:
        """The run of a key; None where there is none."""
        return next((run for run in self.runs() if run.key == key), None)


def _runs_in(path: Path, depth: int = DEEPEST) -> list[Path]:
    """The run that `path` is, or those below it."""
    files = RunFiles(path)
    if files.config.is_file() or files.losses.is_file():
        return [path]
    if depth == 0 or not path.is_dir():
        return []
    try:
        below = sorted(folder for folder in path.iterdir() if folder.is_dir() and not folder.name.startswith("."))
    except OSError:
        return []
    return [run for folder in below for run in _runs_in(folder, depth - 1)]


def _key(folder: Path) -> str:
    return hashlib.blake2b(str(folder).encode(), digest_size=6).hexdigest()


def _names(folders: Sequence[Path]) -> list[str]:
    """The last part of each path, or as many as tell all apart."""
    for parts in range(1, 20):
        names = ["/".join(folder.parts[-parts:]) for folder in folders]
        if len(set(names)) == len(names):
            return names
    return [str(folder) for folder in folders]
