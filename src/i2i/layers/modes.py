"""How a network behaves at test time, said outright instead of left to `train` and `eval`.

pix2pix is tested with dropout on and batch normalisation by the test batch (Isola et al. 2017, §3.3), most of its
ports by one flag that changes both. Which one a model was judged under belongs to the model.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torch.nn.modules.instancenorm import _InstanceNorm

from i2i.layers.arguments import one_of
from i2i.layers.norms import BatchNorm, ImageNorm

Statistics = Literal["batch", "running"]
"""What batch normalisation divides by: the batch at hand (at batch 1, the image itself), or training's average."""


def prepare(module: nn.Module, *, statistics: Statistics, dropout: bool) -> None:
    """Put `module` in test mode under this policy; `module.train()` ends it.

    A forward under either policy leaves the module's state as it was, to the bit. With "batch" the output for an
    image depends on the others in its batch: give one at a time.

    Args:
        module: any network; layers other than batch normalisation and dropout are put in `eval` mode.
        statistics: "batch" or "running".
        dropout: on gives a new sample at each forward, off always the same output.

    Raises:
        ConfigError: no such statistics.
        TypeError: "batch" for a batch normalisation that can't do it without learning from the batch.
    """
    one_of(Statistics, statistics=statistics)
    module.eval()
    for name, layer in module.named_modules():
        if isinstance(layer, _DropoutNd):
            layer.train(dropout)
        elif statistics == "batch" and isinstance(layer, _BatchNorm):
            _use_batch(name, layer)


def follows_image(network: nn.Module) -> bool:
    """Whether a layer normalises by the statistics of the image at hand, so that a part alone comes out otherwise."""
    return any(_follows_image(layer) for layer in network.modules())


@contextmanager
def fixed_statistics(network: nn.Module, images: Tensor, *, seed: int = 0) -> Iterator[None]:
    """Inside, every layer that normalises by the image at hand normalises by the statistics of `images` instead.

    They are measured in one forward of all `images` together, over batch and places alike, so that each layer's are
    those of inputs that the layers before it have normalised by theirs. What a network gives for a part of an image
    then depends on nothing beside that part, and parts can be put together. The state stays as it was, to the bit.

    Args:
        network: prepared for test; layers with running statistics go on using them.
        images: (N, C, H, W) as the network takes them, on its device: all of an image, or parts that stand for it.
        seed: of the dropout while measuring, where it is on; the caller's random state is as it was.

    Raises:
        TypeError: a layer follows the image but can't hold statistics, being none of `i2i.layers.norms`.
    """
    layers = [_holding(name, layer) for name, layer in network.named_modules() if _follows_image(layer)]
    try:
        for layer in layers:
            layer.measure()
        with torch.no_grad(), torch.random.fork_rng([images.device] if images.is_cuda else []):
            torch.manual_seed(seed)
            network(images)
        yield
    finally:
        for layer in layers:
            layer.release()


def _follows_image(layer: nn.Module) -> bool:
    if isinstance(layer, ImageNorm):
        return layer.follows_image
    return isinstance(layer, (_BatchNorm, _InstanceNorm)) and (layer.training or not layer.track_running_stats)


def _holding(name: str, layer: nn.Module) -> ImageNorm:
    if not isinstance(layer, ImageNorm):
        raise TypeError(
            f"{name}: {type(layer).__name__} can't be given the statistics of another image; expected a layer of "
            "i2i.layers.norms; build the network with that"
        )
    return layer


def _use_batch(name: str, layer: nn.Module) -> None:
    if not isinstance(layer, BatchNorm):
        raise TypeError(
            f"{name}: {type(layer).__name__} would learn from the batch; expected i2i.layers.norms.BatchNorm, "
            "which can do without; build the network with that"
        )
    layer.use_batch()
