"""What a bundle says of where it was made, and is nobody else's business: folders, and so people and projects."""

import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from i2i.hub import is_hub_name

_PATHS = (
    "data.pairs",
    "data.validation_list",
    "data.input.classes",
    "data.target.classes",
    "distill.teacher",
    "loss.perceptual_weights",
)
"""Settings of a training that hold a path, absolute or not."""

_ABSOLUTE = re.compile(r"/[^/\s]+/.*|~[^/\\]*[/\\].*|[A-Za-z]:[\\/].*|\\\\[^\\].*|file:.*", re.DOTALL)


def without_places(training: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The record of a training in which each path is its last part alone.

    Returns:
        The record, and what was shortened: path → what is left of it.
    """
    shortened: dict[str, str] = {}

    def clean(value: str, key: str) -> str:
        if is_hub_name(value) or not (_ABSOLUTE.fullmatch(value) or (key in _PATHS and value)):
            return value
        name = last_part(value)
        if name != value:
            shortened[value] = name
        return name

    return _mapped(dict(training), clean), shortened


def last_part(path: str) -> str:
    """The name of a file or folder, of a path of any system."""
    flavour = PureWindowsPath if "\\" in path or re.match(r"[A-Za-z]:", path) else PurePosixPath
    parts = [part for part in flavour(path).parts if part not in ("..", "/", "\\", flavour(path).anchor)]
    return parts[-1] if parts else "unnamed"


def retold(text: str, shortened: Mapping[str, str]) -> str:
    """A text in which the paths are shortened too, the longest first."""
    for path in sorted(shortened, key=len, reverse=True):
        name = shortened[path].replace("\\", r"\\")
        text = re.sub(rf"(?<![\w./\\-]){re.escape(path)}(?![\w-])", name, text)
    return text


def _mapped(tree: dict[str, Any], change: Callable[[str, str], str], above: str = "") -> dict[str, Any]:
    """A tree with each of its texts changed, by the text and the dotted key above it."""

    def visit(value: Any, key: str) -> Any:
        if isinstance(value, str):
            return change(value, key)
        if isinstance(value, list | tuple):
            return [visit(each, key) for each in value]
        return _mapped(value, change, key) if isinstance(value, dict) else value

    return {name: visit(value, f"{above}.{name}" if above else name) for name, value in tree.items()}
