import pytest
import torch
from torch import Tensor

from i2i.errors import InputError
from i2i.metrics import PAIRED, l1, ms_ssim, ms_ssim_scales, psnr, ssim


@pytest.mark.parametrize("name", sorted(PAIRED))
def test_a_batch_gives_one_value_an_image_and_the_same_as_one_by_one(name: str, photo: Tensor, noisy: Tensor) -> None:
    function = PAIRED[name].function
    outputs, targets = torch.cat([noisy, photo.flip(3)]), torch.cat([photo, photo])
    together = function(outputs, targets)
    assert together.shape == (2,)
    alone = torch.cat([function(outputs[i : i + 1], targets[i : i + 1]) for i in range(2)])
    assert together == pytest.approx(alone, abs=1e-4)


@pytest.mark.parametrize("name", sorted(PAIRED))
@pytest.mark.parametrize(("height", "width", "channels"), [(64, 48, 1), (37, 51, 3), (16, 200, 3)])
def test_any_size_and_grey_give_finite_values(name: str, height: int, width: int, channels: int) -> None:
    random = torch.Generator().manual_seed(0)
    output, target = (torch.rand(2, channels, height, width, generator=random) * 2 - 1 for _ in range(2))
    assert PAIRED[name].function(output, target).isfinite().all()


def test_identical_images_get_the_best_value_and_never_an_infinite_one(photo: Tensor) -> None:
    values = {name: measure.function(photo, photo).item() for name, measure in PAIRED.items()}
    assert values == pytest.approx({"psnr": 100, "ssim": 1, "ms_ssim": 1, "l1": 0, "sharpness": 0}, abs=1e-6)


def test_l1_and_psnr_count_in_grey_levels() -> None:
    grey = torch.zeros(1, 3, 16, 16)
    shifted = grey + 10 / 127.5
    assert l1(shifted, grey).item() == pytest.approx(10, abs=1e-4)
    assert psnr(shifted, grey).item() == pytest.approx(20 * torch.log10(torch.tensor(25.5)).item(), abs=1e-3)


@pytest.mark.parametrize(
    ("side", "scales"), [(10, 0), (11, 1), (22, 2), (43, 2), (44, 3), (128, 4), (175, 4), (176, 5)]
)
def test_ms_ssim_uses_as_many_scales_as_the_window_allows(side: int, scales: int) -> None:
    assert ms_ssim_scales(side, 500) == scales


def test_ms_ssim_of_one_scale_is_ssim(photo: Tensor, noisy: Tensor) -> None:
    small = (slice(None), slice(None), slice(0, 20), slice(0, 20))
    assert ms_ssim(noisy[small], photo[small]).item() == pytest.approx(
        ssim(noisy[small], photo[small]).item(), abs=1e-6
    )


def test_ssim_takes_black_for_zero_whatever_the_range_of_the_tensors() -> None:
    """Two flat images: (2·x·y + C1) / (x² + y² + C1) on 0..255; on [-1, 1] as it stands it would be negative."""
    dark, light = torch.full((1, 1, 16, 16), 100 / 127.5 - 1), torch.full((1, 1, 16, 16), 150 / 127.5 - 1)
    c1 = (0.01 * 255) ** 2
    assert ssim(dark, light).item() == pytest.approx((2 * 100 * 150 + c1) / (100**2 + 150**2 + c1), abs=1e-4)


def test_opposite_structure_gives_ms_ssim_zero_not_nan(photo: Tensor) -> None:
    assert ms_ssim(-photo, photo).item() == 0


@pytest.mark.parametrize("function", [ssim, ms_ssim])
def test_an_image_smaller_than_the_window_is_refused_with_its_size(function) -> None:
    with pytest.raises(InputError, match=r"40x8 px is smaller than the window of 11x11"):
        function(torch.zeros(1, 3, 8, 40), torch.zeros(1, 3, 8, 40))


def test_images_of_different_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="same shape"):
        psnr(torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 9))


def test_bfloat16_is_measured_in_float32(photo: Tensor, noisy: Tensor) -> None:
    values = ssim(noisy.bfloat16(), photo.bfloat16())
    assert values.dtype == torch.float32
    assert values.item() == pytest.approx(ssim(noisy, photo).item(), abs=1e-2)
