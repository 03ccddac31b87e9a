"""Which measures suit a target: colours by eye and grey level, quantities in their unit, classes as classes."""

import math
from dataclasses import replace

from i2i.images import ImageSpec
from i2i.metrics.checkerboard import checkerboard_measure
from i2i.metrics.labels import LABELS
from i2i.metrics.measure import PairedMeasure
from i2i.metrics.paired import OVER_READINGS, PAIRED, PSNR_CAP
from i2i.metrics.sharpness import sharpness_measure
from i2i.metrics.values import DELTA, ValueErrors

LENGTHS = ("mm", "cm", "m", "km")
"""Units in which a one-channel target is taken for depth."""


def paired_measures(spec: ImageSpec) -> dict[str, PairedMeasure]:
    """The measures of an output against its target, by key, that suit targets of `spec`.

    Plain images of 8 bits without a unit have those of `PAIRED`, label maps those of `LABELS`. All others have PSNR,
    SSIM and MS-SSIM on the value range, L1 and RMSE in the unit of the values, and:

    - sharpness, unless the specification names values that are no reading: the rims of holes, alike on both sides,
      would outweigh the detail;
    - abs_rel and delta1 for one channel in a unit of length, with no values below 0: only of a distance from the
      observer, where 0 is where he stands, is an error of 1 % the same near and far. A temperature, a height above
      the sea or a displacement has its 0 elsewhere, and a ratio to it says nothing.
    """
    if spec.is_labels:
        return dict(LABELS)
    measures = dict(PAIRED) if _is_picture(spec) else _value_measures(spec)
    if spec.nodata or spec.alpha == "mask":
        del measures["sharpness"]
    return measures


def reported_measures(spec: ImageSpec) -> dict[str, PairedMeasure]:
    """Those of `paired_measures`, and of pictures the checkerboard, which is to be seen but chooses no weights."""
    measures = paired_measures(spec)
    return (
        measures | {"checkerboard": checkerboard_measure()}
        if "sharpness" in measures and _is_picture(spec)
        else measures
    )


def default_measure(spec: ImageSpec) -> str:
    """Key of the measure that chooses the best weights where the user doesn't.

    Pixel errors would choose the blurriest picture; of a quantity the error is what matters.
    """
    if spec.is_labels:
        return "mean_iou"
    return "sliced_wasserstein" if _is_picture(spec) else "l1"


def _is_picture(spec: ImageSpec) -> bool:
    """To be looked at, not read off."""
    return spec.is_plain and not spec.unit


def _value_measures(spec: ImageSpec) -> dict[str, PairedMeasure]:
    errors, values, unit, decimals = ValueErrors(spec), _range_text(spec), spec.unit or "values", _decimals(spec)
    l1, rmse = f"mean absolute difference, {values}", f"root mean squared difference of an image, {values}"
    measures = {
        "psnr": replace(PAIRED["psnr"], definition=f"{values}, at most {PSNR_CAP:.0f} dB"),
        "ssim": replace(PAIRED["ssim"], definition=f"{PAIRED['ssim'].definition}, {values}"),
        "ms_ssim": replace(PAIRED["ms_ssim"], definition=f"{PAIRED['ms_ssim'].definition}, {values}"),
        "l1": PairedMeasure("L1", unit, "lower", l1, decimals, function=errors.l1, masking=OVER_READINGS),
        "rmse": PairedMeasure("RMSE", unit, "lower", rmse, decimals, function=errors.rmse, masking=OVER_READINGS),
    }
    if _is_depth(spec):
        measures |= _depth_measures(errors)
    return measures | {"sharpness": _sharpness(spec, values)}


def _is_depth(spec: ImageSpec) -> bool:
    return spec.channels == 1 and spec.unit in LENGTHS and bool(spec.spans()[0, 0] >= 0)


def _depth_measures(errors: ValueErrors) -> dict[str, PairedMeasure]:
    relative = "mean of |output - target| / target, targets of 0 left out"
    near = f"share of pixels with output and target within a factor of {DELTA}, targets of 0 left out"
    return {
        "abs_rel": PairedMeasure("AbsRel", "", "lower", relative, function=errors.abs_rel, masking=OVER_READINGS),
        "delta1": PairedMeasure(f"δ<{DELTA}", "", "higher", near, function=errors.delta1, masking=OVER_READINGS),
    }


def _sharpness(spec: ImageSpec, values: str) -> PairedMeasure:
    measure = sharpness_measure("luma" if spec.channels == 3 else "each channel, their mean,")
    return replace(measure, definition=f"{measure.definition}; 255 grey levels are the {values}")


def _range_text(spec: ImageSpec) -> str:
    """Such as "range 0..10000 mm"; "ranges 0..1, 5..9 of the channels" where they differ."""
    spans = [f"{low:g}..{high:g}" for low, high in spec.spans()]
    text = f"range {spans[0]}" if len(set(spans)) == 1 else f"ranges {', '.join(spans)} of the channels"
    return text + (f" {spec.unit}" if spec.unit else "")


def _decimals(spec: ImageSpec) -> int:
    """Four digits below the leading one of the widest range, as grey levels have 2 decimals; at least one."""
    low, high = spec.spans().T
    return max(1, 4 - math.floor(math.log10((high - low).max())))
