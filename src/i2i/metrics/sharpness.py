"""Blur, measured: how much fine detail an output has in comparison with its target.

Pixel errors reward blur: the mean of all plausible outputs has a good PSNR and no texture. This number shows what PSNR
hides.
"""

import torch
from torch import Tensor

from i2i.metrics.measure import PairedMeasure

CUTOFF = 0.125
"""Cycles per pixel from which detail counts as fine: a quarter of the Nyquist frequency, periods below 8 pixels."""

QUANTISATION = 1 / 12
"""Variance in grey levels² of rounding to 8 bits: the floor below which neither image's detail is told apart."""


def relative_sharpness(output: Tensor, target: Tensor) -> Tensor:
    """Energy of fine detail in the output relative to the target, in dB: (N, C, H, W) in [-1, 1] -> (N,).

    0 is as sharp as the target, -6 half the amplitude of fine detail, positive values more of it than the target has.
    The definition is ours; the spectrum is that under a Hann window, the energy what lies beyond `CUTOFF`.
    """
    ratio = (fine_energy(output) + QUANTISATION) / (fine_energy(target) + QUANTISATION)
    return 10 * torch.log10(ratio)


def sharpness_measure(of: str = "luma") -> PairedMeasure:
    """`relative_sharpness` for a table; `of` names what of the image the spectrum is taken of."""
    return PairedMeasure(
        "Sharpness",
        "dB",
        "zero",
        f"energy of {of} above a quarter of Nyquist, output over target, Hann window, floor 1/12 grey level²; "
        "0 as sharp as the target, negative blurrier, positive more fine structure (noise, artefacts)",
        2,
        function=relative_sharpness,
    )


def fine_energy(images: Tensor) -> Tensor:
    """Variance in grey levels² at spatial frequencies above `CUTOFF`: (N, C, H, W) in [-1, 1] -> (N,).

    Of three channels that of their luma, of any other number the mean over the channels: added up first, the detail of
    one could cancel that of another.
    """
    power = windowed_power(_luma(images) if images.shape[1] == 3 else images)
    height, width = power.shape[-2:]
    beyond = _frequency(height, width, power) > CUTOFF
    energy: Tensor = (power * beyond).sum(dim=(-2, -1)) / (height * width)
    return energy.mean(dim=1)


def windowed_power(planes: Tensor) -> Tensor:
    """Power at each coefficient of the spectrum under a Hann window, in grey levels²: (N, C, H, W) in [-1, 1] -> alike.

    The mean over the coefficients is the variance of a plane under the window.
    """
    planes = planes.float() * 127.5
    height, width = planes.shape[-2:]
    window = torch.outer(_hann(height, planes), _hann(width, planes))
    centred = planes - planes.mean(dim=(-2, -1), keepdim=True)
    power: Tensor = torch.fft.fft2(centred * window).abs().square() / window.square().sum()
    return power


def _luma(images: Tensor) -> Tensor:
    """(N, 3, H, W) -> (N, 1, H, W) by Rec. 601."""
    red, green, blue = images.float().unbind(dim=1)
    return (0.299 * red + 0.587 * green + 0.114 * blue)[:, None]


def _hann(length: int, like: Tensor) -> Tensor:
    # Of length + 2 without its two zeros, so that images of one or two pixels keep some weight.
    return torch.hann_window(length + 2, periodic=False, device=like.device, dtype=like.dtype)[1:-1]


def _frequency(height: int, width: int, like: Tensor) -> Tensor:
    """Distance from 0 of each coefficient of the two-dimensional spectrum, in cycles per pixel."""
    vertical = torch.fft.fftfreq(height, device=like.device)
    horizontal = torch.fft.fftfreq(width, device=like.device)
    return torch.hypot(vertical[:, None], horizontal[None, :])
