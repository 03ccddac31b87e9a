"""Networks have as many parameters as those of public code, counted by constructing its networks.

The port of pix2pix to PyTorch; pix2pixHD's and SPADE's own code, whose logs round SPADE's to a tenth of a million.
"""

from itertools import pairwise

import pytest
import torch
from torch import nn

from i2i.config import overlay
from i2i.discriminators import build_discriminator
from i2i.generators import build_generator
from i2i.methods import build_method
from i2i.methods.recipes import find_recipe

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
COLOUR = {"data": {"input": {"channels": 3, "range": "full"}, "target": {"channels": 3, "range": "full"}}}


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


@pytest.mark.parametrize(("in_channels", "expected"), {36: 182_546_755, 3: 182_443_267}.items())
def test_the_global_generator_of_pix2pixhd(in_channels: int, expected: int) -> None:
    assert count(build_generator("coarse-to-fine", in_channels=in_channels, out_channels=3)) == expected


@pytest.mark.parametrize(("in_channels", "expected"), {36: 182_857_059, 3: 182_701_827}.items())
def test_the_local_enhancer_of_pix2pixhd_around_it(in_channels: int, expected: int) -> None:
    arguments = {"in_channels": in_channels, "out_channels": 3, "width": 32, "enhancers": 1}
    assert count(build_generator("coarse-to-fine", **arguments)) == expected


@pytest.mark.parametrize(("scales", "expected"), {2: 5_603_202, 3: 8_404_803}.items())
def test_the_discriminators_of_pix2pixhd(scales: int, expected: int) -> None:
    assert count(build_discriminator("multiscale", in_channels=36 + 3, scales=scales)) == expected


@pytest.mark.parametrize(("classes", "millions"), {19: 92.5, 36: 93.0, 151: 96.5, 184: 97.5}.items())
def test_the_generator_of_spade(classes: int, millions: float) -> None:
    assert round(count(build_generator("spade", in_channels=classes, out_channels=3)) / 1e6, 1) == millions


def test_the_generator_of_spade_by_hand() -> None:
    """Each block: two 3x3 convolutions, three where the width changes a 1x1 one besides; γ and β of each norm."""
    classes, hidden = 36, 128

    def conv(k_in: int, k: int) -> int:
        return 9 * k_in * k + k

    def norm(k: int) -> int:
        return conv(classes, hidden) + 2 * conv(hidden, k)

    def block(k_in: int, k: int) -> int:
        middle = min(k_in, k)
        past = norm(k_in) + k_in * k if k_in != k else 0
        return norm(k_in) + conv(k_in, middle) + norm(middle) + conv(middle, k) + past

    widths = [1024, 1024, 1024, 1024, 512, 256, 128, 64]
    blocks = sum(block(k_in, k) for k_in, k in pairwise(widths))
    by_hand = conv(classes, 1024) + blocks + conv(64, 3)
    assert by_hand == 93_048_003
    assert count(build_generator("spade", in_channels=classes, out_channels=3)) == by_hand


def test_cyclegan_has_the_published_networks_twice() -> None:
    config = overlay(find_recipe("cyclegan"), COLOUR)
    counts = {name: count(network) for name, network in build_method(config).networks().items()}
    assert counts == {
        "generator": 11_378_179,
        "reverse": 11_378_179,
        "discriminator": 2_764_737,
        "reverse_discriminator": 2_764_737,
    }


@pytest.mark.parametrize("recipe", ["cut", "fastcut"])
def test_cut_has_the_published_networks(recipe: str) -> None:
    """By the public code's own count: G 11.378 M, F 0.560 M, D 2.765 M."""
    config = overlay(find_recipe(recipe), COLOUR)
    counts = {name: count(network) for name, network in build_method(config).networks().items()}
    assert counts == {"generator": 11_378_179, "discriminator": 2_764_737, "projection": 560_384}


def test_bicyclegan() -> None:
    nets = build_method(overlay(find_recipe("bicyclegan"), COLOUR | {"generator": {"depth": 8}})).networks()
    assert {name: count(net) for name, net in nets.items()} == {
        "generator": 54_794_627,
        "encoder": 2_590_032,
        "discriminator": 3_458_978,
        "encoded_discriminator": 3_458_978,
    }


FIVE = {"domains": {"names": ["a", "b", "c", "d", "e"]}}


def test_stargan_has_the_published_networks() -> None:
    """For CelebA's five domains at 128²."""
    config = overlay(find_recipe("stargan"), COLOUR | FIVE)
    counts = {name: count(network) for name, network in build_method(config).networks().items()}
    assert counts == {"generator": 8_430_528, "discriminator": 44_762_048}


def test_a_classifying_patch_is_a_patch_with_one_more_head() -> None:
    config = overlay(find_recipe("acgan"), COLOUR | FIVE)
    discriminator = build_method(config).networks()["discriminator"]
    assert count(discriminator) == PATCH[3][0] + 5 * (512 * 16 + 1)
