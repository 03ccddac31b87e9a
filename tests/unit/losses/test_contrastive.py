"""PatchNCE against a brute-force version, and the patches that it compares."""

import math

import torch
from torch.nn import functional as F

from i2i.losses.contrastive import Projection, draw_places, patch_nce


def described(*shape: int, seed: int = 0) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    return F.normalize(torch.randn(*shape, generator=random), dim=-1)


def brute_force(queries: torch.Tensor, keys: torch.Tensor, temperature: float) -> float:
    """Patch by patch; the positive stands once more among the negatives, at -10, as in the published code."""
    found = []
    for image in range(len(queries)):
        for own in range(queries.shape[1]):
            v = queries[image, own]
            positive = math.exp(float(v @ keys[image, own]) / temperature)
            others = [-10.0 if k == own else float(v @ keys[image, k]) for k in range(keys.shape[1])]
            negatives = sum(math.exp(each / temperature) for each in others)
            found.append(-math.log(positive / (positive + negatives)))
    return sum(found) / len(found)


def test_it_is_the_published_sum_patch_by_patch() -> None:
    queries, keys = described(2, 7, 5), described(2, 7, 5, seed=1)
    for temperature in (0.07, 0.5):
        loss = patch_nce(queries.double(), keys.double(), temperature)
        assert math.isclose(float(loss), brute_force(queries.double(), keys.double(), temperature), rel_tol=1e-5)


def test_the_negatives_are_of_the_same_image() -> None:
    queries, keys = described(2, 4, 5), described(2, 4, 5, seed=1)
    apart = [patch_nce(queries[k : k + 1], keys[k : k + 1]) for k in range(2)]
    torch.testing.assert_close(patch_nce(queries, keys), torch.stack(apart).mean())


def test_nothing_is_learnt_from_the_keys() -> None:
    queries, keys = described(1, 4, 5).requires_grad_(), described(1, 4, 5, seed=1).requires_grad_()
    patch_nce(queries, keys).backward()
    assert queries.grad is not None
    assert keys.grad is None


def test_a_patch_that_is_like_its_own_and_unlike_the_others_costs_nothing() -> None:
    alike = torch.eye(6)[None]
    assert float(patch_nce(alike, alike)) < 1e-4
    assert float(patch_nce(alike, alike.roll(1, dims=1))) > 10


def test_a_patch_is_described_by_the_features_at_its_place() -> None:
    torch.manual_seed(0)
    features, places = [torch.randn(2, 3, 4, 5), torch.randn(2, 6, 2, 2)], [torch.tensor([7, 0]), torch.tensor([3])]
    projection = Projection([3, 6], width=8)
    found = projection(features, places)
    assert [each.shape for each in found] == [(2, 2, 8), (2, 1, 8)]
    torch.testing.assert_close(found[0].norm(dim=2), torch.ones(2, 2))
    at = features[0][1, :, 1, 2]  # place 7 of rows of 5
    torch.testing.assert_close(found[0][1, 0], F.normalize(projection.layers[0](at), dim=0))


def test_places_are_different_ones_and_at_most_all_there_are() -> None:
    torch.manual_seed(0)
    places = draw_places([torch.zeros(1, 1, 20, 20), torch.zeros(1, 1, 3, 3)], 256)
    assert [len(each) for each in places] == [256, 9]
    assert all(len(each.unique()) == len(each) for each in places)
    assert int(places[0].max()) < 400
