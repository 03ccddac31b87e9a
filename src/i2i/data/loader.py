"""Batches for the loop, made a little ahead of it; what a batch holds depends on (seed, images seen) alone."""

import math
from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from torch import Tensor

from i2i.config import Augment
from i2i.data.augment import Sampled, make_alone, make_sample
from i2i.data.order import balanced_at, index_at, random_at
from i2i.data.samples import Batch
from i2i.data.store import PairStore
from i2i.data.tasks import Task, cut_out
from i2i.images import ImageSpec, Interpolation, Pixels

_AUGMENTATION, _TASK, _TARGET = 1, 2, 3
"""Purposes of the random streams of augmentation, of tasks, and of targets without a partner; of order 0, 4 and 5."""

_AHEAD = 3
"""Batches made before they are asked for."""

_CONTEXT = 1.5
"""A task works on a part of a large photo that is this much larger than the crop, so that there is room to augment."""


@dataclass(frozen=True)
class Loader:
    """Training batches of `batch` images over all processes, of which this one makes its share.

    Image number k of the training is the same in every run of a seed: the same sample, cut and augmented the same way,
    whatever the batch size, the number of processes, or how often the run was interrupted.

    Attributes:
        store: the pairs, or the photos of which `task` makes pairs; the inputs alone where there are `targets`.
        specs: what the input and the target are.
        size: (height, width) of the crop.
        mirror, augment: by which chance a pair is changed.
        seed: of order, augmentation and task.
        batch: images a step.
        task: makes a pair of a photo, anew each time the photo is seen.
        targets: for training without partners: each input gets one of these by chance, cut and augmented by itself.
        interpolation: of what augmentation turns and bends; other than "nearest" is bilinear.
        rank, processes: this process among how many.
        domains: for training on domains: places in the store of the images of each; all come equally often.
    """

    store: PairStore
    specs: tuple[ImageSpec, ImageSpec]
    size: tuple[int, int]
    mirror: bool
    seed: int
    batch: int
    augment: Augment = field(default_factory=Augment)
    task: Task | None = None
    interpolation: Interpolation = "bilinear"
    rank: int = 0
    processes: int = 1
    targets: PairStore | None = None
    domains: tuple[tuple[int, ...], ...] = ()

    def sample(self, images_seen: int) -> Sampled:
        """Input, target and where that is a reading, of the image that comes after `images_seen` others."""
        given, wanted = self.store[index_at(self.seed, images_seen, len(self.store))]
        if self.task is not None:
            random = random_at(self.seed, _TASK, images_seen)
            given, wanted = self.task.make(cut_out(wanted, _room(wanted, self.size), random), random)
        random = random_at(self.seed, _AUGMENTATION, images_seen)
        if self.targets is not None:
            return self._without_partners(given, self.targets, random, random_at(self.seed, _TARGET, images_seen))
        return make_sample(
            given, wanted, self.specs, size=self.size, mirror=self.mirror, augment=self.augment, random=random,
            interpolation=self.interpolation,
        )  # fmt: skip

    def of_domain(self, images_seen: int) -> tuple[Tensor, int]:
        """The image, (C, h, w), that comes after `images_seen` others, and of which domain it is."""
        domain, place = balanced_at(self.seed, images_seen, tuple(map(len, self.domains)))
        image, _ = self.store[self.domains[domain][place]]
        made = make_alone(
            image, self.specs[0], lit=True, size=self.size, mirror=self.mirror, augment=self.augment,
            random=random_at(self.seed, _AUGMENTATION, images_seen), interpolation=self.interpolation,
        )  # fmt: skip
        return made, domain

    def _without_partners(
        self, given: Pixels, targets: PairStore, random: np.random.Generator, other: np.random.Generator
    ) -> Sampled:
        """An input and any target, each by a random stream of its own."""
        make = partial(
            make_alone, size=self.size, mirror=self.mirror, augment=self.augment, interpolation=self.interpolation
        )
        _, wanted = targets[int(other.integers(len(targets)))]
        image = make(given, self.specs[0], lit=True, random=random)
        return Sampled(image, make(wanted, self.specs[1], lit=False, random=other), None)

    def batch_at(self, images_seen: int) -> Batch:
        """This process's share of the batch that follows `images_seen` images."""
        mine = range(images_seen + self.rank, images_seen + self.batch, self.processes)
        if self.domains:
            images, domains = zip(*map(self.of_domain, mine), strict=True)
            stacked = torch.stack(images)
            return Batch(stacked, stacked, domain=torch.tensor(domains))
        samples = [self.sample(position) for position in mine]
        readings = [sample.valid for sample in samples if sample.valid is not None]
        return Batch(
            torch.stack([sample.input for sample in samples]),
            torch.stack([sample.target for sample in samples]),
            torch.stack(readings) if readings else None,
        )

    def batches(self, images_seen: int) -> Generator[Batch]:
        """Endless batches from `images_seen` on, prepared by a thread of their own."""
        pending: deque[Future[Batch]] = deque()
        with ThreadPoolExecutor(1) as pool:
            try:
                while True:
                    while len(pending) <= _AHEAD:
                        pending.append(pool.submit(self.batch_at, images_seen))
                        images_seen += self.batch
                    yield pending.popleft().result()
            finally:
                for future in pending:
                    future.cancel()


def _room(photo: Pixels, size: tuple[int, int]) -> tuple[int, int]:
    """The height and width of a photo that a task works on: as much as augmentation may need, at least the crop."""
    most = (math.ceil(side * _CONTEXT) for side in size)
    height, width = (max(side, min(has, m)) for side, has, m in zip(size, photo.shape[:2], most, strict=True))
    return height, width
