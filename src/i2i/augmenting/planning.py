"""How many pairs are made of which input: so many each, so many in all, or until the classes are balanced."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from i2i.augmenting.sources import Real, Source, Sources
from i2i.errors import ConfigError

Capacity = Callable[[Source], int | None]
"""How many different pairs an input can give; None: as many as anyone wants."""


@dataclass(frozen=True)
class Amount:
    """How many pairs are wanted; at most one of the three.

    Attributes:
        samples: of each input.
        count: in all.
        balance: of each class, with the real ones that are there; "max": as many as the largest class has.
    """

    samples: int | None = None
    count: int | None = None
    balance: int | Literal["max"] | None = None

    def __post_init__(self) -> None:
        given = {name: value for name, value in vars(self).items() if value is not None}
        if len(given) > 1:
            raise ConfigError(f"{' and '.join(f'--{name}' for name in given)}: exclude each other; give one of them")
        for name, value in given.items():
            if value != "max" and value < 1:
                raise ConfigError(f"--{name} {value}: expected a number of pairs, 1 or more")


@dataclass(frozen=True)
class Job:
    """A pair to be made: of which input, and its number, from 1, among those of this input."""

    source: Source
    number: int

    @property
    def name(self) -> str:
        """Of the pair."""
        return f"{self.source.name}.{self.number}"


@dataclass(frozen=True)
class ClassCount:
    """Of one class: its inputs, the real pairs that are there, and the pairs to be made; a pair may hold several."""

    name: str
    inputs: int
    there: int
    made: int
    short: str = ""
    """Why it stays below what was asked for."""

    @property
    def after(self) -> int:
        """Real and made pairs together."""
        return self.there + self.made


@dataclass(frozen=True)
class Plan:
    """The pairs to be made, in the order of the inputs, and the classes' counts.

    Attributes:
        jobs: the pairs.
        classes: none if the inputs have no classes.
        target: of each class, if they are to be balanced.
    """

    jobs: list[Job]
    classes: list[ClassCount]
    target: int | None = None


def make_plan(sources: Sources, real: Sequence[Real], amount: Amount, capacity: Capacity, seed: int) -> Plan:
    """Which pairs to make.

    Args:
        sources: the inputs.
        real: pairs that are there and count for their classes.
        amount: how many are wanted; nothing said is one of each input.
        capacity: how many different pairs an input gives.
        seed: of the order in which inputs are taken where not all are taken alike.

    Raises:
        ConfigError: more than can differ, classes without any, or nothing to make.
    """
    inputs = sources.inputs
    there = Counter(each for pair in real if pair.split == "train" for each in pair.classes)
    if amount.balance is not None:
        return _balanced(sources, there, amount.balance, capacity, seed)
    if amount.count is not None:
        numbers = _spread(inputs, amount.count, capacity, seed)
    else:
        numbers = [amount.samples or 1] * len(inputs)
        for source, number in zip(inputs, numbers, strict=True):
            most = capacity(source)
            if most is not None and number > most:
                raise ConfigError(f"--samples {number}: each input can {_give_only(most)} ({source.where})")
    return Plan(_jobs(inputs, numbers), _counts(sources, there, numbers))


def _spread(inputs: Sequence[Source], count: int, capacity: Capacity, seed: int) -> list[int]:
    """So many in all: each input as often as any other, or once less."""
    most = [capacity(source) for source in inputs]
    limited = [limit for limit in most if limit is not None]
    if len(limited) == len(most) and sum(limited) < count:
        raise ConfigError(f"--count {count}: {len(inputs)} inputs {_give_only(sum(limited))}")
    numbers = [0] * len(inputs)
    order = _order(inputs, seed)
    while count:
        for place in order:
            limit = most[place]
            if count and (limit is None or numbers[place] < limit):
                numbers[place] += 1
                count -= 1
    return numbers


def _balanced(
    sources: Sources, there: Counter[str], balance: int | Literal["max"], capacity: Capacity, seed: int
) -> Plan:
    if not sources.by:
        raise ConfigError(
            f"--balance {balance}: the inputs have no classes; expected a folder a class, --by COLUMN of a manifest, "
            "or --by labels of label maps"
        )
    names = sorted(set(sources.names) | set(there)) if sources.by != "labels" else list(sources.names)
    held = np.array([[name in source.classes for name in names] for source in sources.inputs], bool)
    inputs = held.sum(axis=0)
    before = np.array([there[name] for name in names])
    target = int(max(before.max(), sources.largest) or inputs.max()) if balance == "max" else balance
    if (before >= target).all():
        raise ConfigError(f"--balance {balance}: every class has {target} pairs already; there is nothing to make")
    most = [capacity(source) for source in sources.inputs]
    numbers = fill_up(held, target - before, most, _order(sources.inputs, seed))
    if not any(numbers):
        lacking = ", ".join(name for name, count in zip(names, before, strict=True) if count < target)
        raise ConfigError(f"--balance {balance}: no input is of a class that lacks pairs ({lacking}); add inputs of it")
    return Plan(_jobs(sources.inputs, numbers), _counts(sources, there, numbers, names, target), target)


def fill_up(
    held: NDArray[np.bool_], needs: NDArray[np.int64], most: Sequence[int | None], order: Sequence[int]
) -> list[int]:
    """How often each input is taken so that every class gets what it needs, as far as there are inputs of it.

    Greedily: the class that lacks most comes next. Of its inputs that one is taken which was taken least often and of
    whose classes the largest share is in need, so that the common ones grow no more than they must.

    Args:
        held: (inputs, classes), which input is of which classes.
        needs: (classes,), pairs that each class lacks; negative where it has more than enough.
        most: how often each input may be taken; None: without end.
        order: of the inputs, by which ties are settled.
    """
    rank = np.empty(len(order), np.int64)
    rank[np.asarray(order, np.int64)] = np.arange(len(order))
    limits = np.array([np.inf if limit is None else limit for limit in most])
    used, left = np.zeros(len(held), np.int64), np.asarray(needs, np.int64).copy()
    classes = held.sum(axis=1).clip(min=1)
    while True:
        usable = used < limits
        open_ = (left > 0) & held[usable].any(axis=0)
        if not open_.any():
            return [int(number) for number in used]
        scarce = int(np.where(open_, left, -1).argmax())
        some = np.flatnonzero(held[:, scarce] & usable)
        in_need = (held[some] & (left > 0)).sum(axis=1)
        taken = some[np.lexsort((rank[some], -in_need, used[some] - 2 * in_need / classes[some]))[0]]
        used[taken] += 1
        left -= held[taken]


def _counts(
    sources: Sources, there: Counter[str], numbers: Sequence[int], names: Sequence[str] = (), target: int = 0
) -> list[ClassCount]:
    if not sources.by:
        return []
    inputs, made = Counter[str](), Counter[str]()
    for source, number in zip(sources.inputs, numbers, strict=True):
        for name in source.classes:
            inputs[name] += 1
            made[name] += number
    return [
        ClassCount(name, inputs[name], there[name], made[name], _short(inputs[name], there[name] + made[name], target))
        for name in names or sorted(set(sources.names) | set(there))
    ]


def _short(inputs: int, after: int, target: int) -> str:
    if after >= target:
        return ""
    return "no input of it" if not inputs else "its inputs give no more different pairs"


def _give_only(most: int) -> str:
    return (
        f"give only {most} different {'pair' if most == 1 else 'pairs'}; vary more (--vary mirror,rotate=5,scale=1.1), "
        "or turn the translator's noise on, if it has any (--dropout on)"
    )


def _jobs(inputs: Sequence[Source], numbers: Sequence[int]) -> list[Job]:
    return [
        Job(source, number) for source, count in zip(inputs, numbers, strict=True) for number in range(1, count + 1)
    ]


def _order(inputs: Sequence[Source], seed: int) -> list[int]:
    """A fair shuffle that hangs on the seed and the names alone."""
    ranks = [hashlib.blake2b(f"{seed}/{source.name}".encode(), digest_size=8).digest() for source in inputs]
    return sorted(range(len(inputs)), key=ranks.__getitem__)
