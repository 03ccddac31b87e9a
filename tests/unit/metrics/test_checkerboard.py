"""Grids are found at the period and level at which they were planted; what is no grid is not taken for one."""

import math

import pytest
import torch
from torch import nn

from i2i.layers.upsampling import upsampling
from i2i.metrics.checkerboard import checkerboard, checkerboard_measure, grids, periods_of

SIDE = 128


def natural(count: int = 3, height: int = SIDE, width: int = SIDE, seed: int = 0) -> torch.Tensor:
    """Noise whose spectrum falls as that of photographs does, by 1/f, and an edge: (count, 3, H, W) in [-1, 1]."""
    random = torch.Generator().manual_seed(seed)
    noise = torch.fft.fft2(torch.randn(count, 3, height, width, generator=random))
    frequency = torch.hypot(torch.fft.fftfreq(height)[:, None], torch.fft.fftfreq(width)[None])
    images = torch.fft.ifft2(noise / frequency.clamp(min=1 / height)).real
    images = 0.25 * images / images.std()
    images[..., : width // 3] += 0.3
    return images.clamp(-1, 1)


def prominence(images: torch.Tensor, period: int) -> torch.Tensor:
    return grids(images, (period,)).prominence[0]


def grid_level(images: torch.Tensor) -> torch.Tensor:
    return grids(images).level


def grid(period: int, level: float, height: int = SIDE, width: int = SIDE) -> torch.Tensor:
    """Every `period`th row and column a little brighter, with a root mean square of `level` grey levels."""
    rows = (torch.arange(height) % period == 0).float()
    columns = (torch.arange(width) % period == 0).float()
    pattern = rows[:, None] + columns[None, :]
    pattern = pattern - pattern.mean()
    return pattern / pattern.square().mean().sqrt() * level / 127.5


@pytest.mark.parametrize("period", [2, 4, 8])
def test_a_planted_wave_stands_out_at_its_own_period_and_at_no_other(period):
    target = natural()
    wave = torch.cos(2 * math.pi * torch.arange(SIDE) / period)
    output = target + (wave[:, None] + wave[None, :]) * 20 / 127.5
    for other in (2, 4, 8):
        gain = 10 * torch.log10(prominence(output, other) / prominence(target, other))
        if other == period:
            assert gain.min() > 8
        else:
            assert gain.abs().max() < 0.5


@pytest.mark.parametrize("period", [2, 4, 8])
def test_a_planted_grid_stands_out(period):
    target = natural()
    assert checkerboard(target + grid(period, 10.0), target).min() > 8
    assert checkerboard(target + grid(period, 0.3), target).max() < 2


@pytest.mark.parametrize("period", [2, 4, 8])
def test_the_level_of_a_planted_grid_is_read_in_grey_levels(period):
    # Of a period p the grid's energy lies at p's own frequencies and at those of p's divisors, which all count.
    target = natural()
    assert grid_level(target + grid(period, 10.0)).mean().item() == pytest.approx(10.0, rel=0.2)
    assert grid_level(target).max().item() < 1.5


def test_an_output_equal_to_its_target_has_none_and_blur_or_noise_are_none():
    target = natural()
    assert checkerboard(target, target).abs().max() == 0
    blurred = nn.functional.avg_pool2d(target, 5, stride=1, padding=2)
    noisy = target + 0.05 * torch.randn(target.shape, generator=torch.Generator().manual_seed(3))
    assert checkerboard(blurred, target).median() < 4
    assert checkerboard(noisy, target).median() < 4


def test_a_grid_that_the_target_has_itself_is_not_held_against_the_output():
    bricks = natural() + grid(8, 20.0)
    assert checkerboard(bricks, bricks).abs().max() == 0
    assert checkerboard(natural(), bricks).max() < 3


def test_stripes_without_a_period_are_no_grid():
    noise = torch.randn(2, 3, 1, SIDE, generator=torch.Generator().manual_seed(5)) * 0.2
    for period in (2, 4, 8):
        assert prominence(noise.expand(-1, -1, SIDE, -1), period).max() < 5
        assert prominence(noise.expand(-1, -1, SIDE, -1).mT, period).max() < 5


def test_grids_of_the_colours_out_of_step_are_seen_though_grey_shows_none():
    target = natural()
    out_of_step = torch.stack([grid(4, 6.0), -grid(4, 6.0) * 0.299 / 0.587, torch.zeros(SIDE, SIDE)])
    assert checkerboard(target + out_of_step, target).min() > 8


def test_more_images_and_other_sizes_give_each_image_its_own_number():
    target = natural(2, 96, 160)
    output = target + torch.stack([grid(4, 6.0, 96, 160), torch.zeros(96, 160)])[:, None]
    both = checkerboard(output, target)
    assert both[0] > 8
    assert abs(both[1]) < 1e-4
    assert both[0] == pytest.approx(checkerboard(output[:1], target[:1]).item(), rel=1e-4)


def test_images_that_hold_too_few_periods_have_no_number():
    small = natural(1, 31, 31)
    assert math.isnan(checkerboard(small, small).item())
    assert grids(natural(1, 64, 256), (2, 4, 8)).periods == (2, 4)
    assert grid_level(small).item() == 0


def test_a_constant_image_with_the_faintest_grid_of_rounding_is_no_alarm():
    flat = torch.zeros(1, 1, 64, 64)
    assert checkerboard(flat, flat).item() == 0
    assert grid_level(flat).item() == 0


def test_the_periods_follow_from_the_multiple_that_a_generator_asks_for():
    assert periods_of(4) == (2, 4)
    assert periods_of(256) == (2, 4, 8)
    assert periods_of(1) == ()


def test_an_untrained_transposed_convolution_is_told_from_resizing_and_from_subpixels():
    features = natural(2, 64, 64)
    found = {}
    for how in ("transposed", "resize", "subpixel"):
        torch.manual_seed(0)
        layer = upsampling(how, 3, 3, kernel=3, bias=False)
        with torch.no_grad():
            made = layer(features)
        found[how] = prominence(made / made.std() / 4, 2).mean().item()
    assert found["transposed"] > 10 * found["resize"]
    assert found["transposed"] > 10 * found["subpixel"]


def test_the_measure_says_what_it_is():
    measure = checkerboard_measure()
    target = natural()
    assert measure.measure(target + grid(2, 6.0), target).shape == (3,)
    assert measure.shortfall(0.0) < measure.shortfall(10.0)
    assert "2, 4, 8" in measure.definition
