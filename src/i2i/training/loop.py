"""The adversarial loop: one step is each phase of the method in turn, over one shared forward pass.

A step begins by seeding torch with (seed, images seen, process), so that dropout, too, is a function of these, and a
run that was stopped goes on as if it had not been.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from i2i.config import Config
from i2i.data.samples import Batch
from i2i.errors import TrainingDiverged
from i2i.methods.contract import Method, Outputs, Phase, Staged
from i2i.training.schedule import learning_rate_factor, settled_rate
from i2i.training.state import State

Terms = dict[str, float]


@dataclass
class Step:
    """Takes training steps on a state.

    Attributes:
        config: the resolved configuration.
        method: whose phases are run.
        state: what is trained.
        fabric: the processes and the precision.
    """

    config: Config
    method: Method
    state: State
    fabric: Fabric

    def __call__(self, batch: Batch) -> dict[str, Tensor]:
        """Train on this process's share of a batch; every term of every phase, as tensors on the device."""
        state, training = self.state, self.config.training
        if isinstance(self.method, Staged):
            self.method.begin(state.images_seen)
        factor = learning_rate_factor(self.config.schedule, state.images_seen, training.images)
        step = state.images_seen // training.batch
        if training.precision == "bf16" and self.fabric.device.type == "cpu":
            batch = batch.channels_last()
        parts = _split(batch, training.accumulate)
        shared = self._generate(parts[0], 0) if len(parts) == 1 else None
        terms: dict[str, Tensor] = {}
        for phase in self.method.phases:
            if (step + 1) % phase.every == 0:
                terms |= self._phase(phase, parts, shared, factor)
        state.images_seen += training.batch
        self._average(
            buffer for net in state.networks.values() for buffer in net.buffers() if buffer.is_floating_point()
        )
        for name, average in state.ema.items():
            average.update_parameters(state.networks[name])
        return terms

    def _phase(self, phase: Phase, parts: list[Batch], shared: Outputs | None, factor: float) -> dict[str, Tensor]:
        state = self.state
        for name, network in state.networks.items():
            network.requires_grad_(name in phase.trains)
        totals: dict[str, Tensor] = {}
        for number, part in enumerate(parts):
            # Cut into parts, the forward pass is done again for each phase: the same, since it is seeded the same.
            outputs = self._generate(part, number) if shared is None else shared
            with self.fabric.autocast():
                terms = self.method.losses(phase, state.networks, part, outputs)
            self.fabric.backward(torch.stack([*terms.values()]).sum() / len(parts))
            for name, term in terms.items():
                key = f"{phase.name}.{name}"
                totals[key] = totals.get(key, torch.zeros_like(term.detach())) + term.detach() / len(parts)
        for name in phase.trains:
            self._update(name, factor)
        for network in state.networks.values():
            network.requires_grad_(True)
        return totals

    def _generate(self, part: Batch, number: int) -> Outputs:
        """The shared forward pass, under the noise that belongs to these images."""
        seed_step(self.config.training.seed, self.state.images_seen, number, self.fabric.global_rank)
        with self.fabric.autocast():
            return self.method.generate(self.state.networks, part)

    def _update(self, name: str, factor: float) -> None:
        network, optimizer = self.state.networks[name], self.state.optimizers[name]
        self._average(weights.grad for weights in network.parameters() if weights.grad is not None)
        if self.config.optimizer.clip:
            nn.utils.clip_grad_norm_(network.parameters(), self.config.optimizer.clip)
        for group in optimizer.param_groups:
            group["lr"] = factor * base_learning_rate(self.config, name)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    def _average(self, tensors: Iterable[Tensor]) -> None:
        """Make gradients, or running statistics, the mean over the processes, as one flat message."""
        if self.fabric.world_size == 1:
            return
        own = list(tensors)
        if own:
            flat = torch.cat([tensor.reshape(-1) for tensor in own])
            mean = cast(Tensor, self.fabric.all_reduce(flat, reduce_op="mean"))
            for tensor, part in zip(own, torch.split(mean, [tensor.numel() for tensor in own]), strict=True):
                tensor.copy_(part.view_as(tensor))


def seed_step(seed: int, images_seen: int, part: int, rank: int) -> None:
    """Seed torch for one forward pass; different passes get unrelated streams."""
    mixed = (
        seed * 0x9E3779B97F4A7C15
        + images_seen * 0xBF58476D1CE4E5B9
        + part * 0x94D049BB133111EB
        + rank * 0xD6E8FEB86659FD93
    )
    torch.manual_seed(mixed & 0x7FFFFFFFFFFFFFFF)


def base_learning_rate(config: Config, network: str) -> float:
    """The learning rate of a network's optimizer before its schedule."""
    own = config.optimizer.discriminator_learning_rate if network.endswith("discriminator") else 0.0
    return own or settled_rate(config.optimizer.learning_rate, config.training.batch)


class Losses:
    """The terms of the steps since the last reading, left on the device until they are read."""

    def __init__(self) -> None:
        self._steps: list[tuple[int, dict[str, Tensor]]] = []

    def add(self, images_seen: int, terms: dict[str, Tensor]) -> None:
        """Keep a step's terms; nothing is synchronised."""
        self._steps.append((images_seen, terms))

    def read(self) -> Terms:
        """The mean of each term since the last reading.

        Raises:
            TrainingDiverged: a term is NaN or infinite; the first such step and term are named.
        """
        steps, self._steps = self._steps, []
        means: dict[str, list[float]] = {}
        for images_seen, terms in steps:
            for (name, _), value in zip(terms.items(), _fetch(terms), strict=True):
                if not abs(value) < float("inf"):
                    raise TrainingDiverged(f"image {images_seen}: the term {name} is {value}")
                means.setdefault(name, []).append(value)
        return {name: sum(values) / len(values) for name, values in means.items()}


def _fetch(terms: dict[str, Tensor]) -> list[float]:
    values: list[float] = torch.stack([term.float() for term in terms.values()]).tolist() if terms else []
    return values


def _split(batch: Batch, parts: int) -> list[Batch]:
    if parts == 1:
        return [batch]
    valid, domain = ([None] * parts if each is None else each.chunk(parts) for each in (batch.valid, batch.domain))
    sides = (batch.input.chunk(parts), batch.target.chunk(parts))
    return [Batch(*each) for each in zip(*sides, valid, domain, strict=True)]
