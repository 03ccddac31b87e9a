"""Class tables of label maps: read from a file, or found in the label maps themselves."""

import colorsys
import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from i2i.config import Class
from i2i.errors import ConfigError
from i2i.images import NO_CLASS, Raster, class_values

MOST_FOUND = 64
"""More distinct values than this are no classes that anyone meant."""


def read_classes(file: Path) -> tuple[Class, ...]:
    """The table in a CSV file with the columns value, name, colour, or in a YAML or JSON list of such objects.

    A colour is #rrggbb or three numbers; without one the class gets a colour of its own. Without a value the classes
    count from 0.

    Raises:
        ConfigError: no such file, or not a class table.
    """
    if not file.is_file():
        raise ConfigError(f"{file}: no such class table; expected a .csv, .yaml or .json file with value, name, colour")
    try:
        rows = _rows(file)
    except (csv.Error, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{file}: can't be read as a class table ({' '.join(str(error).split())})") from error
    table = [_class(file, position, row, len(rows)) for position, row in enumerate(rows)]
    values = [value for value, _, _ in table]
    twice = next((value for value in values if values.count(value) > 1), None)
    if twice is not None or not table:
        found = f"lists the value {twice} twice" if table else "lists no classes"
        raise ConfigError(f"{file}: {found}; expected a line a class, each with a value of its own")
    return tuple(table)


def classes_of_values(values: Iterable[int], palette: np.ndarray | None, which: str) -> tuple[Class, ...]:
    """A class for each value found in index files, in the palette's colours where there is one."""
    found = sorted(set(values))
    _check_count(len(found), which)
    colours = [
        _triple(palette[value]) if palette is not None and value < len(palette) else _wheel(position, len(found))
        for position, value in enumerate(found)
    ]
    return tuple((value, str(value), colour) for value, colour in zip(found, colours, strict=True))


def classes_of_colours(colours: Iterable[tuple[int, int, int]], which: str) -> tuple[Class, ...]:
    """A class for each colour found in colour-coded files, named by it."""
    found = sorted(set(colours))
    _check_count(len(found), which)
    return tuple((position, "#{:02x}{:02x}{:02x}".format(*colour), colour) for position, colour in enumerate(found))


def values_in(rasters: Sequence[Raster], nodata: Sequence[float], objects: int = 0) -> set[int]:
    """All label values that stand in index files; those of objects, by `ImageSpec.objects`, are their classes'."""
    values: set[int] = set()
    for raster in rasters:
        found = np.setdiff1d(raster.pixels, nodata)
        values |= {int(value) for value in np.setdiff1d(class_values(found, objects), nodata)}
    return values


def _check_count(count: int, which: str) -> None:
    if count > MOST_FOUND:
        raise ConfigError(
            f"the {which} side holds {count} different labels or more, which is no class table that can be guessed; "
            f"give one: --set data.{which}.classes=TABLE.csv with the columns value, name, colour"
        )


def _rows(file: Path) -> list[dict[str, Any]]:
    text = file.read_text(encoding="utf-8-sig")
    if file.suffix.lower() == ".csv":
        return [dict(row) for row in csv.DictReader(text.splitlines())]
    rows = json.loads(text) if file.suffix.lower() == ".json" else yaml.safe_load(text)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("expected a list of objects with value, name, colour")
    return rows


def _class(file: Path, position: int, row: dict[str, Any], count: int) -> Class:
    value, name, colour = row.get("value", position), row.get("name"), row.get("colour", row.get("color"))
    try:
        number = int(value)
        triple = _colour(colour) if colour not in (None, "") else _wheel(position, count)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"{file}: class {position + 1}: value '{value}', colour '{colour}'; expected a whole number, and #rrggbb or"
            "three numbers 0..255"
        ) from error
    return (number, str(name or number), triple)


def _colour(text: Any) -> tuple[int, int, int]:
    if isinstance(text, str) and text.startswith("#"):
        parts = list(bytes.fromhex(text[1:]))
    else:
        parts = [int(part) for part in (text.replace(",", " ").split() if isinstance(text, str) else text)]
    if len(parts) != 3 or not all(0 <= part <= NO_CLASS for part in parts):
        raise ValueError(text)
    return (parts[0], parts[1], parts[2])


def _wheel(position: int, count: int) -> tuple[int, int, int]:
    """Colours that differ, by steps around the circle of hues, alternately light and dark."""
    red, green, blue = colorsys.hsv_to_rgb(position / max(1, count), 0.75, 1.0 if position % 2 else 0.7)
    return (round(red * 255), round(green * 255), round(blue * 255))


def _triple(colour: np.ndarray) -> tuple[int, int, int]:
    return (int(colour[0]), int(colour[1]), int(colour[2]))
