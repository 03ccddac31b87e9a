"""What an engine promises, and what is asked of it."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from i2i.generators import Generator

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Job:
    """A generator to run, where and how.

    Attributes:
        generator: prepared for test (`i2i.layers.modes.prepare`), with its statistics held if they are; stays as it is.
        device: where it is, and runs.
        bf16: computes in bfloat16 instead of float32.
        bundle: the folder that it came from, for what lies there beside its weights.
        keeps: whether it will be run again another day, so that a conversion is worth being kept.
        patient: whether seconds may go into a conversion that was not kept from another day.
    """

    generator: Generator
    device: torch.device = CPU
    bf16: bool = False
    bundle: Path | None = None
    keeps: bool = True
    patient: bool = True


@dataclass(frozen=True)
class Network:
    """A generator, ready to run. Whatever the batch, an image's result is what it would be alone, but for rounding.

    Attributes:
        run: (N, C, H, W) float32 in [-1, 1] on the job's device -> (N, C', H, W) float32 in [-1, 1], in inference mode;
            H and W as the generator takes them.
        difference: the largest from eager torch on a small input; None where that was not compared.
    """

    run: Callable[[Tensor], Tensor]
    difference: float | None = None

    def __call__(self, images: Tensor) -> Tensor:
        """See `run`."""
        return self.run(images)


class Engine(Protocol):
    """What a module of this package offers that runs generators."""

    EXACT: bool
    """Whether it computes what eager torch does, but for rounding."""

    def unavailable(self) -> str | None:
        """Why it can't be used on this machine and what would help, in one line; None if it can."""
        ...

    def refusal(self, job: Job) -> str | None:
        """Why it can't take the job, in a few words; None if it can."""
        ...

    def build(self, job: Job) -> Network:
        """The generator of a job that it does not refuse; may take seconds.

        Raises:
            EngineFailure: it turns out that it can't, or that it gives something else than eager torch.
        """
        ...


class EngineFailure(Exception):  # noqa: N818 - what befell an engine, told on as an error of its user's
    """An engine can't run a generator that it did not refuse."""


def not_installed(*modules: str, extra: str) -> str | None:
    """That one of these modules is missing, and which extra has it; None if all are there. Nothing is imported."""
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    return f"{missing[0]} is not installed; pip install 'i2i[{extra}]'" if missing else None


def draws_noise(generator: Generator) -> bool:
    """Whether its dropout is on or it draws what it is not told, so that each forward gives another answer."""
    return generator.draws or any(
        isinstance(layer, nn.modules.dropout._DropoutNd) and layer.training and layer.p > 0
        for layer in generator.modules()
    )


def off_the_cpu(job: Job) -> str | None:
    """The refusal of what runs nowhere else."""
    return None if job.device.type == "cpu" else f"runs on the CPU, not on {job.device}"


def noisy(job: Job) -> str | None:
    """The refusal of what can't draw eager torch's noise."""
    return "it draws noise, which only eager draws by the seed" if draws_noise(job.generator) else None
