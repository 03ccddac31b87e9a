"""What a method is: its networks, who is trained when, and the named terms of each objective.

A method knows nothing of devices, optimizers or loops, so that anyone can train it in a loop of their own:

    outputs = method.generate(nets, batch)
    for phase in method.phases:
        sum(method.losses(phase, nets, batch, outputs).values()).backward()
        …step the optimizers of phase.trains…
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

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
        """The networks by name; the one called "generator" is what the bundle keeps."""
        ...

    def generate(self, nets: Networks, batch: Batch) -> Outputs:
        """The forward passes that the phases of a step share, with gradients."""
        ...

    def losses(self, phase: Phase, nets: Networks, batch: Batch, outputs: Outputs) -> dict[str, Tensor]:
        """The terms of a phase's objective, weighted, by name; the loop minimises their sum and logs each."""
        ...
