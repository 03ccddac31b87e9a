"""Normalisation by name, and which convolutions keep a bias beside it."""

from typing import Literal, Self

from torch import nn

from i2i.layers.arguments import one_of

Norm = Literal["batch", "instance", "none"]
"""Ioffe & Szegedy 2015 with affine parameters and running statistics; Ulyanov et al. 2016 with neither; nothing."""

Bias = Literal["auto", "none"]
"""Of convolutions: "auto" as the public PyTorch port of pix2pix has them, "none" nowhere, the output layer included.

The Lua original sets every bias to zero before each step, so it trains as with "none".
"""


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation that can also use the statistics of the batch without learning from it.

    (N, C, H, W) -> (N, C, H, W).  https://arxiv.org/abs/1502.03167
    """

    def train(self, mode: bool = True) -> Self:
        """Back to plain training or evaluation, whatever was set by `use_batch`."""
        self.track_running_stats = True
        return super().train(mode)

    def use_batch(self) -> None:
        """Normalise by the statistics of each batch and leave the running ones as they are, until `train` or `eval`."""
        self.training = True
        self.track_running_stats = False  # the buffers stay, in the state too; forward only stops to touch them


def normalisation(norm: Norm, channels: int) -> nn.Module:
    """The layer that `norm` names, for (N, channels, H, W); raises `ConfigError` for an unknown name."""
    one_of(Norm, norm=norm)
    if norm == "batch":
        return BatchNorm(channels)
    if norm == "instance":
        return nn.InstanceNorm2d(channels)
    return nn.Identity()


def inner_bias(norm: Norm, bias: Bias) -> bool:
    """Whether the convolutions between the first and the last layer of a network have a bias.

    Batch normalisation would cancel it, and the port leaves it out with "none" as well, where it would not be
    cancelled. Instance normalisation would cancel it too, yet the port has it there, and so do its checkpoints.
    """
    return outer_bias(bias) and norm == "instance"


def outer_bias(bias: Bias) -> bool:
    """Whether the layers that nothing normalises by design (the output, a discriminator's first) have a bias."""
    one_of(Bias, bias=bias)
    return bias == "auto"
