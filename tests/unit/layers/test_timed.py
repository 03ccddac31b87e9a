"""Blocks that are told a time."""

import torch

from i2i.layers.timed import PlaceNorm, TimedBlock, TimeEmbedding


def test_each_place_is_normalised_by_itself():
    x = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0)) * 7
    normed = PlaceNorm()(x)
    torch.testing.assert_close(normed.square().mean(dim=1), torch.ones(2, 4, 5), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(PlaceNorm()(x[:, :, 1:2, 2:3]), normed[:, :, 1:2, 2:3])
    assert torch.equal(PlaceNorm()(torch.zeros(1, 3, 2, 2)), torch.zeros(1, 3, 2, 2))


def test_near_and_far_times_are_told_apart():
    torch.manual_seed(0)
    embedding = TimeEmbedding(32)
    told = embedding(torch.tensor([0.0, 0.01, 0.5, 1.0]))
    assert told.shape == (4, 32)
    distances = torch.cdist(told, told)
    assert (distances + torch.eye(4)).min() > 1e-2
    torch.testing.assert_close(embedding(torch.tensor([0.5])), told[2:3])


def test_the_time_of_one_image_is_not_told_to_another():
    torch.manual_seed(0)
    block = TimedBlock(4, 6, 8)
    x, times = torch.randn(2, 4, 5, 5), torch.randn(2, 8)
    both = block(x, times)
    assert both.shape == (2, 6, 5, 5)
    torch.testing.assert_close(both[:1], block(x[:1], times[:1]))
    assert not torch.allclose(both[:1], block(x[:1], times[1:]), atol=1e-3)


def test_a_block_without_its_convolutions_carries_its_input_past():
    block = TimedBlock(4, 4, 8)
    torch.nn.init.zeros_(block.conv2.weight)
    torch.nn.init.zeros_(block.conv2.bias)
    x = torch.randn(1, 4, 6, 6)
    assert torch.equal(block(x, torch.randn(1, 8)), x)
