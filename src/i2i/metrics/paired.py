"""Measures of one output against its target: PSNR, SSIM, MS-SSIM, L1, RMSE, one number an image.

All take (N, C, H, W) in [-1, 1], so the data range is 2; on images that came from 8 bits the values are those of the
8-bit images. SSIM counts only windows that lie wholly inside the image, as its authors do: padding would mix invented
pixels in, 4 % of a 256x256 image.

All take a mask `valid`, bool of the same shape or None, and count only the samples where it is True; what the output
has elsewhere changes nothing. An image with nothing to count gets NaN.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from i2i.errors import InputError
from i2i.metrics.measure import PairedMeasure
from i2i.metrics.sharpness import sharpness_measure

DATA_RANGE = 2.0
GREY_LEVELS = 255 / DATA_RANGE
"""Grey levels of 8 bits in 1."""
PSNR_CAP = 100.0
"""dB given to identical images, whose PSNR is infinite and would swallow every mean."""

OVER_READINGS = "over the samples with a reading"

WINDOW = 11
SIGMA = 1.5
C1 = (0.01 * DATA_RANGE) ** 2
C2 = (0.03 * DATA_RANGE) ** 2
MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of the scales from fine to coarse: Wang et al. 2003, §3.2."""


def psnr(output: Tensor, target: Tensor, valid: Tensor | None = None) -> Tensor:
    """Peak signal-to-noise ratio in dB, 10·log10(range² / mean squared error): (N, C, H, W) in [-1, 1] -> (N,).

    Identical images get `PSNR_CAP`, 100 dB, more than any 8-bit image that differs in a visible way.
    """
    output, target = alike(output, target, valid)
    squared_error = mean_over((output - target).square(), valid)
    return (10 * torch.log10(DATA_RANGE**2 / squared_error)).clamp(max=PSNR_CAP)


def l1(output: Tensor, target: Tensor, valid: Tensor | None = None) -> Tensor:
    """Mean absolute difference in grey levels, 0 to 255: (N, C, H, W) in [-1, 1] -> (N,)."""
    output, target = alike(output, target, valid)
    return mean_over((output - target).abs(), valid) * GREY_LEVELS


def rmse(output: Tensor, target: Tensor, valid: Tensor | None = None) -> Tensor:
    """Root mean squared difference in grey levels, 0 to 255: (N, C, H, W) in [-1, 1] -> (N,)."""
    output, target = alike(output, target, valid)
    return mean_over((output - target).square(), valid).sqrt() * GREY_LEVELS


def ssim(output: Tensor, target: Tensor, valid: Tensor | None = None) -> Tensor:
    """Structural similarity, at most 1, mean over channels and windows: (N, C, H, W) in [-1, 1] -> (N,).

    Gaussian window of 11 pixels and σ 1.5, K1 0.01, K2 0.03, population covariance: Wang et al. 2004, §III-B.
    https://ieeexplore.ieee.org/document/1284395  With a mask, the mean is over the windows of a channel without any
    sample that it excludes; an image without such a window gets NaN.

    Raises:
        InputError: a side is shorter than the window.
    """
    output, target = alike(output, target, valid)
    _check_size(target)
    luminance, structure = _similarity(output, target)
    return mean_over(luminance * structure, None if valid is None else _whole_windows(valid))


def ms_ssim(output: Tensor, target: Tensor, valid: Tensor | None = None) -> Tensor:
    """Multi-scale structural similarity, 0 to 1: (N, C, H, W) in [-1, 1] -> (N,).

    Five scales from full size to a sixteenth, as many as the shorter side allows (`ms_ssim_scales`), with the weights
    renormalised to a sum of 1 where it is fewer. A scale with negative structure counts as 0.
    Wang et al. 2003, eq. 7.  https://ieeexplore.ieee.org/document/1292216

    With a mask, a pixel of a coarser scale counts if the four that it is the mean of do, the windows are those of
    `ssim`, and an image has as many scales as have a window; one without any gets NaN.

    Raises:
        InputError: a side is shorter than the window of 11 pixels.
    """
    output, target = alike(output, target, valid)
    _check_size(target)
    if valid is None:
        return _ms_ssim(output, target, [None] * ms_ssim_scales(*target.shape[-2:]))
    images = [slice(index, index + 1) for index in range(len(target))]
    return torch.cat([_ms_ssim(output[one], target[one], _windows_by_scale(valid[one])) for one in images])


def ms_ssim_scales(height: int, width: int) -> int:
    """How many of the five scales an image allows: the window must fit into the coarsest; five from 176 px."""
    shorter = min(height, width)
    return sum(shorter >> scale >= WINDOW for scale in range(len(MS_SSIM_WEIGHTS)))


