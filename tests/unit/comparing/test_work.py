from dataclasses import replace

import pytest
import torch
from tiny import SIDE, TINY, shown
from torch import nn

from i2i.comparing.work import MultiplyAdds, lasting, work_of
from i2i.config import overlay
from i2i.data.layouts import find_pairs
from i2i.generators import build_generator
from i2i.layers import convolutions
from i2i.layers.convolutions import Convolution, as_defined
from i2i.layers.multiply_adds import multiply_adds
from i2i.training.compose import compose
from i2i.training.resolve import resolve


def count(function):
    counter = MultiplyAdds()
    with as_defined(), counter:
        function()
    return counter.count


def test_a_forward_pass_counts_as_the_network_is_defined_whatever_its_algorithm():
    network = Convolution(128, 128, 3, padding=1)
    images = torch.rand(1, 128, 32, 32)
    defined = 128 * 128 * 9 * 32 * 32
    assert count(lambda: network(images)) == multiply_adds(network, 1, 128, 32, 32) == defined
    counter = MultiplyAdds()
    with counter:
        network(images)
    assert 0 < counter.count < defined / 2, "by Winograd it takes fewer"


@pytest.mark.parametrize("name", ["unet", "resnet"])
def test_a_generator_and_its_backward_pass_take_what_convolutions_take(name):
    settings = {"depth": 3} if name == "unet" else {"blocks": 2, "norm": "instance"}
    network = build_generator(name, in_channels=3, out_channels=3, width=8, **settings)
    images = shown(2)
    forward = count(lambda: network(images))
    assert forward == 2 * multiply_adds(network, 1, 3, SIDE, SIDE)
    first = next(layer for layer in network.modules() if isinstance(layer, nn.Conv2d))
    of_first = count(lambda: first(images))
    both = count(lambda: network(images).sum().backward())
    assert both == 3 * forward - of_first, "nobody asks for the gradient of the images"


def test_grouped_and_transposed_convolutions_products_and_attention_are_counted_by_their_definition():
    images = torch.rand(2, 4, 8, 8, requires_grad=True)
    blur = nn.Conv2d(4, 4, 3, padding=1, groups=4)
    assert count(lambda: blur(images)) == 2 * 64 * 4 * 9
    assert count(lambda: blur(images).sum().backward()) == 3 * 2 * 64 * 4 * 9
    up = nn.ConvTranspose2d(4, 6, 4, stride=2, padding=1)
    assert count(lambda: up(images).sum().backward()) == 3 * 2 * 64 * 4 * 6 * 16
    linear = nn.Linear(10, 7)
    assert count(lambda: linear(torch.rand(3, 10))) == 210
    query, key, value = (torch.rand(2, 5, length, 8) for length in (6, 9, 9))
    attend = nn.functional.scaled_dot_product_attention
    assert count(lambda: attend(query, key, value)) == 2 * 5 * 6 * 9 * (8 + 8)


@pytest.fixture(scope="module")
def train(pairs):
    return find_pairs(pairs).splits["train"]


def settled(pairs, *settings, recipe="pix2pix"):
    config = compose(recipe, {"pairs": str(pairs)}, TINY, settings)
    return lasting(resolve(config)[0], 64)


def test_a_step_takes_both_networks_forward_and_back(pairs, train, tmp_path):
    config = settled(pairs, "discriminator.norm=instance")
    settled_on = {name: getattr(config.generator, name) for name in ("width", "depth", "full_size_skip")}
    generator = build_generator("unet", in_channels=3, out_channels=3, **settled_on)
    g = multiply_adds(generator, 1, 3, SIDE, SIDE)
    reconstruction = work_of(replace(config, loss=replace(config.loss, adversarial="none")), train, tmp_path)
    assert 2.5 * g < reconstruction.multiply_adds < 3 * g
    assert reconstruction.images_per_second is None
    adversarial = work_of(config, train, tmp_path).multiply_adds
    once = work_of(overlay(config, {"training": {"discriminator_steps": 2}}), train, tmp_path).multiply_adds
    assert reconstruction.multiply_adds < once < adversarial, "G learns in every other step only"
    assert work_of(overlay(config, {"training": {"batch": 4}}), train, tmp_path).multiply_adds == adversarial


def test_by_which_algorithm_this_machine_trains_does_not_matter(pairs, train, tmp_path, monkeypatch):
    config = settled(pairs)
    defined = work_of(config, train, tmp_path).multiply_adds
    monkeypatch.setattr(convolutions, "WINOGRAD_CHANNELS", 1)
    monkeypatch.setattr(convolutions, "WINOGRAD_TILES", 1)
    assert work_of(config, train, tmp_path).multiply_adds == defined


def test_what_happens_now_and_then_counts_as_often_as_it_happens(pairs, train, tmp_path):
    config = settled(pairs, "discriminator.norm=instance")
    plain = work_of(config, train, tmp_path).multiply_adds
    at_each, rarely = (
        work_of(overlay(config, {"loss": {"r1_weight": 1.0, "r1_every": every}}), train, tmp_path).multiply_adds - plain
        for every in (1, 8)
    )
    assert rarely == pytest.approx(at_each / 8)


def test_the_stages_of_a_run_count_by_their_shares(pairs, train, tmp_path):
    settings = ["loss.perceptual_weight=0", "generator.blocks=1", "generator.enhancer_blocks=1", "generator.depth=1"]
    local = settled(pairs, *settings, "discriminator.scales=1", recipe="pix2pixhd-local")
    shares = [{"coarse_share": share, "enhancer_share": 0.0} for share in (0.0, 0.5)]
    jointly, halved = (work_of(overlay(local, {"schedule": each}), train, tmp_path).multiply_adds for each in shares)
    alone = work_of(overlay(local, {"schedule": {"coarse_share": 0.99, "enhancer_share": 0.0}}), train, tmp_path)
    assert alone.multiply_adds < halved < jointly
    assert halved == pytest.approx((jointly + alone.multiply_adds) / 2, rel=0.02)


def test_a_trial_tells_the_pace_and_leaves_nothing(pairs, train, tmp_path):
    work = work_of(settled(pairs), train, tmp_path / "there", seconds=1.0)
    assert work.images_per_second > 1
    assert not (tmp_path / "there").exists()
