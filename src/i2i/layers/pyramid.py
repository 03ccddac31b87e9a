"""The image pyramid of pix2pixHD (Wang et al. 2018). https://arxiv.org/abs/1711.11585"""

from torch import Tensor
from torch.nn import functional as F


def halved(image: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, C, ⌈H / 2⌉, ⌈W / 2⌉): every second of the means over 3×3 pixels, of those in the image."""
    return F.avg_pool2d(image, 3, stride=2, padding=1, count_include_pad=False)


def times_halved(image: Tensor, times: int) -> Tensor:
    """The same so many times."""
    for _ in range(times):
        image = halved(image)
    return image
