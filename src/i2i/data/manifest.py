"""Manifests: a CSV or JSONL file that lists the pairs, a column a side, and optionally 'split', 'name' and others."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from i2i.errors import PairsError
from i2i.images import stem_of

MANIFEST_NAMES = ("manifest.csv", "manifest.jsonl", "pairs.csv", "pairs.jsonl", "metadata.csv", "metadata.jsonl")
"""Names under which a folder's manifest is found."""

_OTHER_COLUMNS = ("split", "name")


@dataclass(frozen=True)
class Row:
    """One pair of a manifest: the files of both sides (relative ones start at the manifest's folder), other columns."""

    line: int
    name: str
    split: str
    paths: tuple[Path, Path]
    columns: dict[str, str]


def is_manifest(path: Path) -> bool:
    """Whether a file's name ends like a manifest's."""
    return path.suffix.lower() in (".csv", ".jsonl")


def read_manifest(file: Path) -> tuple[tuple[str, str], list[Row]]:
    """The names of the two sides (the first two columns that are not 'split' or 'name') and the rows.

    Raises:
        PairsError: no rows, not two sides, a row that lacks one, a file that is not there.
    """
    records = list(_read_jsonl(file) if file.suffix.lower() == ".jsonl" else _read_csv(file))
    if not records:
        raise PairsError(f"{file}: lists no pairs; expected a row each, with a column a side such as input,target")
    sides = [column for column in records[0][1] if column not in _OTHER_COLUMNS]
    if len(sides) < 2:
        found = ", ".join(records[0][1])
        raise PairsError(f"{file}: has the columns {found}; expected one a side, such as input,target")
    names = (sides[0], sides[1])
    return names, [_row(file, line, record, names) for line, record in records]


def _row(file: Path, line: int, record: dict[str, str], names: tuple[str, str]) -> Row:
    paths = []
    for side in names:
        value = record.get(side)
        if not value:
            raise PairsError(f"{file}: line {line}: has no '{side}'; expected a file name")
        path = file.parent / value
        if not path.is_file():
            raise PairsError(f"{file}: line {line}: {path} is not there; paths start at the manifest's folder")
        paths.append(path)
    name = record.get("name") or stem_of(Path(record[names[0]])).as_posix()
    others = {column: value for column, value in record.items() if column not in (*names, *_OTHER_COLUMNS)}
    return Row(line, name, record.get("split") or "train", (paths[0], paths[1]), others)


def _read_csv(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with file.open(newline="", encoding="utf-8-sig") as text:
        reader = csv.DictReader(text)
        try:
            for record in reader:
                yield reader.line_num, {k: v or "" for k, v in record.items() if isinstance(k, str)}
        except (csv.Error, UnicodeDecodeError) as error:
            raise PairsError(f"{file}: is not CSV in UTF-8 ({error}); save it as such") from error


def _read_jsonl(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise PairsError(f"{file}: line {number}: is not JSON ({error.msg}); expected an object a line") from error
        if not isinstance(record, dict):
            raise PairsError(
                f'{file}: line {number}: is not an object; expected one such as {{"input": …, "target": …}}'
            )
        yield number, {key: str(value) for key, value in record.items()}
