"""Checkerboards, measured: patterns that repeat with the strides by which a generator doubles its images.

A transposed convolution whose kernel its stride does not divide, or that has not learnt to even its steps out, writes
a grid that repeats every `stride` pixels (Odena et al. 2016, https://distill.pub/2016/deconv-checkerboard); each
doubling before the last writes one of twice the period of the next. In the spectrum such a grid is a set of sharp peaks
at the multiples of 1 / period cycles per pixel. Odena et al. look at them; the definition of the numbers is ours.

Each channel is looked at by itself, for the grids of red, green and blue seldom stand in step: in grey they cancel.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from i2i.metrics.measure import PairedMeasure
from i2i.metrics.sharpness import QUANTISATION, windowed_power

PERIODS = (2, 4, 8)
"""In pixels, of the last three doublings; those of earlier ones lie too close together to be told from the image."""

_PEAK = range(-1, 2)
"""Coefficients of a peak each way: a Hann window makes three of one."""
_NEAR = (-5, -4, -3, 3, 4, 5)
"""Those with which it is compared, beside it but clear of it."""
_ROOM = 16
"""Periods that an image must hold each way, so that what is beside one peak is not beside the next one too."""


def checkerboard(output: Tensor, target: Tensor, periods: Sequence[int] = PERIODS) -> Tensor:
    """How far an output's grid stands out further than its target's, in dB: (N, C, H, W) in [-1, 1] -> (N,).

    Of the period that is the worst: another picture without any grid is at 1 to 3 dB rather than at 0. 0: no more of a
    grid than the target has, be that a brick wall; 10: its peaks stand out of their surroundings ten times as far. Give
    the images as the generator gave them: resized, the grid is no longer where it is looked for. NaN where an image is
    too small for every one of the periods: below 32 pixels.
    """
    made, own = grids(output, periods), grids(target, periods)
    if not made.periods:
        return output.new_full(output.shape[:1], torch.nan)
    return 10 * torch.log10(made.prominence / own.prominence).amax(dim=0)


@dataclass(frozen=True)
class Grids:
    """What repeats in images by which periods.

    Attributes:
        periods: those for which the images are large enough.
        prominence: (periods, N), power at a period's frequencies over that beside them, about 1 of nature; the mean
            over the frequencies (a, b) / period, without those of its divisors; under a Hann window, the mean over the
            channels. Along an axis only those on the same axis are compared: natural spectra have a ridge there.
        level: (N,), root mean square of what all of them add to the image, in grey levels.
    """

    periods: tuple[int, ...]
    prominence: Tensor
    level: Tensor


def grids(images: Tensor, periods: Sequence[int] = PERIODS) -> Grids:
    """The grids of images, (N, C, H, W) in [-1, 1]."""
    height, width = images.shape[-2:]
    fitting = tuple(period for period in periods if period * _ROOM <= min(height, width))
    if not fitting:
        return Grids((), images.new_zeros(0, len(images)), images.new_zeros(len(images)))
    power = windowed_power(images).mean(dim=1)
    ratios, variance = [], power.new_zeros(len(power))
    for period in fitting:
        peaks, beside, times = _powers(power, period)
        ratios.append(((peaks + QUANTISATION) / (beside + QUANTISATION)).mean(dim=0))
        energy = times[:, None] * (peaks - beside) * len(_PEAK) ** 2 / (height * width)
        variance = variance + energy.sum(dim=0).clamp(min=0)
    return Grids(fitting, torch.stack(ratios), variance.sqrt())


def periods_of(multiple: int) -> tuple[int, ...]:
    """Those of `PERIODS` that a generator can leave whose images must be multiples of `multiple` pixels."""
    return tuple(period for period in PERIODS if multiple % period == 0)


def checkerboard_measure() -> PairedMeasure:
    """`checkerboard` for a table."""
    return PairedMeasure(
        "Checkerboard",
        "dB",
        "lower",
        f"power at the frequencies of grids of {', '.join(map(str, PERIODS))} pixels over that beside them, output "
        "over target, of the worst of these periods; Hann window, mean over channels; 0 no more of a grid than the "
        "target, 1 to 3 another picture without one",
        2,
        function=checkerboard,
    )


def _powers(power: Tensor, period: int) -> tuple[Tensor, Tensor, Tensor]:
    """Of a spectrum, (N, H, W), at each frequency of a period and beside it, (F, N) both; how often an image has it."""
    height, width = power.shape[-2:]
    peaks, beside, times = [], [], []
    for a, b in _frequencies(period):
        row, column = round(a * height / period), round(b * width / period)
        peaks.append(_mean(power, [(row + i, column + j) for i in _PEAK for j in _PEAK]))
        below = [(row + i, column + j) for i in _NEAR for j in _PEAK] if row else []
        after = [(row + i, column + j) for i in _PEAK for j in _NEAR] if column else []
        beside.append(_mean(power, below + after))
        times.append(1.0 if 2 * a % period == 0 and 2 * b % period == 0 else 2.0)
    return torch.stack(peaks), torch.stack(beside), torch.tensor(times, device=power.device)


def _frequencies(period: int) -> list[tuple[int, int]]:
    """(a, b), in 1 / period cycles per pixel: none that a shorter period has, and of two that mirror each other one."""
    half = period // 2
    return [
        (a, b) for a in range(half + 1) for b in range(period) if (a % 2 or b % 2) and not (a in (0, half) and b > half)
    ]


def _mean(power: Tensor, places: list[tuple[int, int]]) -> Tensor:
    """(N, H, W) -> (N,), over the places (row, column), which go round at the edges as frequencies do."""
    height, width = power.shape[-2:]
    rows, columns = zip(*((row % height, column % width) for row, column in places), strict=True)
    return power[:, rows, columns].mean(dim=1)
