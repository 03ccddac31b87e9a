"""Networks have as many parameters as the public PyTorch port of pix2pix, counted by constructing its networks."""

import pytest
import torch
from torch import nn

from i2i.discriminators import build_discriminator
from i2i.generators import build_generator

UNET_256 = {
    (3, 3): (54_413_955, 54_409_603),
    (1, 1): (54_407_809, 54_403_457),
    (1, 3): (54_411_907, 54_407_555),
    (3, 1): (54_409_857, 54_405_505),
    (4, 3): (54_414_979, 54_410_627),
}
PATCH = {
    6: (2_768_705, 2_767_809),
    3: (2_765_633, 2_764_737),
    2: (2_764_609, 2_763_713),
    4: (2_766_657, 2_765_761),
    7: (2_769_729, 2_768_833),
}
PATCH_DEPTHS = {1: 139_585, 2: 666_433, 3: 2_768_705, 4: 6_964_033, 5: 11_159_361, 6: 15_354_689}
NORMS = ["batch", "instance"]


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.fixture(autouse=True)
def _shapes_only():
    with torch.device("meta"):
        yield


@pytest.mark.parametrize(("channels", "counts"), UNET_256.items())
def test_unet_256(channels: tuple[int, int], counts: tuple[int, int]) -> None:
    nets = [build_generator("unet", in_channels=channels[0], out_channels=channels[1], norm=norm) for norm in NORMS]
    assert tuple(map(count, nets)) == counts


def test_unet_128() -> None:
    nets = [build_generator("unet", in_channels=3, out_channels=3, depth=7, norm=norm) for norm in NORMS]
    assert tuple(map(count, nets)) == (41_828_995, 41_825_667)


@pytest.mark.parametrize(("blocks", "counts"), [(9, (11_383_427, 11_378_179)), (6, (7_841_411, 7_837_699))])
@pytest.mark.parametrize("dropout", [False, True])
def test_resnet(blocks: int, counts: tuple[int, int], dropout: bool) -> None:
    arguments = {"in_channels": 3, "out_channels": 3, "blocks": blocks, "dropout": dropout}
    assert tuple(count(build_generator("resnet", norm=norm, **arguments)) for norm in NORMS) == counts


@pytest.mark.parametrize(("channels", "counts"), PATCH.items())
def test_patch_discriminator(channels: int, counts: tuple[int, int]) -> None:
    assert tuple(count(build_discriminator("patch", in_channels=channels, norm=norm)) for norm in NORMS) == counts


@pytest.mark.parametrize(("depth", "expected"), PATCH_DEPTHS.items())
def test_patch_discriminator_by_depth(depth: int, expected: int) -> None:
    assert count(build_discriminator("patch", in_channels=6, depth=depth)) == expected


def test_pixel_discriminator() -> None:
    assert tuple(count(build_discriminator("pixel", in_channels=6, norm=norm)) for norm in NORMS) == (9_024, 8_897)


def test_unet_state_has_as_many_tensors() -> None:
    states = [
        build_generator("unet", in_channels=3, out_channels=3, depth=depth, norm=norm).state_dict()
        for depth in (8, 7)
        for norm in NORMS
    ]
    assert list(map(len, states)) == [82, 32, 70, 28]


def test_resnet_state_has_as_many_tensors() -> None:
    states = [build_generator("resnet", in_channels=3, out_channels=3, norm=norm).state_dict() for norm in NORMS]
    assert list(map(len, states)) == [140, 48]
