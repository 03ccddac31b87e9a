"""SqueezeNet 1.0 with the weights that its authors published, in the layout of Caffe as .npz."""

import zipfile
from pathlib import Path
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from i2i.errors import InputError
from i2i.pretrained.trunks import Fire, as_colour

_CAFFE_MEAN_BGR = (104.0, 117.0, 123.0)
_CAFFE_SIZE = 227
_EXPANDED = {2: 64, 3: 64, 4: 128, 5: 128, 6: 192, 7: 192, 8: 256, 9: 256}
_SQUEEZED = {2: 16, 3: 16, 4: 32, 5: 32, 6: 48, 7: 48, 8: 64, 9: 64}
_POOLED_AFTER = ("conv1", "fire4", "fire8")
_SEEN = ("conv1", "fire4", "fire6", "fire8", "fire9")


class CaffeSqueezeNet(nn.Module):
    """SqueezeNet 1.0 as trained in Caffe (Iandola et al. 2016).  https://arxiv.org/abs/1602.07360

    (N, 1 or 3, H, W) in [-1, 1] -> (N, 512): the last block's maps, averaged over space, of the image resized to 227²
    pixels, scaled to a mean square of 1 (unscaled they reach hundreds, and the cubic kernel billions). `maps` gives
    feature maps at the image's own size, `classify` the 1000 ImageNet scores.
    """

    smallest = 21
    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 96, 7, stride=2)
        inputs = 96
        for index, expanded in _EXPANDED.items():
            self.add_module(f"fire{index}", Fire(inputs, _SQUEEZED[index], expanded))
            inputs = 2 * expanded
        self.conv_final = nn.Conv2d(512, 1000, 1, padding=1)
        self.register_buffer("mean", torch.tensor(_CAFFE_MEAN_BGR).view(1, 3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """(N, 1 or 3, H, W) in [-1, 1] -> (N, 512)."""
        pooled = self.maps(_resized(images))[-1].mean(dim=(2, 3))
        scaled: Tensor = F.normalize(pooled, dim=1) * pooled.shape[1] ** 0.5
        return scaled

    def classify(self, images: Tensor) -> Tensor:
        """(N, 1 or 3, H, W) in [-1, 1] -> (N, 1000) scores of the ImageNet classes, before the softmax."""
        scores: Tensor = self.conv_final(self.maps(_resized(images))[-1])
        return scores.relu().mean(dim=(2, 3))

    def maps(self, images: Tensor) -> list[Tensor]:
        """Five (N, C, H', W') maps: before each pooling, in the middle of the longest stage, and the last."""
        bgr = (as_colour(images, "SqueezeNet 1.0", self.smallest).flip(1) + 1) * 127.5
        x, seen = bgr - self.mean, []
        for name in ("conv1", *(f"fire{index}" for index in _EXPANDED)):
            x = cast(Tensor, self.get_submodule(name)(x)).relu()
            if name in _SEEN:
                seen.append(x)
            if name in _POOLED_AFTER:
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        return seen


def _resized(images: Tensor) -> Tensor:
    size = (_CAFFE_SIZE, _CAFFE_SIZE)
    if images.shape[-2:] == size:
        return images
    return F.interpolate(images.float(), size, mode="bicubic", antialias=True).clamp(-1, 1)


def read_caffe(path: Path) -> CaffeSqueezeNet:
    """The network from an .npz file. Raises `InputError` where the file is another."""
    network = CaffeSqueezeNet()
    state = {}
    try:
        with np.load(path, allow_pickle=False) as arrays:
            for name, tensor in network.state_dict().items():
                array = arrays[_caffe_name(name)]
                if array.shape != tensor.shape:
                    raise InputError(
                        f"{path}: '{_caffe_name(name)}' is {array.shape}; "
                        f"expected {tuple(tensor.shape)} as in SqueezeNet 1.0"
                    )
                state[name] = torch.from_numpy(array.astype(np.float32))
    except KeyError as error:
        raise InputError(f"{path}: lacks {error.args[0]}; expected the tensors of SqueezeNet 1.0") from error
    except (ValueError, OSError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: can't be read as .npz ({error}); expected SqueezeNet 1.0's weights") from error
    network.load_state_dict(state)
    return network


def _caffe_name(name: str) -> str:
    """fire2.expand3x3.weight -> fire2/conv3x3_2.weight."""
    layers = {"squeeze": "conv1x1_1", "expand1x1": "conv1x1_2", "expand3x3": "conv3x3_2"}
    for ours, caffe in layers.items():
        name = name.replace(f".{ours}.", f"/{caffe}.")
    return name
