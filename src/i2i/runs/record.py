"""All that a run folder tells of a training: its configuration and its curves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from i2i.errors import RunError
from i2i.runs.files import RunFiles
from i2i.runs.table import Table

Columns = Mapping[str, list[float]]


@dataclass(frozen=True)
class Record:
    """A training in numbers; what a folder lacks is empty.

    Attributes:
        config: the resolved configuration as nested plain values.
        losses, validation, symptoms: the columns of the files of these names, "images_seen" among them.
        diverged: the error that ended it, if one did.
        measures: of the validation: name → {"label", "unit", "direction", "decimals", "definition"}.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    losses: Columns = field(default_factory=dict)
    validation: Columns = field(default_factory=dict)
    symptoms: Columns = field(default_factory=dict)
    diverged: str = ""
    measures: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def images_seen(self) -> int:
        """As far as any of the files goes."""
        ends = (columns["images_seen"][-1] for columns in self._files if columns.get("images_seen"))
        return int(max(ends, default=0))

    @property
    def images(self) -> int:
        """To see in all; 0 where the configuration does not say."""
        return int(self.setting("training.images", 0))

    def setting(self, key: str, default: Any) -> Any:
        """A setting by its dotted name."""
        place: Any = self.config
        for part in key.split("."):
            if not isinstance(place, Mapping) or part not in place:
                return default
            place = place[part]
        return place

    @property
    def _files(self) -> tuple[Columns, ...]:
        return self.losses, self.validation, self.symptoms


class RunReader:
    """Reads a run folder again and again, each time only what was added."""

    def __init__(self, path: Path) -> None:
        self.files = RunFiles(path)
        self.losses = Table(self.files.losses)
        self.validation = Table(self.files.validation)
        self.symptoms = Table(self.files.symptoms)
        self._kept: dict[Path, tuple[int, Any]] = {}

    def read(self) -> Record:
        """What stands there now; what can't be read is left out.

        Raises:
            RunError: the folder is no run: it has neither a configuration nor curves.
        """
        for table in (self.losses, self.validation, self.symptoms):
            table.refresh()
        files = self.files
        if not files.config.is_file() and not len(self.losses) and not len(self.validation):
            raise RunError(f"{files.path}: is not a run; expected a folder with {files.config.name}; check the path")
        return Record(
            config=_mapping(self._loaded(files.config)),
            losses=self.losses.columns,
            validation=self.validation.columns,
            symptoms=self.symptoms.columns,
            diverged=str(self._loaded(files.diverged) or ""),
            measures={key: _mapping(value) for key, value in _mapping(self._loaded(files.measures)).items()},
        )

    def _loaded(self, path: Path) -> Any:
        """A small file's content, read again when it has changed: YAML, of which JSON is a part, or text."""
        try:
            changed = path.stat().st_mtime_ns
            if path not in self._kept or self._kept[path][0] != changed:
                text = path.read_text(encoding="utf-8", errors="replace")
                self._kept[path] = changed, text.strip() if path.suffix == ".txt" else yaml.safe_load(text)
        except (OSError, yaml.YAMLError):
            return None
        return self._kept[path][1]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
