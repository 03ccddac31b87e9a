"""A CSV file of curves that grows while it is read."""

import csv
import math
import os
from pathlib import Path

_KEY = "images_seen"


class Table:
    """The columns of a log's CSV file; `refresh` reads what was added since, so that long runs stay quick.

    A line that is not whole yet is left for later; a row that is cut short or has no count of images is left out; a
    cell that is no number is NaN.

    Attributes:
        columns: name → values, all as long; "images_seen" among them once there is a header.
        generation: raised whenever rows that were read are no longer there: the file was written anew, as by a resume.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.columns: dict[str, list[float]] = {}
        self.generation = 0
        self._file: tuple[int, int] | None = None
        self._offset = 0
        self._header: list[str] = []

    def __len__(self) -> int:
        return len(self.columns.get(_KEY, ()))

    @property
    def images_seen(self) -> list[float]:
        """The count of images of each row."""
        return self.columns.get(_KEY, [])

    def refresh(self) -> bool:
        """Read what is new; whether anything was."""
        try:
            with self.path.open("rb") as file:
                found = os.fstat(file.fileno())
                if self._file != (found.st_dev, found.st_ino) or found.st_size < self._offset:
                    self._forget()
                    self._file = (found.st_dev, found.st_ino)
                if found.st_size == self._offset:
                    return False
                file.seek(self._offset)
                text = file.read()
        except OSError:
            changed = bool(len(self))
            self._forget()
            return changed
        whole = text[: text.rfind(b"\n") + 1]
        self._offset += len(whole)
        self._take(whole.decode("utf-8", errors="replace").splitlines())
        return bool(whole)

    def _forget(self) -> None:
        if self._file is not None:
            self.generation += 1
        self.columns, self._header, self._file, self._offset = {}, [], None, 0

    def _take(self, lines: list[str]) -> None:
        if not self._header and lines:
            header = next(csv.reader(lines[:1]))
            if _KEY not in header:
                return  # no file of curves
            self._header, self.columns = header, {name: [] for name in header}
            lines = lines[1:]
        key = self._header.index(_KEY) if self._header else 0
        rows = [row for line in lines if len(row := _numbers(line)) == len(self._header) and math.isfinite(row[key])]
        for column, values in zip(self.columns.values(), zip(*rows, strict=True), strict=False):
            column.extend(values)


def _numbers(line: str) -> list[float]:
    """Of a row, quickly: a long run has a hundred thousand of them."""
    try:
        return [float(cell) for cell in line.split(",")]
    except ValueError:
        return [_number(cell) for cell in line.split(",")]


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan
