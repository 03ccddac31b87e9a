import pytest
import skimage.data
import torch
from torch import Tensor

from i2i.images import ImageSpec, encode


@pytest.fixture(scope="session")
def photo() -> Tensor:
    """(1, 3, 192, 192) in [-1, 1], a real photograph with texture."""
    return encode(skimage.data.astronaut()[0:192, 128:320], ImageSpec(3))[None]


@pytest.fixture(scope="session")
def noisy(photo: Tensor) -> Tensor:
    noise = torch.randn(photo.shape, generator=torch.Generator().manual_seed(1))
    return (photo + 0.1 * noise).clamp(-1, 1)
