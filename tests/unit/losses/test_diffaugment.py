"""Promises of the differentiable augmentation of what a discriminator sees."""

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from i2i.errors import ConfigError
from i2i.losses.diffaugment import POLICIES, DiffAugment

ALL = tuple(POLICIES)


def images(count=64, channels=3, height=16, width=24, seed=0):
    return torch.rand(count, channels, height, width, generator=torch.Generator().manual_seed(seed)) * 0.9 + 0.05


def test_without_policies_the_images_are_not_even_copied():
    seen = images()
    assert DiffAugment()(seen, 2) is seen


def test_an_unknown_policy_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match=r"'color'; expected some of colour, translation, cutout"):
        DiffAugment(["translation", "color"])


@pytest.mark.parametrize("policy", ALL)
def test_each_image_is_changed_in_its_own_way(policy):
    same = images(1).expand(16, -1, -1, -1)
    changed = DiffAugment([policy])(same)
    assert changed.shape == same.shape
    assert len({tuple(each.flatten().tolist()) for each in changed}) > 8


@pytest.mark.parametrize("policy", ALL)
def test_it_is_a_function_of_the_global_seed_in_any_precision(policy):
    augment, seen = DiffAugment([policy]), images()
    torch.manual_seed(3)
    one = augment(seen)
    torch.manual_seed(3)
    assert torch.equal(augment(seen), one)
    assert not torch.equal(augment(seen), one)
    torch.manual_seed(3)
    with torch.autocast("cpu", torch.bfloat16):
        coarse = augment(seen.bfloat16())
    assert coarse.dtype == torch.bfloat16
    torch.testing.assert_close(coarse.float(), one, atol=0.05, rtol=0.05)


def test_the_order_in_which_policies_are_named_does_not_matter():
    seen = images()
    torch.manual_seed(3)
    one = DiffAugment(ALL)(seen)
    torch.manual_seed(3)
    assert torch.equal(DiffAugment(ALL[::-1])(seen), one)


@pytest.mark.parametrize("order", [torch.autograd.gradcheck, torch.autograd.gradgradcheck])
@pytest.mark.parametrize("policy", [*ALL, "all"])
def test_gradients_flow_through_once_and_twice(policy, order):
    augment = DiffAugment(ALL if policy == "all" else [policy])

    def changed(seen):
        torch.manual_seed(1)
        return augment(seen, 3).tanh()

    assert order(changed, (images(1, 4, 3, 3).double().requires_grad_(),))


def test_a_penalty_on_the_slope_reaches_the_weights_of_the_discriminator():
    weights = torch.ones(3, 1, 1, requires_grad=True)
    seen = images().requires_grad_()
    scores = (DiffAugment(ALL)(seen) * weights).square().sum()
    (slope,) = torch.autograd.grad(scores, seen, create_graph=True)
    slope.square().sum().backward()
    assert weights.grad.abs().min() > 0


@given(st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 9), st.integers(1, 9)), st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_any_shape_is_taken(shape, seed):
    torch.manual_seed(seed)
    seen = torch.randn(shape)
    for channels in (None, 0, 1, shape[1]):
        changed = DiffAugment(ALL)(seen, channels)
        assert changed.shape == seen.shape
        assert torch.isfinite(changed).all()


def moved(image, down, right):
    """The image moved so many pixels, zeros coming in, pixel by pixel."""
    result = torch.zeros_like(image)
    height, width = image.shape[1:]
    for row, column in itertools.product(range(height), range(width)):
        if 0 <= row - down < height and 0 <= column - right < width:
            result[:, row, column] = image[:, row - down, column - right]
    return result


def test_translation_moves_by_up_to_an_eighth_with_zeros_coming_in():
    seen = images(200, 2)
    steps = list(itertools.product(range(-2, 3), range(-3, 4)))  # of 16 rows and 24 columns
    candidates = {step: moved(seen[0], *step) for step in steps}
    changed = DiffAugment(["translation"])(seen[:1].expand(200, -1, -1, -1))
    found = [next(step for step in steps if torch.equal(candidates[step], each)) for each in changed]
    assert {down for down, _ in found} == set(range(-2, 3))
    assert {right for _, right in found} == set(range(-3, 4))


