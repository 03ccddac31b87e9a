"""Normalisation by name, and which convolutions keep a bias beside it."""

from typing import Literal, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _NormBase

from i2i.layers.arguments import one_of

Norm = Literal["batch", "instance", "none"]
"""Ioffe & Szegedy 2015 with affine parameters and running statistics; Ulyanov et al. 2016 with neither; nothing."""

Bias = Literal["auto", "none"]
"""Of convolutions: "auto" as the public PyTorch port of pix2pix has them, "none" nowhere, the output layer included.

The Lua original sets every bias to zero before each step, so it trains as with "none".
"""


class ImageNorm(_NormBase):
    """Mixed in before a layer of torch that normalises by the images at hand: holds the statistics of some for others.

    What is held is no part of the state, which is the same to the bit before, meanwhile and after.
    """

    _measures = False
    _held: tuple[Tensor, Tensor] | None = None

    @property
    def follows_image(self) -> bool:
        """Whether the result for an image depends on the statistics of this image and of those in its batch."""
        return self._held is None

    @property
    def fixed(self) -> tuple[Tensor, Tensor] | None:
        """Mean and variance, (C,), by which every image is normalised; None if each is by its own or its batch's."""
        if self._held is not None:
            variance, mean = self._held
            return mean, variance
        if self.training or not self.track_running_stats or self.running_mean is None or self.running_var is None:
            return None
        return self.running_mean, self.running_var

    def measure(self) -> None:
        """Hold the variance and mean of the next batch, over all its images and places, from then on."""
        self._measures = True

    def release(self) -> None:
        """Normalise by the images at hand again."""
        self._measures, self._held = False, None

    def forward(self, x: Tensor) -> Tensor:
        """By the statistics held, if any."""
        if self._measures:
            self._held = torch.var_mean(x.float(), dim=(0, 2, 3), correction=0)
            self._measures = False
        if self._held is None:
            return _with_dense_gradient(self._by_images_at_hand(x))
        variance, mean = self._held
        return F.batch_norm(x, mean, variance, self.weight, self.bias, eps=self.eps)

    def _by_images_at_hand(self, x: Tensor) -> Tensor:
        normalised: Tensor = super().forward(x)
        return normalised


class BatchNorm(ImageNorm, nn.BatchNorm2d):
    """Batch normalisation that can also use the statistics of the batch without learning from it.

    (N, C, H, W) -> (N, C, H, W).  https://arxiv.org/abs/1502.03167
    """

    @property
    def follows_image(self) -> bool:
        """See `ImageNorm`; with running statistics it never does."""
        return self.training and super().follows_image

    def train(self, mode: bool = True) -> Self:
        """Back to plain training or evaluation, whatever was set by `use_batch`."""
        self.track_running_stats = True
        return super().train(mode)

    def use_batch(self) -> None:
        """Normalise by the statistics of each batch and leave the running ones as they are, until `train` or `eval`."""
        self.training = True
        self.track_running_stats = False  # the buffers stay, in the state too; forward only stops to touch them


class InstanceNorm(ImageNorm, nn.InstanceNorm2d):
    """Instance normalisation, without parameters unless `affine`, which can also hold the statistics of other images.

    (N, C, H, W) -> (N, C, H, W).  https://arxiv.org/abs/1607.08022
    """

    def _by_images_at_hand(self, x: Tensor) -> Tensor:
        if self.track_running_stats or x.device.type != "cpu" or not is_channels_last(x):
            return super()._by_images_at_hand(x)
        return by_each_image(x, self.weight, self.bias, self.eps)


def by_each_image(x: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float) -> Tensor:
    """Instance normalisation of channels-last images, one after the other: on CPUs torch's own copies them to and fro.

    (N, C, H, W) -> (N, C, H, W).
    """
    images = [F.batch_norm(image, None, None, weight, bias, training=True, eps=eps) for image in torch.split(x, 1)]
    return images[0] if len(images) == 1 else torch.cat(images)


def is_channels_last(x: Tensor) -> bool:
    """Whether an image, (N, C, H, W), lies pixel by pixel and not plane by plane."""
    return x.is_contiguous(memory_format=torch.channels_last) and not x.is_contiguous()


def _with_dense_gradient(x: Tensor) -> Tensor:
    """The same; its gradient will lie in memory as it does. A norm's backward pass is else up to 40 times slower.

    What a skip connection hands back is a part of a larger tensor.
    """
    if x.requires_grad:
        layout = torch.channels_last if is_channels_last(x) else torch.contiguous_format
        x.register_hook(lambda gradient: gradient.contiguous(memory_format=layout))  # type: ignore[no-untyped-call]
    return x


def normalisation(norm: Norm, channels: int, *, affine: bool = False) -> nn.Module:
    """The layer that `norm` names, for (N, channels, H, W); raises `ConfigError` for an unknown name.

    `affine` gives instance normalisation a scale and a shift to learn, which batch normalisation has in any case.
    """
    one_of(Norm, norm=norm)
    if norm == "batch":
        return BatchNorm(channels)
    if norm == "instance":
        return InstanceNorm(channels, affine=affine)
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
