"""What each method of a comparison is to train, and what has become of it."""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from i2i.comparing.budget import Budget
from i2i.comparing.entries import Entry
from i2i.comparing.work import Work
from i2i.config import Config, differences, from_tree, overlay, to_tree
from i2i.errors import RunError
from i2i.files import write_text
from i2i.runs import RunFiles
from i2i.training.run import FREE

PLAN, RUNS = "plan.json", "runs"

VALIDATIONS = 8
"""Of each training, whatever number of images it is good for: who is looked at more often has more weights to choose
the best of."""

ScoredSplit = Literal["val", "held-out", "test"]
SplitChoice = Literal["auto", "val", "held-out", "test"]

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is, and of how much."""


@dataclass
class Outcome:
    """What became of one training.

    Attributes:
        images_seen: less than planned where its patience was over.
        seconds: spent on steps; `wall` with reading, validating and saving too.
        failed: why it came to nothing.
    """

    images_seen: int = 0
    seconds: float = 0.0
    wall: float = 0.0
    failed: str = ""
    done: bool = False


@dataclass
class Planned:
    """An entry, and how long it trains.

    Attributes:
        images: to train on; 0 where it can't be trained, or is not settled yet.
        work: what its training takes.
        refused: why these pairs are not for it.
        outcomes: by seed.
    """

    entry: Entry
    images: int = 0
    work: Work = field(default_factory=lambda: Work(0.0))
    refused: str = ""
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    @property
    def trained(self) -> list[int]:
        """Seeds of which there is a bundle to score."""
        return [seed for seed, outcome in self.outcomes.items() if outcome.done and not outcome.failed]

    @property
    def reason(self) -> str:
        """Why there is nothing to score; empty where there is."""
        if self.trained:
            return ""
        return self.refused or next((each.failed for each in self.outcomes.values() if each.failed), "was not trained")


@dataclass
class Plan:
    """All of a comparison but its scores, kept in `plan.json` of its folder.

    Attributes:
        folder: of the comparison; each training is a run folder in `runs` below it.
        budget: of each training.
        seeds: with each of which each method is trained.
        methods: in the order of the table.
        split: on which it is scored.
        held_out: list of the pairs held out, where several seeds share it.
    """

    folder: Path
    budget: Budget
    seeds: tuple[int, ...]
    methods: list[Planned]
    split: ScoredSplit = "held-out"
    held_out: str = ""

    @property
    def file(self) -> Path:
        """Where it is kept."""
        return self.folder / PLAN

    def run(self, planned: Planned, seed: int) -> Path:
        """The run folder of a training."""
        name = planned.entry.folder
        return self.folder / RUNS / (name if len(self.seeds) == 1 else f"{name}-seed-{seed}")

    def config(self, planned: Planned, seed: int) -> Config:
        """The configuration of a training."""
        every = planned.entry.config.training.validate_every_images or math.ceil(planned.images / VALIDATIONS)
        changes: dict[str, Any] = {"training": {"images": planned.images, "seed": seed, "validate_every_images": every}}
        if self.held_out:
            changes["data"] = {"validation_list": self.held_out}
        return overlay(planned.entry.config, changes)

    def trainings(self) -> Iterator[tuple[Planned, int]]:
        """Those that are to be done, seed by seed, so that all methods are there early."""
        return ((planned, seed) for seed in self.seeds for planned in self.methods if planned.images)

    def save(self) -> None:
        """Keep it."""
        write_text(self.file, json.dumps(self._tree(), indent=1, ensure_ascii=False) + "\n")

    def take_over(self) -> None:
        """What was settled and done by an earlier call of the same comparison, if there was one.

        Methods may have been added since then, and seeds to several seeds: of one alone the run folders have no number.

        Raises:
            RunError: another comparison's trainings are there, or other things.
        """
        if not self.file.is_file():
            if self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
                raise RunError(
                    f"{self.folder}: is not empty and no comparison; nothing there is touched; give --to a new folder"
                )
            return
        try:
            earlier = json.loads(self.file.read_text(encoding="utf-8"))
            difference = self._difference(earlier)
            if not difference:
                self._take(earlier)
                return
        except (ValueError, KeyError, TypeError) as error:
            raise RunError(f"{self.file}: is damaged ({error!r}); give --to a new folder") from error
        if any(RunFiles(run).checkpoint.exists() for run in (self.folder / RUNS).glob("*")):
            raise RunError(
                f"{self.folder}: holds another comparison: {difference}; use the same command to continue it, or give "
                "--to a new folder"
            )

    def _tree(self) -> dict[str, Any]:
        return {
            "budget": asdict(self.budget),
            "seeds": list(self.seeds),
            "methods": {
                planned.entry.label: {
                    "folder": planned.entry.folder,
                    "config": to_tree(planned.entry.config),
                    "images": planned.images,
                    "work": asdict(planned.work),
                    "refused": planned.refused,
                    "outcomes": {str(seed): asdict(outcome) for seed, outcome in planned.outcomes.items()},
                }
                for planned in self.methods
            },
        }

    def _difference(self, earlier: Mapping[str, Any]) -> str:
        """What is another way than it was, in words; empty where nothing is."""
        now = [planned.entry.label for planned in self.methods]
        was = list(earlier["methods"])
        budget = Budget(**earlier["budget"])
        if not set(was) <= set(now):
            return f"the methods were {' and '.join(was)}, are now {' and '.join(now)}"
        if budget != self.budget:
            return f"the budget was {budget.describe()}, is now {self.budget.describe()}"
        seeds = earlier["seeds"]
        if seeds != list(self.seeds) and (len(seeds) == 1 or not set(seeds) <= set(self.seeds)):
            return f"the seeds were {seeds}, are now {list(self.seeds)}"
        for planned, kept in self._known(earlier):
            before = from_tree(kept["config"], str(self.file))
            for key, (old, new) in differences(before, planned.entry.config).items():
                if key not in FREE:
                    return f"{key} of {planned.entry.label} was {old}, is now {new}"
        return ""

    def _take(self, earlier: Mapping[str, Any]) -> None:
        for planned, kept in self._known(earlier):
            planned.images, planned.work = kept["images"], Work(**kept["work"])
            planned.outcomes = {int(seed): Outcome(**outcome) for seed, outcome in kept["outcomes"].items()}

    def _known(self, earlier: Mapping[str, Any]) -> Iterator[tuple[Planned, Mapping[str, Any]]]:
        """The methods that were there before, with what was kept of each."""
        for planned in self.methods:
            if planned.entry.label in earlier["methods"]:
                yield planned, earlier["methods"][planned.entry.label]
