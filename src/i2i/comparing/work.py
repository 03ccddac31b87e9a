"""What a training takes: its multiply-adds, counted, and its pace on this machine, tried."""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from i2i.allocator import kept_pages
from i2i.config import Config, overlay
from i2i.data.layouts import Pair
from i2i.data.samples import Batch
from i2i.layers.convolutions import as_defined
from i2i.methods.contract import Staged
from i2i.training.loop import Losses, Step
from i2i.training.setup import make_fabric, make_loader, make_method, make_state

RULE = (
    "of a training step of a method: all its forward and backward passes, each convolution and matrix product as it is "
    "defined, by whatever algorithm this machine does it; normalisation, activations and optimizers left out"
)
"""What counts as the multiply-adds of a training."""

_PARTS = 32
"""Equal parts of a run, in each of which a method whose work changes in its course does one thing."""
_PAIRS = 32
"""Pairs that a trial decodes, at least so many batches of them that none is seen at once again."""
_TRIAL_SHARE, _SHORTEST, _LONGEST = 0.03, 1.0, 15.0
"""Of a budget in time, what a trial may take; seconds."""
_WARMING_STEPS = 2


@dataclass(frozen=True)
class Work:
    """What a training takes.

    Attributes:
        multiply_adds: an image.
        images_per_second: on this machine; None where it was not tried.
    """

    multiply_adds: float
    images_per_second: float | None = None


class MultiplyAdds(TorchDispatchMode):
    """Inside, multiply-adds of convolutions, products of matrices and attention are counted, forward and backward.

    Attributes:
        count: so far.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.count: int = 0

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run an operator of torch, and count it."""
        made = func(*args, **(kwargs or {}))
        formula = _FORMULAS.get(func._overloadpacket)
        if formula:
            self.count += formula(args, made)
        return made


def work_of(config: Config, train: Sequence[Pair], spill: Path, seconds: float | None = None) -> Work:
    """Try the training of a resolved configuration on a few of its pairs: the weights it learns are thrown away.

    Args:
        config: with its length, of which stages and schedules are shares; only their order of magnitude matters.
        train: the training pairs.
        spill: where decoded pairs go that don't fit in memory.
        seconds: of the budget, which bounds the trial; None: the pace is not of interest.

    Raises:
        I2IError: as training does.
    """
    batch = config.training.batch
    fabric = make_fabric(config)
    method = make_method(config)
    loader = make_loader(config, train[: max(_PAIRS, 4 * batch)], spill, fabric, None)
    step = Step(config, method, make_state(config, method, fabric.device), fabric)
    batches = loader.batches(0)
    try:
        with kept_pages():
            stages = _stages(step, next(batches).to(fabric.device))
            pace = None if seconds is None else _pace(step, batches, stages, seconds)
    finally:
        batches.close()
    return Work(sum(stage.share * stage.multiply_adds for stage in stages) / batch, pace)


def lasting(config: Config, images: int) -> Config:
    """The configuration with the length of its run set."""
    return overlay(config, {"training": {"images": images}})


@dataclass(frozen=True)
class _Stage:
    """A time of a run in which steps take the same: its share, the images seen at a place in it, a step's work."""

    share: float
    images_seen: int
    multiply_adds: float


def _stages(step: Step, batch: Batch) -> list[_Stage]:
    """A run's stages; only one where the method is no `Staged`."""
    training, cycle = step.config.training, _cycle(step)
    if not isinstance(step.method, Staged):
        return [_Stage(1.0, 0, _count(step, batch, 0))]
    each = training.batch * cycle
    places = [int((number + 0.5) / _PARTS * training.images / each) * each for number in range(_PARTS)]
    counts: list[float | None] = [None] * _PARTS
    _fill(counts, lambda number: _count(step, batch, places[number]), 0, _PARTS - 1, sure=False)
    return [
        _Stage(counts.count(value) / _PARTS, places[counts.index(value)], value)
        for value in dict.fromkeys(counts)
        if value is not None
    ]


def _fill(counts: list[float | None], count: Callable[[int], float], low: int, high: int, sure: bool = True) -> None:
    """All counts from `low` to `high`, by halves: what is the same at both ends is so between, if that is `sure`."""
    for end in (low, high):
        if counts[end] is None:
            counts[end] = count(end)
    if sure and counts[low] == counts[high]:
        counts[low : high + 1] = [counts[low]] * (high + 1 - low)
    elif high - low > 1:
        middle = (low + high) // 2
        _fill(counts, count, low, middle)
        _fill(counts, count, middle, high)


