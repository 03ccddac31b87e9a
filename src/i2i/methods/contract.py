"""What a method is: its networks, who is trained when, and the named terms of each objective.

A method knows nothing of devices, optimizers or loops, so that anyone can train it in a loop of their own:

    outputs = method.generate(nets, batch)
    for phase in method.phases:
        sum(method.losses(phase, nets, batch, outputs).values()).backward()
        …step the optimizers of phase.trains…
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn

from i2i.data.samples import Batch

Networks = Mapping[str, nn.Module]
Outputs = dict[str, Tensor]


@dataclass(frozen=True)
class Phase:
    """A part of a training step: which networks learn in it, and in every how many steps it takes place."""

    name: str
    trains: tuple[str, ...]
    every: int = 1


class Method(Protocol):
    """The contract; `i2i.methods.pix2pix` is the plainest example."""

    phases: tuple[Phase, ...]

    def networks(self) -> dict[str, nn.Module]:
        """The networks by name; the bundle keeps "generator" and, the other way round, "reverse" if there is one."""
        ...

    def generate(self, nets: Networks, batch: Batch) -> Outputs:
        """The forward passes that the phases of a step share, with gradients."""
        ...

    def losses(self, phase: Phase, nets: Networks, batch: Batch, outputs: Outputs) -> dict[str, Tensor]:
        """The terms of a phase's objective, weighted, by name; the loop minimises their sum and logs each."""
        ...


class Memory(Protocol):
    """What changes while a method trains and is no network, such as a pool of images."""

    def state_dict(self) -> dict[str, Any]:
        """All of it, as tensors and plain values, for a checkpoint."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over what `state_dict` gave."""
        ...


@runtime_checkable
class Remembering(Protocol):
    """What a method has besides, if it remembers something from one step to the next."""

    memory: Mapping[str, Memory]


@runtime_checkable
class Staged(Protocol):
    """What a method has besides, if what it does changes in the course of a run."""

    def begin(self, images_seen: int) -> None:
        """A step begins after so many images; called before anything else of it."""
        ...
