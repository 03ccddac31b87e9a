import math

import numpy as np
import pytest
import skimage.filters
import torch
from torch import Tensor

from i2i.metrics import relative_sharpness
from i2i.metrics.sharpness import fine_energy


def _blurred(image: Tensor, sigma: float) -> Tensor:
    smooth = skimage.filters.gaussian(image[0].numpy(), sigma, channel_axis=0)
    return torch.from_numpy(np.ascontiguousarray(smooth))[None].float()


def test_more_blur_is_less_sharp(photo: Tensor) -> None:
    values = [relative_sharpness(_blurred(photo, sigma), photo).item() for sigma in (0.5, 1, 2, 4)]
    assert 0 > values[0] > values[1] > values[2] > values[3]


def test_noise_counts_as_more_than_the_target_has(photo: Tensor, noisy: Tensor) -> None:
    assert relative_sharpness(noisy, photo).item() > 1


def test_half_the_contrast_is_minus_six_decibels(photo: Tensor) -> None:
    assert relative_sharpness(photo / 2, photo).item() == pytest.approx(-6.02, abs=0.05)


def test_brightness_alone_changes_nothing(photo: Tensor) -> None:
    assert relative_sharpness(photo / 4 + 0.5, photo / 4).item() == pytest.approx(0, abs=0.01)


def test_flat_images_are_as_sharp_as_each_other() -> None:
    assert relative_sharpness(torch.ones(1, 3, 32, 32), -torch.ones(1, 3, 32, 32)).item() == 0


def test_energy_is_the_variance_of_a_wave_above_the_cutoff_and_nothing_below() -> None:
    columns = torch.arange(256.0)
    for period, expected in ((4, 0.5 * 50**2), (32, 0.0)):
        wave = torch.sin(2 * math.pi * columns / period) * 50 / 127.5
        energy = fine_energy(wave.expand(1, 1, 256, 256)).item()
        assert energy == pytest.approx(expected, rel=0.01, abs=0.01)


def test_channels_that_cancel_each_other_keep_their_detail(photo: Tensor) -> None:
    grey = photo[:, :1]
    opposite = torch.cat([grey, -grey], dim=1)
    assert fine_energy(opposite).item() == pytest.approx(fine_energy(grey).item(), rel=1e-5)
    assert relative_sharpness(opposite / 2, opposite).item() == pytest.approx(-6.02, abs=0.05)
