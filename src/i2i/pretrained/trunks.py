"""The convolutional trunks in whose eyes images are compared, laid out as their published weight files name them.

AlexNet (Krizhevsky 2014, https://arxiv.org/abs/1404.5997), VGG16 and VGG19 (Simonyan and Zisserman 2015,
https://arxiv.org/abs/1409.1556) and SqueezeNet 1.1 (Iandola et al. 2016, https://arxiv.org/abs/1602.07360).
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from i2i.errors import InputError
from i2i.pretrained.weights import PublishedWeights

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)


class Trunk(nn.Module):
    """A frozen convolutional network seen through some of its layers: (N, 1 or 3, H, W) in [-1, 1] -> feature maps.

    Attributes:
        taps: indices of the layers in `features` whose outputs are returned.
        channels: of each returned map.
        smallest: shortest side in pixels that survives the pooling.
        published: the weight file that fits.
    """

    taps: tuple[int, ...]
    channels: tuple[int, ...]
    smallest: int
    published: PublishedWeights
    shift: Tensor
    scale: Tensor

    def __init__(self, features: nn.Sequential) -> None:
        super().__init__()
        self.features = features
        # The networks were trained on [0, 1] minus ImageNet's mean over its deviation; here for [-1, 1].
        self.register_buffer("shift", 2 * torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1) - 1, persistent=False)
        self.register_buffer("scale", 2 * torch.tensor(IMAGENET_DEVIATION).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False).eval()

    def forward(self, images: Tensor) -> list[Tensor]:
        """(N, 1 or 3, H, W) in [-1, 1] to one (N, C, H', W') for each tap. Grey is taken as grey colour."""
        return self.see((as_colour(images, type(self).__name__, self.smallest) - self.shift) / self.scale)

    def see(self, x: Tensor) -> list[Tensor]:
        """The same of (N, 3, H, W) on the scale on which the network was trained."""
        maps = []
        for index, layer in enumerate(self.features):
            x = layer(x)
            if index in self.taps:
                maps.append(x)
        return maps

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take the published weights; those of the classifier, which is not built here, are left aside.

        Raises:
            InputError: tensors are missing or of other shapes: the file belongs to another network.
        """
        expected = self.state_dict()
        for name, tensor in expected.items():
            if name not in state or state[name].shape != tensor.shape:
                found = f"{tuple(state[name].shape)}" if name in state else "nothing"
                raise InputError(
                    f"weights for {type(self).__name__}: '{name}' is {found}; expected {tuple(tensor.shape)}; "
                    f"use {self.published.file}"
                )
        self.load_state_dict({name: state[name] for name in expected})


class AlexNet(Trunk):
    """AlexNet's five convolutions, seen after each ReLU."""

    taps = (1, 4, 7, 9, 11)
    channels = (64, 192, 384, 256, 256)
    smallest = 31
    published = PublishedWeights("LPIPS with AlexNet", "alexnet-owt-7be5be79.pth", 233)

    def __init__(self) -> None:
        super().__init__(
            nn.Sequential(
                *(nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
                *(nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)),
                *(nn.Conv2d(192, 384, 3, padding=1), nn.ReLU()),
                *(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU()),
                *(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU()),
            )
        )


class VGG16(Trunk):
    """VGG16's thirteen convolutions, seen after the last ReLU before each pooling."""

    taps = (3, 8, 15, 22, 29)
    channels = (64, 128, 256, 512, 512)
    smallest = 16
    published = PublishedWeights("LPIPS with VGG16", "vgg16-397923af.pth", 528)

    def __init__(self) -> None:
        super().__init__(_vgg(self.channels, (2, 2, 3, 3, 3)))


class VGG19(Trunk):
    """VGG19 up to the first convolution of its last stage, seen after the first ReLU of each stage.

    That is relu1_1, relu2_1, relu3_1, relu4_1 and relu5_1, which perceptual losses compare.
    """

    taps = (1, 6, 11, 20, 29)
    channels = (64, 128, 256, 512, 512)
    smallest = 16
    published = PublishedWeights("The perceptual loss with VGG19", "vgg19-dcbb9e9d.pth", 548)

    def __init__(self) -> None:
        super().__init__(_vgg(self.channels, (2, 2, 4, 4, 1)))


class SqueezeNet(Trunk):
    """SqueezeNet 1.1, seen after its first ReLU, before each later pooling, and after each of the last four blocks."""

    taps = (1, 4, 7, 9, 10, 11, 12)
    channels = (64, 128, 256, 384, 384, 512, 512)
    smallest = 17
    published = PublishedWeights("LPIPS with SqueezeNet", "squeezenet1_1-b8a52dc0.pth", 5)

    def __init__(self) -> None:
        super().__init__(
            nn.Sequential(
                *(nn.Conv2d(3, 64, 3, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True)),
                *(Fire(64, 16, 64), Fire(128, 16, 64), nn.MaxPool2d(3, 2, ceil_mode=True)),
                *(Fire(128, 32, 128), Fire(256, 32, 128), nn.MaxPool2d(3, 2, ceil_mode=True)),
                *(Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256)),
            )
        )


class Fire(nn.Module):
    """SqueezeNet's block: squeeze to few channels by 1x1, expand by 1x1 and 3x3 side by side (Iandola et al., §3.2)."""

    def __init__(self, inputs: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, 2·expanded, H, W)."""
        x = self.squeeze(x).relu()
        return torch.cat([self.expand1x1(x).relu(), self.expand3x3(x).relu()], dim=1)


def _vgg(widths: Sequence[int], depths: Sequence[int]) -> nn.Sequential:
    """Stages of so many 3x3 convolutions each, between which maxima halve the size."""
    layers: list[nn.Module] = []
    inputs = 3
    for stage, (width, depth) in enumerate(zip(widths, depths, strict=True)):
        layers += [nn.MaxPool2d(2)] if stage else []
        for _ in range(depth):
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU()]
            inputs = width
    return nn.Sequential(*layers)


def as_colour(images: Tensor, network: str, smallest: int) -> Tensor:
    """(N, 1 or 3, H, W) as (N, 3, H, W) float32.

    Raises:
        InputError: another number of channels, or a side below `smallest` pixels.
    """
    channels, height, width = images.shape[1:]
    if channels not in (1, 3):
        raise InputError(f"{network}: an image has {channels} channels; expected 1 (grey) or 3 (colour)")
    if min(height, width) < smallest:
        raise InputError(f"{network}: an image of {width}x{height} px is too small; expected at least {smallest} px")
    return images.float().expand(-1, 3, -1, -1)
