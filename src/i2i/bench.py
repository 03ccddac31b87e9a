"""How fast a user's own translator is on this machine: each engine beside eager torch, and a training step."""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from i2i.allocator import kept_pages
from i2i.bundle import Bundle, load_bundle
from i2i.config import Config, from_tree, overlay
from i2i.data.samples import Batch
from i2i.devices import pick_device
from i2i.engines import ENGINES, EngineName, Job, Network, availability, choose
from i2i.engines.choosing import check_engine
from i2i.errors import ConfigError
from i2i.layers.modes import prepare
from i2i.training.loop import Step
from i2i.training.setup import make_fabric, make_method, make_state
from i2i.translator.padding import pad

TURN = 0.5
"""Seconds, about, of an engine's turn."""


@dataclass(frozen=True)
class Speed:
    """Of one contender at one batch size.

    Attributes:
        name: of the engine, or "training step".
        batch: images at once.
        images_per_second: median over the turns.
        ratio: to eager torch in the same turn, median; then the least and the greatest. None for the first.
        difference: the largest from eager torch's output, whose range is 2.
        preparation: seconds that it took to build.
    """

    name: str
    batch: int
    images_per_second: float
    ratio: tuple[float, float, float] | None = None
    difference: float | None = None
    preparation: float | None = None


@dataclass(frozen=True)
class Bench:
    """What was measured, and for what an engine could not be."""

    size: tuple[int, int]
    device: str
    speeds: tuple[Speed, ...]
    left_out: dict[str, str]


