"""A pair to evaluate on, and what may go wrong with it."""

from dataclasses import dataclass

from i2i.errors import InputError
from i2i.images import DTYPES, Pixels


@dataclass(frozen=True)
class Sample:
    """One named pair: the input and the target it should become, (H, W, C) each, of the same height and width."""

    name: str
    input: Pixels
    target: Pixels


def check_sample(sample: Sample) -> None:
    """Raises `InputError` if the two sides differ in size or an array is not (H, W, C) of a type that images have."""
    for side, pixels in (("input", sample.input), ("target", sample.target)):
        if pixels.ndim != 3 or pixels.dtype.name not in DTYPES:
            raise InputError(
                f"{sample.name}: the {side} is {pixels.shape} of {pixels.dtype}; expected (H, W, C) of "
                f"{', '.join(DTYPES[:-1])} or {DTYPES[-1]}"
            )
    if sample.input.shape[:2] != sample.target.shape[:2]:
        raise InputError(
            f"{sample.name}: the input is {size_text(sample.input)} px and the target {size_text(sample.target)}; "
            "expected the same size; resize one of them first"
        )


def check_output(output: Pixels, sample: Sample, row: str) -> None:
    """Raises `InputError` if an output has another shape or type than the target."""
    if output.shape != sample.target.shape or output.dtype != sample.target.dtype:
        raise InputError(
            f"{sample.name}: '{row}' gave {output.shape} of {output.dtype}; expected {sample.target.shape} of "
            f"{sample.target.dtype}, as the target is; resize the output, or the target before the evaluation"
        )


def size_text(pixels: Pixels) -> str:
    """Width and height as people write them: 512x256."""
    return f"{pixels.shape[1]}x{pixels.shape[0]}"
