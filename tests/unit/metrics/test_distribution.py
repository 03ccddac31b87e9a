import pytest
import torch

from i2i.errors import InputError
from i2i.metrics import frechet_distance, kernel_distance


def _features(count: int, seed: int, shift: float = 0.0) -> torch.Tensor:
    return torch.randn(count, 8, generator=torch.Generator().manual_seed(seed)) + shift


def test_equal_sets_are_at_distance_zero() -> None:
    a = _features(50, 0)
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-9)
    assert kernel_distance(a, a).mean < 0.05


def test_both_distances_grow_with_the_shift() -> None:
    a = _features(200, 0)
    for distance in (frechet_distance, lambda x, y: kernel_distance(x, y).mean):
        near, middle, far = (distance(a, _features(200, 1, shift)) for shift in (0.0, 0.5, 1.0))
        assert near < middle < far


def test_fewer_images_than_dimensions_is_still_a_distance() -> None:
    a, b = torch.randn(5, 300), torch.randn(7, 300)
    assert frechet_distance(a, b) > 0
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)


def test_the_kernel_interval_holds_the_estimate_and_repeats_with_the_seed() -> None:
    a, b = _features(60, 0), _features(60, 1, 0.4)
    interval = kernel_distance(a, b)
    assert interval.low < interval.mean < interval.high
    assert interval == kernel_distance(a, b)
    assert interval.mean == kernel_distance(a, b, seed=1).mean  # the estimate itself is not random


def test_two_or_three_images_have_a_kernel_distance_without_interval() -> None:
    assert kernel_distance(_features(3, 0), _features(3, 1)).low is None


@pytest.mark.parametrize("distance", [frechet_distance, kernel_distance])
def test_a_single_image_is_refused(distance) -> None:
    with pytest.raises(InputError, match="at least 2 images"):
        distance(_features(1, 0), _features(4, 1))
    with pytest.raises(ValueError, match=r"expected \(N, D\) and \(M, D\)"):
        distance(_features(4, 0)[:, :5], _features(4, 1))
