"""What a run writes down as it goes: CSV files always; TensorBoard and Weights & Biases for those who like them."""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from i2i.errors import ConfigError
from i2i.files import append_text, write_text


class Log(Protocol):
    """A place that takes named numbers at a count of images seen."""

    def write(self, images_seen: int, values: Mapping[str, float]) -> None:
        """Add one row."""
        ...

    def close(self) -> None:
        """Write out what is held back."""
        ...


class CsvLog:
    """A CSV file, a row a call; a resumed run first drops the rows that it will write again."""

    def __init__(self, path: Path, images_seen: int) -> None:
        self._path = path
        self._columns: list[str] = []
        if path.exists():
            self._keep_until(images_seen)

    def write(self, images_seen: int, values: Mapping[str, float]) -> None:
        """Add one row; the first row's names are the header."""
        row = {"images_seen": images_seen} | {name: f"{value:.6g}" for name, value in values.items()}
        fresh = not self._columns
        self._columns = self._columns or list(row)
        text = io.StringIO()
        writer = csv.DictWriter(text, self._columns, extrasaction="ignore")
        if fresh:
            writer.writeheader()
        writer.writerow(row)
        append_text(self._path, text.getvalue())

    def close(self) -> None:
        """Nothing is held back."""

    def _keep_until(self, images_seen: int) -> None:
        with self._path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            self._columns = list(reader.fieldnames or [])
            rows = [
                row for row in reader if (row["images_seen"] or "").isdigit() and int(row["images_seen"]) <= images_seen
            ]
        text = io.StringIO()
        writer = csv.DictWriter(text, self._columns)
        writer.writeheader()
        writer.writerows(rows)
        write_text(self._path, text.getvalue())


class TensorBoardLog:
    """Event files for TensorBoard in the run folder."""

    def __init__(self, folder: Path, images_seen: int) -> None:
        from torch.utils.tensorboard import SummaryWriter  # a second to import, and only where it is asked for

        self._writer = SummaryWriter(str(folder), purge_step=images_seen + 1)

    def write(self, images_seen: int, values: Mapping[str, float]) -> None:
        """Add one point to the curve of each name."""
        for name, value in values.items():
            self._writer.add_scalar(name.replace(".", "/", 1), value, images_seen)

    def close(self) -> None:
        """Flush the event file."""
        self._writer.close()


class WandbLog:
    """A Weights & Biases run of the folder's name (the extra `i2i[wandb]`)."""

    def __init__(self, folder: Path, config: dict[str, Any]) -> None:
        try:
            import wandb
        except ImportError as error:
            raise ConfigError("training.loggers: wandb is not installed; run: pip install 'i2i[wandb]'") from error
        same = hashlib.blake2b(str(folder.resolve()).encode(), digest_size=8).hexdigest()  # a resumed run goes on there
        self._run = wandb.init(project="i2i", name=folder.name, id=same, resume="allow", dir=str(folder), config=config)

    def write(self, images_seen: int, values: Mapping[str, float]) -> None:
        """Add one step."""
        self._run.log(dict(values) | {"images_seen": images_seen})

    def close(self) -> None:
        """Finish the run there."""
        self._run.finish()


def open_loggers(names: Sequence[str], folder: Path, images_seen: int, config: dict[str, Any]) -> list[Log]:
    """The loggers beside the CSV files. Raises `ConfigError` where an extra is missing."""
    logs: list[Log] = []
    if "tensorboard" in names:
        logs.append(TensorBoardLog(folder / "tensorboard", images_seen))
    if "wandb" in names:
        logs.append(WandbLog(folder, config))
    return logs