def alike(output: Tensor, target: Tensor, valid: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Both sides in float32.

    Raises:
        ValueError: they, and the mask if there is one, are not (N, C, H, W) of one shape.
    """
    if output.shape != target.shape or output.ndim != 4:
        raise ValueError(
            f"output {tuple(output.shape)} and target {tuple(target.shape)} can't be compared; "
            "expected both as (N, C, H, W) of the same shape"
        )
    if valid is not None and valid.shape != target.shape:
        raise ValueError(f"mask {tuple(valid.shape)}; expected the shape of the target, {tuple(target.shape)}")
    return output.float(), target.float()


def mean_over(values: Tensor, valid: Tensor | None) -> Tensor:
    """Mean of each image's values where `valid`, (N, C, H, W) -> (N,); NaN for an image where that is nowhere."""
    if valid is None:
        return values.mean(dim=(1, 2, 3))
    return torch.where(valid, values, 0.0).sum(dim=(1, 2, 3)) / valid.sum(dim=(1, 2, 3))


def _check_size(images: Tensor) -> None:
    height, width = images.shape[-2:]
    if min(height, width) < WINDOW:
        raise InputError(
            f"SSIM: an image of {width}x{height} px is smaller than the window of {WINDOW}x{WINDOW}; "
            "leave SSIM and MS-SSIM out for images this small"
        )


def _ms_ssim(output: Tensor, target: Tensor, windows: Sequence[Tensor | None]) -> Tensor:
    """Over as many scales as there are `windows`: those of each that count, None where all do."""
    weights = torch.tensor(MS_SSIM_WEIGHTS[: len(windows)], device=output.device)
    factors = []
    for scale, counted in enumerate(windows):
        luminance, structure = _similarity(output, target)
        coarsest = scale == len(windows) - 1
        factors.append(mean_over(luminance * structure if coarsest else structure, counted))
        if not coarsest:
            output, target = F.avg_pool2d(output, 2), F.avg_pool2d(target, 2)
    return (torch.stack(factors).relu() ** (weights / weights.sum())[:, None]).prod(dim=0)


def _windows_by_scale(valid: Tensor) -> list[Tensor]:
    """The windows without a sample that is masked out, of the finest scale and of all coarser ones that have any."""
    windows = [_whole_windows(valid)]
    for _ in range(1, ms_ssim_scales(*valid.shape[-2:])):
        valid = F.max_pool2d((~valid).float(), 2) == 0
        windows.append(_whole_windows(valid))
        if not windows[-1].any():
            return windows[:-1]
    return windows


def _whole_windows(valid: Tensor) -> Tensor:
    """Whether all samples under the window count, at each place where it fits: (…, H, W) -> (…, H - 10, W - 10)."""
    columns = F.max_pool2d((~valid).float(), (WINDOW, 1), stride=1)
    return F.max_pool2d(columns, (1, WINDOW), stride=1) == 0


def _similarity(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """The luminance and the contrast-structure maps of SSIM (Wang et al. 2004, eq. 13 split in two)."""
    mu_x, mu_y, xx, yy, xy = _windowed(torch.stack([output, target, output**2, target**2, output * target]))
    variances = (xx - mu_x**2 + yy - mu_y**2).clamp(min=0)
    structure = (2 * (xy - mu_x * mu_y) + C2) / (variances + C2)
    # Luminance compares the means as ratios, so black must be 0: on [-1, 1] as it stands the value would be another.
    mu_x, mu_y = mu_x + 1, mu_y + 1
    luminance = (2 * mu_x * mu_y + C1) / (mu_x**2 + mu_y**2 + C1)
    return luminance, structure


def _windowed(images: Tensor) -> Tensor:
    """The Gaussian window's mean at each place where it fits: (…, H, W) -> (…, H - 10, W - 10)."""
    offsets = torch.arange(WINDOW, dtype=images.dtype, device=images.device) - WINDOW // 2
    taps = torch.softmax(-(offsets**2) / (2 * SIGMA**2), dim=0)
    flat = images.flatten(0, -3)[None]  # one group a map: on a CPU twelve times as fast as one image a map
    columns = F.conv2d(flat, taps.view(1, 1, -1, 1).expand(flat.shape[1], 1, -1, 1), groups=flat.shape[1])
    windows = F.conv2d(columns, taps.view(1, 1, 1, -1).expand(flat.shape[1], 1, 1, -1), groups=flat.shape[1])
    return windows.view(*images.shape[:-2], *windows.shape[-2:])


PAIRED: dict[str, PairedMeasure] = {
    "psnr": PairedMeasure(
        "PSNR",
        "dB",
        "higher",
        f"range 255, identical images counted as {PSNR_CAP:.0f} dB",
        2,
        function=psnr,
        masking=OVER_READINGS,
    ),
    "ssim": PairedMeasure(
        "SSIM",
        "",
        "higher",
        "Gaussian window 11x11, sigma 1.5, inside the image only, mean over channels",
        function=ssim,
        masking="over windows with a reading in every sample",
    ),
    "ms_ssim": PairedMeasure(
        "MS-SSIM",
        "",
        "higher",
        "5 scales, fewer with renormalised weights below 176 px, window as SSIM",
        function=ms_ssim,
        masking="over windows with a reading in every sample, as many scales as have one; "
        "a coarser sample has one where all it is the mean of do",
    ),
    "l1": PairedMeasure(
        "L1", "grey levels", "lower", "mean absolute difference, 0..255", 2, function=l1, masking=OVER_READINGS
    ),
    "sharpness": sharpness_measure(),
}
"""The measures of an output against its target that need no weights: of plain images of 8 bits."""
