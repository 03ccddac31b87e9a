"""Names of repositories on a hub."""

import os
import re
from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import Self

from i2i.errors import HubError

PREFIX = "hub:"

_PART = re.compile(r"\w(?:[\w.-]{0,94}\w)?", re.ASCII)
_REVISION = re.compile(r"\w(?:[\w./-]{0,254}\w)?", re.ASCII)


@dataclass(frozen=True)
class HubName:
    """A repository of models and, where one is named, a branch, a tag or a commit of it.

    Attributes:
        repository: "OWNER/NAME".
        revision: empty for the newest of the main branch.
    """

    repository: str
    revision: str = ""

    @classmethod
    def read(cls, text: str | os.PathLike[str]) -> Self:
        """From "hub:OWNER/NAME@REVISION", of which only "OWNER/NAME" is needed. Raises `HubError`."""
        said = os.fspath(text)
        plain = PureWindowsPath(said).as_posix() if "\\" in said else said  # what a Path on Windows makes of it
        repository, at, revision = plain.removeprefix(PREFIX).partition("@")
        owner, _, name = repository.partition("/")
        named = all(_PART.fullmatch(part) and not re.search(r"\.\.|--|\.git$", part) for part in (owner, name))
        if not named or (at and (not _REVISION.fullmatch(revision) or re.search(r"\.\.|//", revision))):
            raise HubError(f"{said}: is no name on a hub; expected hub:OWNER/NAME or hub:OWNER/NAME@REVISION")
        return cls(repository, revision)

    @property
    def name(self) -> str:
        """The repository without its owner."""
        return self.repository.partition("/")[2]

    def __str__(self) -> str:
        return f"{PREFIX}{self.repository}" + (f"@{self.revision}" if self.revision else "")


def is_hub_name(path: str | os.PathLike[str]) -> bool:
    """Whether it begins as "hub:OWNER/NAME" does; a folder of such a name is "./hub:…"."""
    return os.fspath(path).startswith(PREFIX)
