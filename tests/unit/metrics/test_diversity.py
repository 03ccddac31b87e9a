import math

import pytest
import torch

from i2i.metrics.diversity import _pair, diversity, pairwise_distances, pixel_distance


def flat(*values):
    return torch.stack([torch.full((3, 4, 5), value) for value in values])


def test_the_mean_distance_of_all_pairs_each_once():
    images = flat(-1.0, 0.0, 1.0)
    torch.testing.assert_close(pairwise_distances(images, pixel_distance), torch.tensor([0.5, 1.0, 0.5]))
    assert diversity(images, pixel_distance) == pytest.approx(2 / 3)


def test_equal_images_have_no_diversity_and_one_image_none_to_tell():
    assert diversity(flat(0.3, 0.3, 0.3), pixel_distance) == 0
    assert math.isnan(diversity(flat(0.3), pixel_distance))
    assert math.isnan(diversity([], pixel_distance))


def test_a_list_counts_as_a_tensor_does():
    images = torch.rand(7, 3, 8, 8) * 2 - 1
    expected = [float((images[i] - images[j]).abs().mean() / 2) for i in range(7) for j in range(i + 1, 7)]
    torch.testing.assert_close(pairwise_distances(list(images), pixel_distance), torch.tensor(expected))


def test_many_are_judged_by_pairs_drawn_without_repetition():
    images = torch.arange(40.0).view(40, 1, 1, 1).expand(40, 1, 2, 2)
    seen = []

    def distance(one, other):
        seen.extend(zip(one[:, 0, 0, 0].tolist(), other[:, 0, 0, 0].tolist(), strict=True))
        return pixel_distance(one, other)

    first = pairwise_distances(images, distance, pairs=50, seed=3)
    assert len(first) == len(set(seen)) == 50
    assert all(one != other for one, other in seen)
    torch.testing.assert_close(pairwise_distances(images, pixel_distance, pairs=50, seed=3), first, rtol=0, atol=0)
    assert not torch.equal(pairwise_distances(images, pixel_distance, pairs=50, seed=4), first)


def test_every_number_is_a_pair_of_its_own():
    pairs = [_pair(number) for number in range(10 * 9 // 2)]
    assert set(pairs) == {(i, j) for j in range(10) for i in range(j)}
