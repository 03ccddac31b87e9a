"""The parts of a run, made from its configuration: processes, networks, optimizers, data."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch.optim import Adam

from i2i.config import Config
from i2i.data.layouts import Pair
from i2i.data.loader import Loader
from i2i.data.samples import Reading
from i2i.data.store import PairStore, Progress
from i2i.data.survey import spec_of
from i2i.data.tasks import Task, task_by_name
from i2i.devices import pick_device
from i2i.methods import Method, build_method
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
        precision="bf16-mixed" if training.precision == "bf16" else "32-true",
    )
    fabric.launch()
    return fabric


def make_method(config: Config) -> Method:
    """The method with fresh networks; their weights follow the seed, the caller's random state is left alone."""
    with torch.random.fork_rng(devices=[]):
        seed_step(config.training.seed, images_seen=-1, part=0, rank=0)
        return build_method(config)


def make_state(config: Config, method: Method, device: torch.device) -> State:
    """The networks on the device, an Adam for each, and the averaged generator if one is asked for."""
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
    ema = averaged(networks["generator"], config.training.ema_halflife_images, config.training.batch)
    return State(networks, optimizers, ema)


def make_loader(
    config: Config, train: Sequence[Pair], spill: Path, fabric: Fabric, progress: Progress | None
) -> Loader:
    """The training pairs, decoded, and the batches that this process takes of them."""
    data, task = config.data, task_of(config)
    reading = _reading(config, data.jitter)
    store = PairStore(
        train, reading, photos=task is not None, memory_gib=data.memory_gib, spill=spill, progress=progress
    )
    if not store.in_memory:
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
    )


def make_held_out(config: Config, held_out: Sequence[Pair], spill: Path) -> PairStore:
    """The validation pairs, decoded, at the training size without jitter; of photos the middle, made a pair once."""
    task = task_of(config)
    reading = replace(_reading(config, jitter=1.0), task=task, crop=config.data.size if task else None)
    return PairStore(held_out, reading, memory_gib=config.data.memory_gib, spill=spill)


def task_of(config: Config) -> Task | None:
    """The task that makes the pairs, where the data are photos."""
    return task_by_name(config.data.task) if config.data.task else None


def _reading(config: Config, jitter: float) -> Reading:
    """How pairs are read: resized to the crop times `jitter`, or at their own scale."""
    data = config.data
    stretched = (round(data.size[0] * jitter), round(data.size[1] * jitter))
    size = stretched if data.resize == "stretch" else None
    return Reading(spec_of(data.input), spec_of(data.target), size, data.interpolation)
