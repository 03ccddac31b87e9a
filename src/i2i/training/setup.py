"""The parts of a run, made from its configuration: processes, networks, optimizers, data."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins import MixedPrecision
from torch.optim import Adam
from torch.optim.swa_utils import AveragedModel

from i2i.config import Config
from i2i.data.layouts import UNPAIRED_LAYOUTS, Pair, domain_of, each_once
from i2i.data.loader import Loader
from i2i.data.samples import Reading
from i2i.data.store import Kept, PairStore, Progress
from i2i.data.survey import spec_of
from i2i.data.tasks import Task, task_by_name
from i2i.devices import pick_device
from i2i.methods import UNPAIRED, Method, build_method
from i2i.methods.contract import Remembering
from i2i.training.ema import averaged
from i2i.training.loop import base_learning_rate, seed_step
from i2i.training.state import State

logger = logging.getLogger(__name__)


def make_fabric(config: Config) -> Fabric:
    """The processes (one a device), launched, and the precision."""
    training = config.training
    device = pick_device(training.device)
    several = training.devices > 1
    fabric = Fabric(
        accelerator=device.type,
        devices=training.devices if several or device.index is None else [device.index],
        strategy="ddp" if several else "auto",
        # Given as a plugin, as `precision="bf16-mixed"` would print a greeting from inside of somebody's program.
        plugins=MixedPrecision("bf16-mixed", device.type) if training.precision == "bf16" else None,
    )
    fabric.launch()
    return fabric


def make_method(config: Config) -> Method:
    """The method with fresh networks; their weights follow the seed, the caller's random state is left alone."""
    with torch.random.fork_rng(devices=[]):
        seed_step(config.training.seed, images_seen=-1, part=0, rank=0)
        return build_method(config)


def make_state(config: Config, method: Method, device: torch.device) -> State:
    """The networks on the device, an Adam for each, and the averages of what is kept if they are asked for."""
    networks = {name: network.to(device).train() for name, network in method.networks().items()}
    optimizers: dict[str, torch.optim.Optimizer] = {
        name: Adam(
            network.parameters(),
            lr=base_learning_rate(config, name),
            betas=config.optimizer.betas,
            fused=device.type in ("cpu", "cuda"),
        )
        for name, network in networks.items()
    }
    ema: dict[str, AveragedModel] = {
        name: averaged(networks[name], config.training)
        for name in ("generator", "reverse", "encoder")
        if name in networks and config.training.ema_halflife_images
    }
    return State(networks, optimizers, ema, dict(method.memory) if isinstance(method, Remembering) else {})


def make_loader(
    config: Config, train: Sequence[Pair], spill: Path, fabric: Fabric, progress: Progress | None
) -> Loader:
    """The training pairs, decoded, and the batches that this process takes of them."""
    data, task = config.data, task_of(config)
    reading = _reading(config, data.jitter)
    targets, domains = None, tuple[tuple[int, ...], ...]()
    if config.data.layout == "domains":
        store = PairStore(train, reading, keep="inputs", memory_gib=data.memory_gib, spill=spill, progress=progress)
        domains = tuple(
            tuple(place for place, image in enumerate(train) if domain_of(image) == name)
            for name in config.domains.names
        )
    elif config.data.layout == "unpaired":
        inputs, wanted = each_once(train, "input"), each_once(train, "target")
        half = data.memory_gib / 2
        store = PairStore(inputs, reading, keep="inputs", memory_gib=half, spill=spill, progress=progress)
        targets = PairStore(wanted, reading, keep="targets", memory_gib=half, spill=spill, progress=progress)
    else:
        keep: Kept = "photos" if task else "pairs"
        store = PairStore(train, reading, keep=keep, memory_gib=data.memory_gib, spill=spill, progress=progress)
        targets = store if config.method in UNPAIRED else None
    if not (store.in_memory and (targets is None or targets.in_memory)):
        logger.info(f"{spill}: the decoded pairs would take too much memory and are mapped from a file there")
    return Loader(
        store,
        (spec_of(data.input), spec_of(data.target)),
        data.size,
        data.mirror,
        config.training.seed,
        config.training.batch,
        config.augment,
        task,
        data.interpolation,
        fabric.global_rank,
        fabric.world_size,
        targets,
        domains,
    )


def make_held_out(config: Config, held_out: Sequence[Pair], spill: Path) -> PairStore:
    """The validation pairs, decoded, at the training size without jitter; of photos the middle, made a pair once.

    Of sets without partners the middles too, each input once beside any target; of domains each image by itself.
    """
    task = task_of(config)
    apart = config.data.layout in UNPAIRED_LAYOUTS
    reading = replace(_reading(config, jitter=1.0), task=task, crop=config.data.size if task or apart else None)
    keep: Kept = "inputs" if config.data.layout == "domains" else "apart" if apart else "pairs"
    if apart:
        held_out = each_once(held_out, "input")
    return PairStore(held_out, reading, keep=keep, memory_gib=config.data.memory_gib, spill=spill)


def reversed_config(config: Config) -> Config:
    """The configuration with the two sides of the data in each other's place."""
    return replace(config, data=replace(config.data, input=config.data.target, target=config.data.input))


def task_of(config: Config) -> Task | None:
    """The task that makes the pairs, where the data are photos."""
    return task_by_name(config.data.task) if config.data.task else None


def _reading(config: Config, jitter: float) -> Reading:
    """How pairs are read: resized to the crop times `jitter`, or at their own scale."""
    data = config.data
    stretched = (round(data.size[0] * jitter), round(data.size[1] * jitter))
    size = stretched if data.resize == "stretch" else None
    return Reading(spec_of(data.input), spec_of(data.target), size, data.interpolation)
