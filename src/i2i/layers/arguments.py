"""Checks of the values that a network is built from; each raises `ConfigError` naming the argument and its value."""

from collections.abc import Sequence
from typing import Any, get_args

from i2i.errors import ConfigError


def one_of(kind: Any, **values: object) -> None:
    """Refuse a value that is not among those of the `Literal` type `kind`."""
    for name, value in values.items():
        if value not in get_args(kind):
            raise ConfigError(f"{name}: found {value!r}; expected one of {', '.join(get_args(kind))}")


def at_least(least: int, **values: object) -> None:
    """Refuse a value that is not a whole number of at least `least`."""
    for name, value in values.items():
        if not _is_whole(value, least):
            raise ConfigError(f"{name}: found {value!r}; expected a whole number of at least {least}")


def share(**values: object) -> None:
    """Refuse a value that is not a number from 0 up to, but not including, 1."""
    for name, value in values.items():
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value < 1:
            raise ConfigError(f"{name}: found {value!r}; expected a number from 0 to below 1")


def switch(**values: object) -> None:
    """Refuse a value that is neither true nor false."""
    for name, value in values.items():
        if not isinstance(value, bool):
            raise ConfigError(f"{name}: found {value!r}; expected true or false")


def stage_numbers(**values: object) -> None:
    """Refuse a value that is not a list of whole numbers counted from 1."""
    for name, value in values.items():
        if isinstance(value, str) or not isinstance(value, Sequence) or not all(_is_whole(item, 1) for item in value):
            raise ConfigError(f"{name}: found {value!r}; expected a list of stages counted from 1, such as [1, 2, 3]")


def one_each(count: int, **values: object) -> None:
    """Refuse a list that is neither empty nor of `count` whole numbers of at least 1."""
    for name, value in values.items():
        whole = isinstance(value, Sequence) and not isinstance(value, str) and all(_is_whole(item, 1) for item in value)
        if not whole or len(value) not in (0, count):  # type: ignore[arg-type]
            raise ConfigError(f"{name}: found {value!r}; expected {count} whole numbers of at least 1, one a stage")


def _is_whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