def bench(
    bundle: str | os.PathLike[str],
    *,
    size: tuple[int, int] | None = None,
    batches: Sequence[int] = (1, 8),
    rounds: int = 7,
    device: str = "auto",
    training: bool = True,
    engines: Sequence[EngineName] = (),
    steps: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Bench:
    """Measure a bundle on noise of its input's shape; the engines take turns, so that ratios hold on a busy machine.

    Args:
        bundle: a bundle or a run folder; its test-time policy is kept, but that dropout is off.
        size: height and width; by default the training size.
        batches: images at once.
        rounds: turns that each has.
        device: as for `i2i.load`.
        engines: only these and eager; none for all.
        steps: of a bundle that works step by step; by default as its policy says.
        training: whether to take training steps too, where the bundle tells how it was trained.
        progress: called with (turns done, of how many).

    Raises:
        BundleError: it can't be loaded.
        ConfigError: no turns or images, or no such device or engine.
    """
    if rounds < 1 or not batches or min(batches) < 1:
        raise ConfigError(f"rounds {rounds}, batch {list(batches)}: expected at least one of each")
    for name in engines:
        check_engine(name)
    loaded = load_bundle(bundle).taking(steps)
    loaded = loaded.told(next(iter(loaded.config.domains), None))  # they all cost the same
    if loaded.generator.draws and loaded.generator.condition:  # so do all codes
        loaded.generator.hold(torch.zeros(loaded.generator.condition))
    height, width = size or loaded.config.size
    place = pick_device(device)
    networks, preparations, left_out = _engines(
        loaded, place, [name for name in ENGINES if name in ("eager", *(engines or ENGINES))]
    )
    shown = _noise(loaded, height, width, place)
    speeds: list[Speed] = []
    total = rounds * len(batches)
    for number, batch in enumerate(batches):
        images = shown.expand(batch, *shown.shape[1:]).contiguous()
        report = (lambda done, n=number: progress(n * rounds + done, total)) if progress else None
        speeds += _race(networks, preparations, images, rounds, place, report)
    if training:
        reason, step = _training(loaded, place, rounds)
        left_out |= {"training step": reason} if reason else {}
        speeds += [step] if step else []
    return Bench((height, width), str(place), tuple(speeds), left_out)


def _engines(
    loaded: Bundle, device: torch.device, names: Sequence[str]
) -> tuple[dict[str, Network], dict[str, float], dict[str, str]]:
    prepare(loaded.generator.to(device), statistics=loaded.config.translation.statistics, dropout=False)
    networks: dict[str, Network] = {}
    preparations: dict[str, float] = {}
    left_out: dict[str, str] = {}
    missing = availability()
    for name in names:
        reason = missing[name]
        if reason is None:
            started = time.perf_counter()
            try:
                networks[name] = choose(name, Job(loaded.generator, device, bundle=loaded.path)).network  # type: ignore[arg-type]
                preparations[name] = time.perf_counter() - started
            except ConfigError as error:
                reason = str(error)
        if reason is not None:
            left_out[name] = reason
    return networks, preparations, left_out


def _noise(loaded: Bundle, height: int, width: int, device: torch.device) -> Tensor:
    generator = loaded.generator
    random = torch.Generator().manual_seed(0)
    images = torch.rand(1, generator.in_channels, height, width, generator=random) * 2 - 1
    return pad(images, generator.multiple, generator.smallest).to(device)


def _race(
    networks: dict[str, Network],
    preparations: dict[str, float],
    images: Tensor,
    rounds: int,
    device: torch.device,
    report: Callable[[int], None] | None,
) -> list[Speed]:
    times: dict[str, list[float]] = {name: [] for name in networks}
    outputs: dict[str, Tensor] = {}
    counts: dict[str, int] = {}
    with torch.inference_mode():
        for name, network in networks.items():
            outputs[name] = network(images).float().cpu()
            counts[name] = max(1, round(TURN / _seconds(lambda n=network: n(images), 1, device)))  # type: ignore[misc]
        for number in range(rounds):
            for name, network in networks.items():
                times[name].append(_seconds(lambda n=network: n(images), counts[name], device))  # type: ignore[misc]
            if report:
                report(number + 1)
    first = times["eager"]
    speeds = []
    for name, own in times.items():
        ratios = [base / each for base, each in zip(first, own, strict=True)]
        speeds.append(
            Speed(
                name,
                len(images),
                len(images) / statistics.median(own),
                None if name == "eager" else (statistics.median(ratios), min(ratios), max(ratios)),
                None if name == "eager" else (outputs[name] - outputs["eager"]).abs().max().item(),
                preparations[name],
            )
        )
    return speeds


def _training(loaded: Bundle, device: torch.device, rounds: int) -> tuple[str, Speed | None]:
    """A step of the training that the bundle records, or why there is none to measure."""
    if not loaded.config.training:
        return "the bundle does not tell how it was trained", None
    config = overlay(from_tree(loaded.config.training), {"training": {"device": str(device), "devices": 1}})
    config = overlay(config, {"training": {"images": max(config.training.images, 1)}})
    step, batch = _step(config)
    with kept_pages():
        _seconds(lambda: step(batch), 1, device)
        times = [_seconds(lambda: step(batch), 1, device) for _ in range(rounds)]
    return "", Speed("training step", len(batch.input), len(batch.input) / statistics.median(times))


def _step(config: Config) -> tuple[Step, Batch]:
    from i2i.data.survey import spec_of

    method, fabric = make_method(config), make_fabric(config)
    step = Step(config, method, make_state(config, method, fabric.device), fabric)
    random = torch.Generator().manual_seed(0)
    sides = [
        (torch.rand(config.training.batch, spec_of(side).planes, *config.data.size, generator=random) * 2 - 1)
        for side in (config.data.input, config.data.target)
    ]
    batch = Batch(*sides)
    if config.domains.names:
        batch = Batch(sides[0], sides[0], domain=torch.arange(len(sides[0])) % len(config.domains.names))
    return step, batch.to(fabric.device)


def _seconds(function: Callable[[], object], count: int, device: torch.device) -> float:
    """Of one call, over `count` of them."""
    started = time.perf_counter()
    for _ in range(count):
        function()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return (time.perf_counter() - started) / count
