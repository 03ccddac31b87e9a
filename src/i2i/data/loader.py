"""Batches for the loop, made a little ahead of it; what a batch holds depends on (seed, images seen) alone."""

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import torch

from i2i.data.augment import jitter
from i2i.data.order import index_at, random_at
from i2i.data.samples import Batch
from i2i.data.store import PairStore
from i2i.images import to_tensor

_AUGMENTATION = 1
"""Purpose of the random stream of the jitter; the order of the images is purpose 0."""

_AHEAD = 3
"""Batches made before they are asked for."""


@dataclass(frozen=True)
class Loader:
    """Training batches of `batch` images over all processes, of which this one makes its share.

    Image number k of the training is the same in every run of a seed: the same sample, cut and mirrored the same way,
    whatever the batch size, the number of processes, or how often the run was interrupted.
    """

    store: PairStore
    size: tuple[int, int]
    mirror: bool
    seed: int
    batch: int
    rank: int = 0
    processes: int = 1

    def sample(self, images_seen: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Input and target of the image that comes after `images_seen` others, (C, H, W) in [-1, 1]."""
        index = index_at(self.seed, images_seen, len(self.store))
        random = random_at(self.seed, _AUGMENTATION, images_seen)
        given, wanted = jitter(*self.store[index], self.size, self.mirror, random)
        return to_tensor(given), to_tensor(wanted)

    def batch_at(self, images_seen: int) -> Batch:
        """This process's share of the batch that follows `images_seen` images."""
        mine = range(images_seen + self.rank, images_seen + self.batch, self.processes)
        inputs, targets = zip(*(self.sample(position) for position in mine), strict=True)
        return Batch(torch.stack(inputs), torch.stack(targets))

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
