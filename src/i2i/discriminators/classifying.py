"""Discriminators that also tell of which domain an image is: an auxiliary classifier (Odena et al. 2017).

https://arxiv.org/abs/1610.09585
"""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn

from i2i.discriminators.discriminator import Discriminator, Features
from i2i.discriminators.patch import PatchDiscriminator
from i2i.layers.arguments import at_least, switch
from i2i.layers.norms import Bias, Norm, normalisation, outer_bias
from i2i.layers.spectral import convolution


class Classifying(Discriminator):
    """What these promise beside: `classify`, from what `judge` gave to a logit a domain, (N, domains)."""

    def classify(self, judged: Sequence[Features]) -> Tensor:
        """Of which domain the images are, (N, domains) logits, by the last features before those of real and fake."""
        raise NotImplementedError


class ClassifyingDiscriminator(Classifying):
    """StarGAN's (Choi et al. 2018, Table 5): as many halvings as go, then two heads on the same features.

    (N, in_channels, H, W) in [-1, 1] -> (N, 1, H', W') logits, high where it looks real, 2×2 for 128²; each sees
    most of the image. By default 44,762,048 parameters for 5 domains at 128².  https://arxiv.org/abs/1711.09020

    Args:
        in_channels: of the image.
        domains: how many there are to tell apart.
        size: (height, width) of the training images: all that the halvings leave of one is what the classes are told
            by. Of larger images the class logits are averaged over places.
        width: filters of the first layer; doubled at each further one.
        depth: layers, each of which halves the size.
        norm: "none" as published, where a penalty on the gradient needs each image judged by itself; the first layer
            has none in any case.
        bias: "auto" in all halvings, "none" nowhere; the heads have none.
        spectral_norm: of all convolutions (Miyato et al. 2018).
    """

    def __init__(
        self,
        in_channels: int,
        *,
        domains: int,
        size: Sequence[int] = (128, 128),
        width: int = 64,
        depth: int = 6,
        norm: Norm = "none",
        bias: Bias = "auto",
        spectral_norm: bool = False,
    ):
        at_least(1, in_channels=in_channels, width=width, depth=depth)
        at_least(2, domains=domains)
        switch(spectral_norm=spectral_norm)
        super().__init__(in_channels, smallest=2**depth * (1 if norm == "none" else 2))  # a norm needs several places
        kind, with_bias = convolution(spectral_norm), outer_bias(bias)
        widths = [in_channels, *(width * 2**level for level in range(depth))]
        self.layers = nn.Sequential(
            *(
                nn.Sequential(
                    kind(k_in, k, 4, stride=2, padding=1, bias=with_bias),
                    normalisation(norm if level else "none", k),
                    nn.LeakyReLU(0.01, inplace=True),
                )
                for level, (k_in, k) in enumerate(pairwise(widths))
            )
        )
        self.output = kind(widths[-1], 1, 3, padding=1, bias=False)
        whole = (max(1, size[0] // 2**depth), max(1, size[1] // 2**depth))
        self.classes = kind(widths[-1], domains, whole, bias=False)

    def judge(self, image: Tensor) -> list[Features]:
        """Judge; see the class."""
        self.check(image)
        features = [image]
        for layer in [*self.layers, self.output]:
            features.append(layer(features[-1]))
        return [features[1:]]

    def classify(self, judged: Sequence[Features]) -> Tensor:
        """See `Classifying`. Raises `ValueError` for images smaller than those of `size`."""
        features = judged[0][-2]
        if any(has < needs for has, needs in zip(features.shape[2:], self.classes.kernel_size, strict=True)):
            height, width = (side * 2 ** len(self.layers) for side in self.classes.kernel_size)
            raise ValueError(f"the image is smaller than {height}x{width} (HxW), by all of which its class is told")
        logits: Tensor = self.classes(features).mean(dim=(2, 3))
        return logits


class ClassifyingPatch(PatchDiscriminator, Classifying):
    """PatchGAN whose patches also tell of which domain they are, and agree on it by their mean.

    Arguments as for `PatchDiscriminator`, and how many `domains` there are to tell apart.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        domains: int,
        width: int = 64,
        depth: int = 3,
        norm: Norm = "batch",
        bias: Bias = "auto",
        spectral_norm: bool = False,
        dilation: int = 1,
    ):
        at_least(2, domains=domains)
        super().__init__(
            in_channels, width=width, depth=depth, norm=norm, bias=bias, spectral_norm=spectral_norm, dilation=dilation
        )
        k, kind, padding = self.output.in_channels, convolution(spectral_norm), self.output.padding[0]
        self.classes = kind(k, domains, 4, padding=int(padding), dilation=dilation, bias=outer_bias(bias))

    def classify(self, judged: Sequence[Features]) -> Tensor:
        """See `Classifying`."""
        logits: Tensor = self.classes(judged[0][-2]).mean(dim=(2, 3))
        return logits
