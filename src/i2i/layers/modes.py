"""How a network behaves at test time, said outright instead of left to `train` and `eval`.

pix2pix is tested with dropout on and batch normalisation by the test batch (Isola et al. 2017, §3.3), most of its
ports by one flag that changes both. Which one a model was judged under belongs to the model.
"""

from typing import Literal

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from i2i.layers.arguments import one_of
from i2i.layers.norms import BatchNorm

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


def _use_batch(name: str, layer: nn.Module) -> None:
    if not isinstance(layer, BatchNorm):
        raise TypeError(
            f"{name}: {type(layer).__name__} would learn from the batch; expected i2i.layers.norms.BatchNorm, "
            "which can do without; build the network with that"
        )
    layer.use_batch()