def _cycle(step: Step) -> int:
    """Steps after which the phases fall due as before."""
    return math.lcm(*(phase.every for phase in step.method.phases))


def _count(step: Step, batch: Batch, images_seen: int) -> float:
    """Multiply-adds of a step, on average over a cycle that begins after so many images."""
    cycle = _cycle(step)
    due = [tuple((number + 1) % phase.every == 0 for phase in step.method.phases) for number in range(cycle)]
    total = 0.0
    for phases, times in Counter(due).items():
        step.state.images_seen = images_seen + due.index(phases) * step.config.training.batch
        counter = MultiplyAdds()
        with as_defined(), counter:
            step(batch)
        total += counter.count * times / cycle
    return total


def _pace(step: Step, batches: Iterator[Batch], stages: Sequence[_Stage], seconds: float) -> float:
    """Images a second, batches and the reading of losses included, as a run's own clock has it."""
    span = min(_LONGEST, max(_SHORTEST, _TRIAL_SHARE * seconds)) / len(stages)
    batch, cycle, losses = step.config.training.batch, _cycle(step), Losses()

    def take(steps: int, images_seen: int) -> None:
        for number in range(steps):
            step.state.images_seen = images_seen + number % cycle * batch
            losses.add(step.state.images_seen, step(next(batches).to(step.fabric.device)))
            losses.read()

    an_image = 0.0
    for stage in stages:
        take(_WARMING_STEPS, stage.images_seen)
        steps, began = 0, time.perf_counter()
        while not steps or time.perf_counter() - began < span:
            take(cycle, stage.images_seen)
            steps += cycle
        an_image += stage.share * (time.perf_counter() - began) / (steps * batch)
    return 1 / an_image


def _of_convolution(args: tuple[Any, ...], made: Tensor) -> int:
    """One kernel for each output of a convolution, for each input of a transposed one."""
    given, weight, transposed = args[0], args[1], args[6]
    return _uses(given if transposed else made) * int(weight.numel())


def _of_gradients(args: tuple[Any, ...], made: object) -> int:
    """The gradients of the input and of the weight take each as much as the convolution itself."""
    of_made, given, weight, transposed, wanted = args[0], args[1], args[2], args[7], args[10]
    return _uses(given if transposed else of_made) * int(weight.numel()) * (int(wanted[0]) + int(wanted[1]))


def _uses(images: Tensor) -> int:
    """(N, C, H, W) -> N · H · W."""
    return images.numel() // images.shape[1]


def _of_product(args: tuple[Any, ...], made: Tensor) -> int:
    """(…, M, K) by (…, K, N)."""
    return made.numel() * int(args[0].shape[-1])


def _of_sum_and_product(args: tuple[Any, ...], made: Tensor) -> int:
    return _of_product(args[1:], made)


def _of_attention(args: tuple[Any, ...], made: Any) -> int:
    """Queries by keys, then by values: (…, L, E), (…, S, E), (…, S, E')."""
    query, key, value = args[:3]
    return int(query.numel() * key.shape[-2] + query.numel() // query.shape[-1] * key.shape[-2] * value.shape[-1])


def _of_attention_backward(args: tuple[Any, ...], made: Any) -> int:
    """The products of the way there, those two once again, and their gradients: two and a half times as much."""
    return _of_attention(args[1:], made) * 5 // 2


_aten = torch.ops.aten
_FORMULAS = {
    _aten.convolution: _of_convolution,
    _aten.convolution_backward: _of_gradients,
    _aten.mm: _of_product,
    _aten.mv: _of_product,
    _aten.bmm: _of_product,
    _aten.addmm: _of_sum_and_product,
    _aten.baddbmm: _of_sum_and_product,
    _aten._scaled_dot_product_flash_attention: _of_attention,
    _aten._scaled_dot_product_flash_attention_for_cpu: _of_attention,
    _aten._scaled_dot_product_efficient_attention: _of_attention,
    _aten._scaled_dot_product_flash_attention_backward: _of_attention_backward,
    _aten._scaled_dot_product_flash_attention_for_cpu_backward: _of_attention_backward,
    _aten._scaled_dot_product_efficient_attention_backward: _of_attention_backward,
}
