"""All that changes while a run trains, and the file that holds it.

What is not in here is a function of (seed, images seen): the order of the data, its augmentation, the dropout.
"""

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel

from i2i.encoders import Encoder
from i2i.errors import RunError, StorageError, TrainingDiverged
from i2i.files import replacing
from i2i.generators.generator import Generator
from i2i.methods.contract import Memory


@dataclass
class Best:
    """The best validation so far: its shortfall (lower is better), when it was, and how many came after it."""

    shortfall: float = math.inf
    images_seen: int = 0
    since: int = 0


@dataclass
class State:
    """Networks, optimizers, the averaged generators by name, what the method remembers, and the counts."""

    networks: dict[str, nn.Module]
    optimizers: dict[str, Optimizer]
    ema: dict[str, AveragedModel] = field(default_factory=dict)
    memory: dict[str, Memory] = field(default_factory=dict)
    images_seen: int = 0
    seconds: float = 0.0
    best: Best = field(default_factory=Best)

    @property
    def generator(self) -> Generator:
        """The generator that is validated and kept: the averaged one, where there is one."""
        return cast(Generator, self._kept("generator"))

    @property
    def reverse(self) -> Generator | None:
        """The same for the other direction; None where the method has one direction."""
        return cast(Generator, self._kept("reverse")) if "reverse" in self.networks else None

    @property
    def encoder(self) -> Encoder | None:
        """What finds the generator's latent codes, kept with it; None where there are no codes."""
        return cast(Encoder, self._kept("encoder")) if "encoder" in self.networks else None

    def _kept(self, name: str) -> nn.Module:
        return self.ema[name].module if name in self.ema else self.networks[name]

    def check(self) -> None:
        """Raise `TrainingDiverged` if a weight is not finite: such a state is neither saved nor kept."""
        for name, network in self.networks.items():
            if not all(bool(weights.isfinite().all()) for weights in network.state_dict().values()):
                raise TrainingDiverged(f"image {self.images_seen}: the {name} has weights that are not finite")

    def save(self, path: Path) -> None:
        """Write the checkpoint; the one before stays until this one is whole.

        Raises:
            TrainingDiverged: a weight is not finite; nothing is written.
            StorageError: the disk is full or the folder can't be written.
        """
        self.check()
        try:
            with replacing(path) as file:
                torch.save(self._tree(), file)
        except RuntimeError as error:  # torch reports a failed write as its own zip writer's failure
            raise StorageError(f"{path}: can't be written, is the disk full? the one before it is untouched") from error

    def load(self, path: Path) -> None:
        """Take over a checkpoint of the same configuration. Raises `RunError` for a damaged file."""
        try:
            tree = torch.load(path, map_location="cpu", weights_only=True)
            for name, network in self.networks.items():
                network.load_state_dict(tree["networks"][name])
            for name, optimizer in self.optimizers.items():
                optimizer.load_state_dict(tree["optimizers"][name])
            for name, average in self.ema.items():
                average.load_state_dict(tree["ema"][name])
            for name, memory in self.memory.items():
                memory.load_state_dict(tree["memory"][name])
        except Exception as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise RunError(f"{path}: is damaged ({reason}); delete it to start this run anew") from error
        self.images_seen, self.seconds, self.best = tree["images_seen"], tree["seconds"], Best(**tree["best"])

    def _tree(self) -> dict[str, Any]:
        """All that a checkpoint holds."""
        return {
            "networks": {name: network.state_dict() for name, network in self.networks.items()},
            "optimizers": {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()},
            "ema": {name: average.state_dict() for name, average in self.ema.items()},
            "memory": {name: memory.state_dict() for name, memory in self.memory.items()},
            "images_seen": self.images_seen,
            "seconds": self.seconds,
            "best": asdict(self.best),
        }
