"""A run folder: where everything of one training lies, and the guarantee that it belongs to one configuration."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from i2i.config import Config, differences, from_tree, read_tree, to_yaml
from i2i.data.layouts import Pair
from i2i.errors import RunError
from i2i.files import write_text

FREE = ("training.device", "training.loggers", "data.pairs", "data.memory_gib")
"""Settings that may differ when a run is continued: they change where it runs, not what comes out."""


@dataclass(frozen=True)
class RunFolder:
    """The files of a run."""

    path: Path

    @property
    def config(self) -> Path:
        """The resolved configuration."""
        return self.path / "config.yaml"

    @property
    def split(self) -> Path:
        """Which pairs were trained on and which were held out, by name."""
        return self.path / "split.json"

    @property
    def checkpoint(self) -> Path:
        """All that a resume needs."""
        return self.path / "checkpoint.pt"

    @property
    def bundle(self) -> Path:
        """The best generator so far."""
        return self.path / "bundle"

    @property
    def losses(self) -> Path:
        """The terms of the objectives, a row now and then."""
        return self.path / "losses.csv"

    @property
    def validation(self) -> Path:
        """The measures on the held-out pairs, a row each time."""
        return self.path / "validation.csv"

    @property
    def samples(self) -> Path:
        """Contact sheets of a few held-out pairs as training went."""
        return self.path / "samples"

    @property
    def search(self) -> Path:
        """The short trainings by which a student's widths were chosen, which come before the run's own."""
        return self.path / "search"

    def claim(self, config: Config, train: Sequence[Pair], held_out: Sequence[Pair]) -> None:
        """Make the folder this configuration's, or see that it is already.

        Raises:
            RunError: it holds a run of another configuration or of other pairs, or something else altogether.
        """
        names = {"train": [pair.name for pair in train], "held out": [pair.name for pair in held_out]}
        if not self.checkpoint.exists():  # nothing was learnt here yet that could be lost
            self.check_own()
            write_text(self.split, json.dumps(names, indent=1, ensure_ascii=False) + "\n")
            write_text(self.config, to_yaml(config))
            return
        self._compare(config)
        if self.split.is_file() and json.loads(self.split.read_text(encoding="utf-8")) != names:
            raise RunError(
                f"{self.path}: was trained on other pairs than these, {self.split.name} names them; a run is "
                "continued on the same ones; give --to a new folder"
            )

    def check_own(self) -> None:
        """Raise `RunError` where something other than a run, or the search before one, lies."""
        if self.config.exists() or not self.path.exists():
            return
        if not self.path.is_dir() or any(path != self.search for path in self.path.iterdir()):
            raise RunError(f"{self.path}: is not empty and not a run; nothing there is touched; give --to a new folder")

    def _compare(self, config: Config) -> None:
        earlier = from_tree(read_tree(self.config), str(self.config))
        found = {key: values for key, values in differences(earlier, config).items() if key not in FREE}
        if found:
            key, (was, is_now) = next(iter(found.items()))
            others = f" and {len(found) - 1} more settings" if len(found) > 1 else ""
            raise RunError(
                f"{self.path}: holds a run of another configuration: {key} was {was}, is now {is_now}{others}; "
                "use the same command to continue it, or give --to a new folder"
            )
