"""What has no reading counts in no measure: against crops, loops, and garbage put where it must not matter."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from i2i.errors import InputError
from i2i.metrics import PAIRED, PairedMeasure, l1, ms_ssim, psnr, relative_sharpness, rmse, ssim
from i2i.metrics.measure import FILLED
from i2i.metrics.sliced import SLICED_WASSERSTEIN

TAKE_MASKS = {"psnr": psnr, "l1": l1, "rmse": rmse, "ssim": ssim, "ms_ssim": ms_ssim}


def _rectangle(like: Tensor, top: int, left: int, height: int, width: int) -> tuple[Tensor, tuple[slice, ...]]:
    """A mask of one rectangle, and the index that cuts it out."""
    crop = (slice(None), slice(None), slice(top, top + height), slice(left, left + width))
    valid = torch.zeros_like(like, dtype=torch.bool)
    valid[crop] = True
    return valid, crop


@pytest.mark.parametrize("name", TAKE_MASKS)
def test_a_rectangle_of_readings_measures_as_its_crop(name: str, photo: Tensor, noisy: Tensor) -> None:
    """On a multiple of 16 pixels, so that the scales of MS-SSIM are halved at the same places."""
    valid, crop = _rectangle(photo, 16, 32, 100, 80)
    alone = TAKE_MASKS[name](noisy[crop].contiguous(), photo[crop].contiguous())
    assert TAKE_MASKS[name](noisy, photo, valid).item() == pytest.approx(alone.item(), rel=1e-4)
    assert TAKE_MASKS[name](noisy, photo).item() != pytest.approx(alone.item(), rel=1e-4)


def test_ssim_of_a_half_is_the_ssim_of_that_half(photo: Tensor, noisy: Tensor) -> None:
    output, valid = noisy.clone(), torch.ones_like(photo, dtype=torch.bool)
    output[..., 96:] = -1
    valid[..., 96:] = False
    assert ssim(output, photo, valid).item() == pytest.approx(
        ssim(noisy[..., :96].contiguous(), photo[..., :96].contiguous()).item(), abs=1e-6
    )


def test_ssim_counts_each_channels_whole_windows_and_no_other(photo: Tensor, noisy: Tensor) -> None:
    """A loop over all windows of all channels, each with a mask of its own."""
    crop = (slice(None), slice(None), slice(0, 23), slice(0, 19))
    output, target = noisy[crop].contiguous(), photo[crop].contiguous()
    valid = torch.rand(target.shape, generator=torch.Generator().manual_seed(0)) < 0.995
    found = []
    for channel in range(3):
        for top in range(23 - 10):
            for left in range(19 - 10):
                window = (slice(None), slice(channel, channel + 1), slice(top, top + 11), slice(left, left + 11))
                if valid[window].all():
                    found.append(ssim(output[window].contiguous(), target[window].contiguous()).item())
    assert 0 < len(found) < 3 * 13 * 9
    assert ssim(output, target, valid).item() == pytest.approx(np.mean(found), abs=1e-5)


def test_ms_ssim_takes_as_many_scales_as_have_a_window(photo: Tensor, noisy: Tensor) -> None:
    valid, crop = _rectangle(photo, 0, 0, 40, 40)  # a window fits in once halved (20 px), not in a quarter (10 px)
    assert ms_ssim(noisy, photo, valid).item() == pytest.approx(
        ms_ssim(noisy[crop].contiguous(), photo[crop].contiguous()).item(), abs=1e-5
    )


def test_a_coarser_pixel_counts_only_if_all_four_do(photo: Tensor, noisy: Tensor) -> None:
    """22 pixels off the grid of pairs make 10 whole pairs, too few for a window: MS-SSIM has one scale and is SSIM."""
    valid, _ = _rectangle(photo, 1, 1, 22, 22)
    assert ms_ssim(noisy, photo, valid).item() == pytest.approx(ssim(noisy, photo, valid).item(), rel=1e-5)


def test_images_of_a_batch_have_scales_of_their_own(photo: Tensor, noisy: Tensor) -> None:
    small, _ = _rectangle(photo, 0, 0, 40, 40)
    outputs, targets = torch.cat([noisy, noisy]), torch.cat([photo, photo])
    together = ms_ssim(outputs, targets, torch.cat([small, torch.ones_like(small)]))
    alone = [ms_ssim(noisy, photo, small).item(), ms_ssim(noisy, photo).item()]
    assert together.tolist() == pytest.approx(alone, abs=1e-5)


@pytest.mark.parametrize("function", [ssim, ms_ssim])
def test_readings_without_a_whole_window_have_no_similarity(function, photo: Tensor, noisy: Tensor) -> None:
    every_tenth = (torch.arange(192) % 10 > 0).expand(1, 3, 192, 192)
    assert function(noisy, photo, every_tenth).isnan().all()
    assert psnr(noisy, photo, every_tenth).isfinite().all()


@pytest.mark.parametrize("name", TAKE_MASKS)
def test_a_mask_that_excludes_nothing_changes_nothing(name: str, photo: Tensor, noisy: Tensor) -> None:
    everywhere = torch.ones_like(photo, dtype=torch.bool)
    expected = TAKE_MASKS[name](noisy, photo).item()
    assert TAKE_MASKS[name](noisy, photo, everywhere).item() == pytest.approx(expected, rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(
    name=st.sampled_from(sorted({**TAKE_MASKS, **PAIRED})),
    garbage=st.sampled_from([0.0, 1.0, -7.5, math.inf, math.nan]),
    share=st.floats(0.0, 0.1),
    channels=st.sampled_from([1, 2, 3, 5]),
    seed=st.integers(0, 1000),
)
def test_what_stands_where_there_is_no_reading_changes_nothing(
    name: str, garbage: float, share: float, channels: int, seed: int
) -> None:
    random = torch.Generator().manual_seed(seed)
    output, target = torch.rand(2, 2, channels, 24, 30, generator=random) * 2 - 1
    valid = (torch.rand(2, 1, 24, 30, generator=random) >= share).expand_as(target)
    measure = PAIRED.get(name) or PairedMeasure("", "", "lower", "", function=TAKE_MASKS[name], masking="left out")
    spoilt = measure.measure(torch.where(valid, output, garbage), target, valid)
    torch.testing.assert_close(spoilt, measure.measure(output, target, valid), rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("name", sorted(PAIRED))
def test_an_image_without_any_reading_is_nan_and_leaves_the_others_alone(
    name: str, photo: Tensor, noisy: Tensor
) -> None:
    outputs, targets = torch.cat([noisy, noisy]), torch.cat([photo, torch.zeros_like(photo)])
    valid = torch.cat([torch.ones_like(photo), torch.zeros_like(photo)]).bool()
    first, second = PAIRED[name].measure(outputs, targets, valid)
    assert first.item() == pytest.approx(PAIRED[name].measure(noisy, photo).item(), rel=1e-4)
    assert second.isnan()


def test_a_measure_that_takes_no_mask_sees_the_target_in_the_holes(photo: Tensor, noisy: Tensor) -> None:
    largest = PairedMeasure("", "", "lower", "", function=lambda x, y: (x - y).abs().amax(dim=(1, 2, 3)))
    spoilt, valid = noisy.clone(), torch.ones_like(photo, dtype=torch.bool)
    valid[..., :50] = False
    spoilt[..., :50] = 9
    assert largest.measure(spoilt, photo, valid).item() == (noisy - photo)[..., 50:].abs().max()
    assert largest.measure(spoilt, photo).item() > 8


def test_the_definition_says_what_a_mask_does() -> None:
    own = PairedMeasure("", "", "lower", "largest difference", function=relative_sharpness)
    assert own.with_masks().definition == f"largest difference; {FILLED}"
    assert own.with_masks().function is relative_sharpness
    assert PAIRED["psnr"].with_masks().definition.endswith("100 dB; over the samples with a reading")
    assert SLICED_WASSERSTEIN.with_masks().definition.endswith(FILLED)


@pytest.mark.parametrize("name", TAKE_MASKS)
def test_a_mask_of_another_shape_is_refused(name: str, photo: Tensor) -> None:
    with pytest.raises(ValueError, match=r"mask \(1, 1, 192, 192\); expected the shape of the target"):
        TAKE_MASKS[name](photo, photo, torch.ones(1, 1, 192, 192, dtype=torch.bool))


@pytest.mark.parametrize("function", [ssim, ms_ssim])
def test_too_small_an_image_is_refused_with_a_mask_as_without(function) -> None:
    image = torch.zeros(1, 3, 8, 40)
    with pytest.raises(InputError, match="40x8 px is smaller than the window"):
        function(image, image, torch.ones_like(image, dtype=torch.bool))
