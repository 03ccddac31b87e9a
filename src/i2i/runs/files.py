"""Where in a run folder everything lies."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunFiles:
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
    def measures(self) -> Path:
        """What the measures of the validation are called, their units, and which end is the better."""
        return self.path / "measures.json"

    @property
    def symptoms(self) -> Path:
        """What tells of a training that goes wrong, a row at each validation."""
        return self.path / "symptoms.csv"

    @property
    def diverged(self) -> Path:
        """The error that ended a training that diverged; there only then."""
        return self.path / "diverged.txt"

    @property
    def samples(self) -> Path:
        """Contact sheets of a few held-out pairs as training went."""
        return self.path / "samples"

    @property
    def search(self) -> Path:
        """The short trainings by which a student's widths were chosen, which come before the run's own."""
        return self.path / "search"
