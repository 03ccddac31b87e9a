"""A run folder: where everything of one training lies, and the guarantee that it belongs to one configuration."""

import json
from collections.abc import Sequence
from dataclasses import replace

from i2i.config import Config, differences, from_tree, read_tree, to_yaml
from i2i.data.layouts import Pair
from i2i.errors import RunError
from i2i.files import write_text
from i2i.runs import RunFiles

FREE = ("training.device", "training.loggers", "data.pairs", "data.memory_gib", "data.validation_list")
"""Settings that may differ when a run is continued: they change where it runs, not what comes out.
Which pairs are held out is compared by their names."""


class RunFolder(RunFiles):
    """The files of a run, and whose they are."""

    def continued(self, config: Config) -> Config:
        """The configuration; what "auto" leaves to the machine is as it was settled where the run began."""
        if config.training.precision != "auto" or not self.checkpoint.exists():
            return config
        settled = self._earlier().training.precision
        return replace(config, training=replace(config.training, precision=settled))

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
        found = {key: values for key, values in differences(self._earlier(), config).items() if key not in FREE}
        if found:
            key, (was, is_now) = next(iter(found.items()))
            others = f" and {len(found) - 1} more settings" if len(found) > 1 else ""
            raise RunError(
                f"{self.path}: holds a run of another configuration: {key} was {was}, is now {is_now}{others}; "
                "use the same command to continue it, or give --to a new folder"
            )

    def _earlier(self) -> Config:
        return from_tree(read_tree(self.config), str(self.config))
