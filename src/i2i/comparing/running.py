"""Trains all that a comparison compares, one after the other; what fails is told in the end and stops nothing else."""

import gc
import logging
import time
from collections.abc import Callable

import torch

from i2i.comparing.plan import Outcome, Plan, Planned, Progress
from i2i.errors import ConfigError, TrainingDiverged
from i2i.runs import RunReader
from i2i.training.session import Progress as RunProgress
from i2i.training.train import run_training

logger = logging.getLogger(__name__)


def train_all(plan: Plan, progress: Progress | None = None) -> int:
    """Do what of the plan is not done yet.

    Args:
        plan: is kept up to date, in its file too.
        progress: called as the trainings go on.

    Returns:
        Number of the signal that stopped it, 0 if none; the same call goes on.

    Raises:
        I2IError: what concerns all of them: the pairs can't be read, the disk is full.
    """
    for planned, seed in plan.trainings():
        outcome = planned.outcomes.setdefault(seed, Outcome())
        if (outcome.done or outcome.failed) and plan.run(planned, seed).exists():
            continue
        outcome.failed, outcome.done = "", False
        stopped = _train(plan, planned, seed, outcome, progress)
        plan.save()
        gc.collect()  # networks and optimizers refer to each other in circles
        if stopped:
            return stopped
    return 0


def _train(plan: Plan, planned: Planned, seed: int, outcome: Outcome, progress: Progress | None) -> int:
    """One training, from where it stands; the signal that stopped it, if any."""
    folder, label = plan.run(planned, seed), _named(plan, planned, seed)
    began = time.monotonic()
    stopped = 0
    try:
        run = run_training(plan.config(planned, seed), folder, _reporter(label, progress))
        stopped = run.signal
    except (TrainingDiverged, ConfigError, torch.OutOfMemoryError) as error:
        outcome.failed = str(error).splitlines()[0]
        logger.info(f"{label}: {outcome.failed}")
    outcome.done = not stopped and not outcome.failed
    outcome.wall += time.monotonic() - began
    if folder.exists():
        record = RunReader(folder).read()
        outcome.images_seen = record.images_seen
        outcome.seconds = next(reversed(record.losses.get("seconds", [])), 0.0)
    return stopped


def _named(plan: Plan, planned: Planned, seed: int) -> str:
    return planned.entry.label + (f", seed {seed}" if len(plan.seeds) > 1 else "")


def _reporter(label: str, progress: Progress | None) -> Callable[[RunProgress], None] | None:
    if progress is None:
        return None
    return lambda at: progress(label, at.images_seen, at.images)
