"""Perceptual losses: an output is to leave in a network trained on photographs what its target leaves.

Johnson et al. 2016 (https://arxiv.org/abs/1603.08155), with the layers and weights of Wang et al. 2018, eq. 5 and §3.5
(https://arxiv.org/abs/1711.11585).
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

from i2i.errors import MissingWeightsError
from i2i.pretrained.caffe import CaffeSqueezeNet, read_caffe
from i2i.pretrained.distances import feature_distance
from i2i.pretrained.trunks import VGG19, as_colour
from i2i.pretrained.weights import load_published

Perceptual = Literal["vgg19", "squeezenet"]

_PUBLISHED_WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
"""Of the five layers, the finest first, as the authors' code has them."""


class PerceptualLoss(nn.Module):
    """Mean absolute difference of features, summed over layers by their weights; a scalar.

    Two (N, 1 or 3, H, W) in [-1, 1]; no gradient flows to the second, the target, and nothing here is trained.

    Args:
        trunk: VGG19, which is shown images in [-1, 1] as they are, as the authors' code does: its published weight of
            10 belongs to that, and not to the scale on which VGG was trained.
    """

    def __init__(self, trunk: VGG19) -> None:
        super().__init__()
        self.trunk = trunk.eval().requires_grad_(False)

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """See the class. Raises `InputError` for images of other channels, or too small for the trunk."""
        with torch.no_grad():
            wanted = self._maps(target)
        distances = [
            weight * l1_loss(made, want)
            for weight, made, want in zip(_PUBLISHED_WEIGHTS, self._maps(output), wanted, strict=True)
        ]
        return torch.stack(distances).sum()

    def _maps(self, images: Tensor) -> list[Tensor]:
        return self.trunk.see(as_colour(images, "VGG19", self.trunk.smallest))


class UnitPerceptualLoss(nn.Module):
    """Squared difference of unit features, each layer alike: `feature_distance` over SqueezeNet 1.0, a scalar.

    For where 548 MB of VGG19 are too much: 5 MB, and between 0 and 4. Two (N, 1 or 3, H, W) in [-1, 1].
    """

    def __init__(self, trunk: CaffeSqueezeNet) -> None:
        super().__init__()
        self.trunk = trunk.eval().requires_grad_(False)

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """See the class. Raises `InputError` for images of other channels, or too small for the trunk."""
        return feature_distance(self.trunk.maps, output, target.detach()).mean()


def load_perceptual(name: Perceptual, weights: str | os.PathLike[str] | None = None) -> nn.Module:
    """The loss over a network with its published weights; nothing is ever fetched.

    Args:
        name: "vgg19" as pix2pixHD and SPADE have it, or "squeezenet".
        weights: the file. VGG19's PyTorch file or its folder is by default looked for in the folder that `I2I_WEIGHTS`
            names, then in torch.hub's cache; SqueezeNet 1.0's is Caffe's as .npz.

    Raises:
        MissingWeightsError: there is no such file.
        InputError: it is of another network, or damaged.
    """
    return _LOADERS[name](weights or None)


def _vgg19(weights: str | os.PathLike[str] | None) -> nn.Module:
    trunk = VGG19()
    trunk.load(load_published(trunk.published, weights))
    return PerceptualLoss(trunk)


def _squeezenet(weights: str | os.PathLike[str] | None) -> nn.Module:
    if weights is None or not Path(weights).is_file():
        raise MissingWeightsError(
            f"{weights or 'loss.perceptual_weights'}: no such file; the perceptual loss with SqueezeNet 1.0 needs the "
            "weights of its convolutions as .npz; --set loss.perceptual_weights=FILE.npz"
        )
    return UnitPerceptualLoss(read_caffe(Path(weights)))


_LOADERS: dict[str, Callable[[str | os.PathLike[str] | None], nn.Module]] = {
    "vgg19": _vgg19,
    "squeezenet": _squeezenet,
}
