import numpy as np
import pytest
import skimage.filters
import torch
from torch import Tensor

from i2i.metrics import sliced_wasserstein
from i2i.metrics.sliced import _double, compare_patches, laplacian_pyramid, sample_patches


@pytest.fixture(scope="module")
def crops(photo: Tensor) -> Tensor:
    """(9, 3, 64, 64): crops of a photograph."""
    return photo[0].unfold(1, 64, 64).unfold(2, 64, 64).reshape(3, 9, 64, 64).movedim(1, 0).contiguous()


def _blurred(images: Tensor, sigma: float) -> Tensor:
    smooth = [skimage.filters.gaussian(image.numpy(), sigma, channel_axis=0) for image in images]
    return torch.from_numpy(np.stack(smooth)).float()


def test_equal_sets_are_at_distance_zero_at_every_level(crops: Tensor) -> None:
    assert sliced_wasserstein(crops, crops).levels == (0, 0, 0)


def test_more_blur_is_farther_and_most_so_at_the_finest_level(crops: Tensor) -> None:
    distances = [sliced_wasserstein(_blurred(crops, sigma), crops) for sigma in (0.5, 1, 2)]
    assert 0 < distances[0].mean < distances[1].mean < distances[2].mean
    assert distances[1].levels[0] > 2 * distances[1].levels[2]


def test_a_lost_contrast_is_not_normalised_away(crops: Tensor) -> None:
    assert sliced_wasserstein(crops / 2, crops).levels[0] > 0.1


def test_a_wrong_colour_shows_at_the_coarsest_level(crops: Tensor) -> None:
    levels = sliced_wasserstein(crops.roll(1, dims=1) * 0.8 + 0.1, crops).levels
    assert levels[-1] == max(levels)


def test_the_seed_decides_places_and_directions(crops: Tensor) -> None:
    blurred = _blurred(crops, 1)
    assert sliced_wasserstein(blurred, crops, seed=3) == sliced_wasserstein(blurred, crops, seed=3)
    assert sliced_wasserstein(blurred, crops, seed=3) != sliced_wasserstein(blurred, crops, seed=4)


@pytest.mark.parametrize(
    ("height", "width", "levels"), [(256, 256, 5), (64, 64, 3), (33, 90, 2), (8, 8, 1), (31, 31, 2)]
)
def test_the_pyramid_sums_up_to_the_image(height: int, width: int, levels: int) -> None:
    image = torch.rand(2, 3, height, width)
    pyramid = laplacian_pyramid(image)
    assert len(pyramid) == levels
    restored = pyramid[-1]
    for level in reversed(pyramid[:-1]):
        restored = level + _double(restored, level.shape[-2], level.shape[-1])
    assert restored == pytest.approx(image, abs=1e-5)


def test_a_flat_image_has_no_detail_in_any_but_the_last_level() -> None:
    *detail, rest = laplacian_pyramid(torch.full((1, 1, 65, 64), 0.3))
    assert all(level.abs().max() < 1e-6 for level in detail)
    assert rest == pytest.approx(torch.full_like(rest, 0.3))


def test_patches_lie_in_the_image_and_keep_their_channels() -> None:
    image = torch.arange(20 * 20.0).view(1, 1, 20, 20).repeat(1, 2, 1, 1)
    image[:, 1] += 1000
    (patches,) = sample_patches(image, count=5)
    assert patches.shape == (5, 2, 49)
    assert (patches[:, 1] - patches[:, 0] == 1000).all()
    first = patches[0, 0].view(7, 7)
    assert (first[0].diff() == 1).all()
    assert (first[:, 0].diff() == 20).all()


def test_sets_sampled_image_by_image_compare_as_well(crops: Tensor) -> None:
    def collected(images: Tensor) -> list[Tensor]:
        each = [sample_patches(image[None], seed=index) for index, image in enumerate(images)]
        return [torch.cat(level) for level in zip(*each, strict=True)]

    assert compare_patches(collected(crops), collected(crops)).mean == 0
    assert compare_patches(collected(_blurred(crops, 1)), collected(crops)).mean > 0


def test_flat_targets_do_not_blow_up() -> None:
    flat, almost = torch.zeros(2, 3, 32, 32), torch.full((2, 3, 32, 32), 1e-3)
    assert sliced_wasserstein(almost, flat).mean < 1
