"""A search for a student's widths by successive halving (Jamieson & Talwalkar 2016): short trainings, the better half
goes on to longer ones, until one is left. https://arxiv.org/abs/1502.07943

The candidates keep to one budget and differ in where they are slim: in the fine stages or in the deep ones.
"""

import json
import logging
import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from i2i.bundle import load_bundle
from i2i.config import Config, Generator, overlay
from i2i.data.layouts import Pair
from i2i.data.loader import Loader
from i2i.data.store import PairStore
from i2i.data.survey import spec_of
from i2i.errors import ConfigError, TrainingDiverged
from i2i.files import write_text
from i2i.methods.distill import allowed, cost
from i2i.methods.networks import fresh_generator
from i2i.metrics.suited import default_measure
from i2i.training.keeper import Keeper
from i2i.training.loop import Losses, Step
from i2i.training.resolve import resolve
from i2i.training.run import RunFolder
from i2i.training.setup import make_fabric, make_held_out, make_loader, make_method, make_state
from i2i.training.validation import instruments
from i2i.training.widths import slimmed

logger = logging.getLogger(__name__)

TILTS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""The candidates: how many times the share of its filters that the finest stage keeps the deepest one keeps."""

CANDIDATE: dict[str, Any] = {
    "schedule": {"name": "constant"},
    "training": {"loggers": [], "samples": 0, "best": "last", "ema_halflife_images": 0.0, "patience": 0},
}


def search_widths(config: Config, run: Path) -> Generator:
    """The generator's settings with the widths that came out best after `distill.search_images` images in all.

    Everything is left in `run`/search, a run folder for each candidate and the table, `search.json`; the same call
    again goes on from there. Candidates are compared by `training.best` on the held-out pairs.

    Args:
        config: of the student, from `compose_student`.
        run: the run folder of the student.

    Raises:
        ConfigError: nothing is held out, too few images, or more than one device.
        RunError: `run`/search is of another configuration.
    """
    folder = RunFolder(run)
    folder.check_own()
    resolved, _, train, held_out = resolve(config)
    if not held_out:
        raise ConfigError("distill.search_images: no pairs are held out to compare by; set data.validation=0.1")
    if config.training.devices > 1:
        raise ConfigError(
            f"distill.search_images: is for one device, not {config.training.devices}; search on one, then set "
            "generator.widths as its search.json says"
        )
    return _Search(resolved, folder.search, train, held_out).run()


class _Search:
    """The candidates, what they learn from, and the table of what came out."""

    def __init__(self, config: Config, folder: Path, train: Sequence[Pair], held_out: Sequence[Pair]) -> None:
        self.config, self.folder = config, folder
        self.train, self.held_out = train, held_out
        self.fabric = make_fabric(config)
        self.candidates = _candidates(config)
        best, target = config.training.best, spec_of(config.data.target)
        self.by = default_measure(target) if best == "last" else best
        self.measure = instruments(target).measures[self.by]
        self.file = folder / "search.json"
        self.table: dict[str, Any] = {"by": self.by, "candidates": self._described(), "rungs": []}

    def run(self) -> Generator:
        left = list(self.candidates)
        rungs = _rungs(self.config, len(left))
        known = json.loads(self.file.read_text(encoding="utf-8"))["rungs"] if self.file.is_file() else []
        for number, images in enumerate(rungs):
            scores = dict(known[number]["scores"]) if number < len(known) else {}
            self.table["rungs"].append({"images": images, "scores": scores})
            for name in left:
                config = self._configure(name, rungs[-1])
                RunFolder(self.folder / name).claim(config, self.train, self.held_out)
                if name not in scores:
                    scores[name] = self._score(name, config, images)
                    write_text(self.file, json.dumps(self.table, indent=1) + "\n")
            left = sorted(left, key=lambda name: self._shortfall(scores[name]))[: math.ceil(len(left) / 2)]
            told = ", ".join(f"{name} {self._told(scores[name])}" for name in scores)
            logger.info(f"{self.folder}: {self.measure.label} after {images} images: {told}")
        return self.candidates[left[0]]

    def _described(self) -> dict[str, Any]:
        """Each candidate's widths, multiply-adds and parameters."""
        described = {}
        for name, settings in self.candidates.items():
            network = fresh_generator(replace(self.config, generator=settings))
            described[name] = {
                "widths": list(settings.widths),
                "multiply_adds": cost(network, self.config.data.size),
                "parameters": sum(weights.numel() for weights in network.parameters()),
            }
        return described

    def _configure(self, name: str, images: int) -> Config:
        changes = {**CANDIDATE, "training": {**CANDIDATE["training"], "images": images}}
        return replace(overlay(self.config, changes), generator=self.candidates[name])

    def _score(self, name: str, config: Config, images: int) -> float | None:
        """Train a candidate on until it has seen so many images; its score, None if it diverged."""
        folder, (loader, held_out) = RunFolder(self.folder / name), self._pairs
        method = make_method(config)
        state = make_state(config, method, self.fabric.device)
        if folder.checkpoint.exists():
            state.load(folder.checkpoint)
        keeper = Keeper(config, folder, held_out, len(self.train))
        step, losses = Step(config, method, state, self.fabric), Losses()
        batches = loader.batches(state.images_seen)
        try:
            while state.images_seen < images:
                losses.add(state.images_seen, step(next(batches).to(self.fabric.device)))
            losses.read()
            state.save(folder.checkpoint)
        except TrainingDiverged:
            return None
        finally:
            batches.close()
        keeper.validate(state, self.fabric.device)
        return keeper.scores[self.by]

    @cached_property
    def _pairs(self) -> tuple[Loader, PairStore]:
        """The training batches and the held-out pairs, decoded once."""
        loader = make_loader(self.config, self.train, self.folder, self.fabric, None)
        return loader, make_held_out(self.config, self.held_out, self.folder)

    def _shortfall(self, score: float | None) -> float:
        return math.inf if score is None else self.measure.shortfall(score)

    def _told(self, score: float | None) -> str:
        return "diverged" if score is None else f"{score:.{self.measure.decimals}f}"


def _candidates(config: Config) -> dict[str, Generator]:
    """By name, the settings of networks of different shapes that cost the same."""
    bundle = load_bundle(config.distill.teacher)
    network, size = bundle.generator, config.data.size
    most = allowed(config.distill.budget, cost(network, size))
    return {f"tilt {tilt:g}": slimmed(config.generator, network, size, most, tilt) for tilt in TILTS}


def _rungs(config: Config, candidates: int) -> list[int]:
    """Images that those still in it have seen at the end of each round: each time twice as many."""
    shares, left = [], candidates
    while left > 1:
        shares.append(left)
        left = math.ceil(left / 2)
    spent = sum(left * (2**number - 2**number // 2) for number, left in enumerate(shares))
    first = config.distill.search_images // spent // config.training.batch * config.training.batch
    if not first:
        raise ConfigError(
            f"distill.search_images: {config.distill.search_images} are too few; expected at least "
            f"{spent * config.training.batch} for {candidates} candidates in batches of {config.training.batch}"
        )
    return [first * 2**number for number in range(len(shares))]