def test_cutout_zeroes_one_window_of_half_the_side_that_may_reach_out_of_the_image():
    seen = images(400)
    changed = DiffAugment(["cutout"])(seen)
    heights, widths = set(), set()
    first = [((each == 0).all(dim=0).any(dim=1).float().argmax()).item() for each in changed]
    assert {min(first), max(first)} == {0, 12}  # as often cut off at the top as at the bottom
    for before, after in zip(seen, changed, strict=True):
        cut = (after == 0).all(dim=0)
        rows, columns = cut.any(dim=1), cut.any(dim=0)
        assert torch.equal(cut, rows[:, None] & columns)
        assert torch.equal(after, before * ~cut)
        for inside, sizes in ((rows, heights), (columns, widths)):
            assert (inside.int().diff().abs().sum()) <= 2  # in one piece
            sizes.add(int(inside.sum()))
    assert heights == set(range(4, 9))
    assert widths == set(range(6, 13))


def test_what_is_cut_or_comes_in_is_zero_whatever_the_colour():
    for changed in DiffAugment(ALL)(images()):
        assert (changed == 0).all(dim=0).sum() >= 4 * 6


def test_brightness_moves_a_grey_image_evenly_by_up_to_half():
    grey = torch.zeros(2000, 3, 4, 4)
    changed = DiffAugment(["colour"])(grey)
    assert changed.flatten(1).std(dim=1).max() < 1e-6
    shifts = changed[:, 0, 0, 0]
    assert -0.5 <= shifts.min() < -0.48
    assert 0.48 < shifts.max() <= 0.5
    assert shifts.std().item() == pytest.approx(1 / 12**0.5, rel=0.05)


def test_contrast_is_half_to_one_and_a_half_times_about_the_mean():
    seen = images(1000, 1, 6, 6)
    changed = DiffAugment(["colour"])(seen)
    factors = changed.flatten(1).std(dim=1) / seen.flatten(1).std(dim=1)
    assert 0.5 - 1e-5 <= factors.min() < 0.52
    assert 1.48 < factors.max() <= 1.5 + 1e-5
    assert factors.mean().item() == pytest.approx(1, abs=0.05)
    shifts = changed.mean(dim=(1, 2, 3)) - seen.mean(dim=(1, 2, 3))
    assert shifts.abs().max() <= 0.5 + 1e-5  # brightness alone: contrast leaves the mean


def saturation(seen):
    """How much colours were spread, beside what contrast did to the grey of the image."""
    changed = DiffAugment(["colour"])(seen)
    colour = [(each - each.mean(dim=1, keepdim=True)).flatten(1).std(dim=1) for each in (seen, changed)]
    grey = [each.mean(dim=1).flatten(1).std(dim=1) for each in (seen, changed)]
    return (colour[1] / colour[0]) / (grey[1] / grey[0])


def test_saturation_is_nought_to_twice_of_three_channels():
    factors = saturation(images(1000, 3, 6, 6))
    assert 0 <= factors.min() < 0.04
    assert 1.96 < factors.max() <= 2 + 1e-4
    assert factors.mean().item() == pytest.approx(1, abs=0.08)


@pytest.mark.parametrize("channels", [2, 4])
def test_other_numbers_of_channels_have_no_saturation(channels):
    factors = saturation(images(50, channels, 6, 6))
    torch.testing.assert_close(factors, torch.ones(50), atol=1e-3, rtol=0)


@pytest.mark.parametrize("policies", [("translation",), ("cutout",), ("translation", "cutout")])
def test_the_image_keeps_fitting_its_condition(policies):
    image = images()
    changed = DiffAugment(policies)(torch.cat([image, image], dim=1), 3)
    assert torch.equal(changed[:, :3], changed[:, 3:])
    assert not torch.equal(changed[:, :3], image)


def test_colour_changes_the_image_and_not_its_condition():
    condition, image = images(seed=1, channels=2), images()
    changed = DiffAugment(["colour"])(torch.cat([condition, image], dim=1), 3)
    assert torch.equal(changed[:, :2], condition)
    assert (changed[:, 2:] - image).abs().amax(dim=(1, 2, 3)).min() > 0
