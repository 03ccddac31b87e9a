"""One process's part in a run: the steps, and what is due between them."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import torch
from lightning_fabric import Fabric

from i2i.config import Config, to_tree
from i2i.data.loader import Loader
from i2i.data.survey import spec_of
from i2i.files import write_text
from i2i.methods import Method
from i2i.training.doctor import Doctor
from i2i.training.interrupts import Interrupt
from i2i.training.keeper import Keeper
from i2i.training.logs import CsvLog, Log, open_loggers
from i2i.training.loop import Losses, Step, base_learning_rate
from i2i.training.run import RunFolder
from i2i.training.schedule import learning_rate_factor
from i2i.training.state import State
from i2i.training.validation import describe, measures_of

logger = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 300.0
"""A checkpoint is at most this much older than the training, whatever the interval in images."""


@dataclass(frozen=True)
class Progress:
    """Where a run stands; handed to the caller's function after every step.

    Attributes:
        images_seen: of `images` in all.
        terms: the objective's terms, the newest that were read.
        scores: the means of the last validation.
    """

    images_seen: int
    images: int
    terms: Mapping[str, float]
    scores: Mapping[str, float]


class Session:
    """Steps through a run from where its state stands."""

    def __init__(
        self,
        config: Config,
        folder: RunFolder,
        fabric: Fabric,
        method: Method,
        state: State,
        keeper: Keeper,
        report: Callable[[Progress], None] | None,
    ) -> None:
        self.config, self.folder, self.fabric = config, folder, fabric
        self.state, self.keeper, self.report = state, keeper, report
        self.step = Step(config, method, state, fabric)
        self.losses = Losses()
        self.doctor = Doctor(folder)
        self.terms: Mapping[str, float] = {}
        self._saved_images = state.images_seen
        self._saved_at = time.monotonic()

    def run(self, loader: Loader, interrupt: Interrupt) -> None:
        """Step until all images are seen, patience ends, or a signal comes; then leave a checkpoint."""
        training, state = self.config.training, self.state
        logs = self._open_logs()
        symptoms = CsvLog(self.folder.symptoms, state.images_seen) if self.fabric.is_global_zero else None
        batches = loader.batches(state.images_seen)
        try:
            while state.images_seen < training.images and not self._patience_is_over():
                started = time.monotonic()
                terms = self.step(next(batches).to(self.fabric.device))
                self.losses.add(state.images_seen, terms)
                if self.fabric.device.type == "cpu" or self._due(training.log_every_images):
                    self._read_losses()
                state.seconds += time.monotonic() - started
                self._between_steps(logs, symptoms)
                if self._is_told_to_stop(interrupt):
                    break
            self._save()
        finally:
            batches.close()
            for log in {id(log): log for group in logs for log in group}.values():
                log.close()

    def _between_steps(self, logs: tuple[list[Log], list[Log]], symptoms: Log | None) -> None:
        training, state = self.config.training, self.state
        losses_logs, validation_logs = logs
        if self._due(training.log_every_images):
            for log in losses_logs:
                log.write(state.images_seen, {"seconds": state.seconds, **self.terms, **self._learning_rates()})
        if self._due(training.validate_every_images):
            if self.fabric.is_global_zero:
                self._read_losses()  # raises before a diverged generator could be kept
                state.check()
                self.keeper.validate(state, self.fabric.device)
                for log in validation_logs if self.keeper.scores else []:
                    log.write(state.images_seen, self.keeper.scores)
                if symptoms and self.keeper.symptoms:
                    symptoms.write(state.images_seen, self.keeper.symptoms)
                self.doctor.look()
            state.best = self.fabric.broadcast(state.best)
        if self._due(training.checkpoint_every_images) or time.monotonic() - self._saved_at > CHECKPOINT_SECONDS:
            self._save()
        if self.report and self.fabric.is_global_zero:
            self.report(Progress(state.images_seen, training.images, self.terms, self.keeper.scores))

    def _save(self) -> None:
        """Write a checkpoint, unless nothing happened since the last or the training has diverged."""
        if self.fabric.is_global_zero and self._saved_images != self.state.images_seen:
            self._read_losses()
            self.state.save(self.folder.checkpoint)
            self._saved_images, self._saved_at = self.state.images_seen, time.monotonic()

    def _read_losses(self) -> None:
        self.terms = {**self.terms, **self.losses.read()}

    def _open_logs(self) -> tuple[list[Log], list[Log]]:
        """Where losses and where validations are written; nowhere but in the first process."""
        if not self.fabric.is_global_zero:
            return [], []
        seen = self.state.images_seen
        self._name_measures()
        shared = open_loggers(self.config.training.loggers, self.folder.path, seen, to_tree(self.config))
        return [CsvLog(self.folder.losses, seen), *shared], [CsvLog(self.folder.validation, seen), *shared]

    def _name_measures(self) -> None:
        """Write down what the columns of the validation are."""
        sides = {"": self.config.data.target}
        if self.state.reverse is not None:
            sides["reverse."] = self.config.data.input
        named = {
            prefix + name: describe(measure)
            for prefix, side in sides.items()
            for name, measure in measures_of(spec_of(side).measured, self.config.domains.names).items()
        }
        write_text(self.folder.measures, json.dumps(named, indent=1, ensure_ascii=False) + "\n")

    def _learning_rates(self) -> dict[str, float]:
        factor = learning_rate_factor(self.config.schedule, self.state.images_seen, self.config.training.images)
        return {f"lr.{name}": factor * base_learning_rate(self.config, name) for name in self.state.networks}

    def _due(self, interval: int) -> bool:
        return self.state.images_seen % interval == 0 or self.state.images_seen >= self.config.training.images

    def _patience_is_over(self) -> bool:
        patience = self.config.training.patience
        over = bool(patience) and self.state.best.since >= patience
        if over:
            logger.info(f"no better {self.config.training.best} in {patience} validations; stopped early")
        return over

    def _is_told_to_stop(self, interrupt: Interrupt) -> bool:
        """Whether any process was; all leave after the same step."""
        if self.fabric.world_size > 1:
            told = self.fabric.all_reduce(
                torch.tensor(float(interrupt.signal), device=self.fabric.device), reduce_op="max"
            )
            interrupt.signal = int(cast(torch.Tensor, told))
        return bool(interrupt)
