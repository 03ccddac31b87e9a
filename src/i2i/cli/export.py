"""`i2i export`."""

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import say


def export(
    bundle: Path,
    *,
    to: Annotated[Literal["onnx", "openvino", "torchscript", "safetensors"], Parameter(help="The format.")],
    out: Annotated[
        Path | None, Parameter(help="The new file. Default: the bundle's name and the format's ending, here.")
    ] = None,
    direction: flags.Way = None,
    to_domain: flags.ToDomain = None,
    dropout: flags.Dropout = None,
    statistics: flags.Statistics = None,
    steps: flags.Steps = None,
    like: flags.Like = None,
) -> None:
    """Make one file of a translator, for programs without i2i, and check that it gives the same.

    The graph takes images as the input's files have them, NHWC, of any size and number, and gives them as the
    target's files have them: no values to scale, no padding. A report of the comparison is written beside it.
    safetensors is the bundle itself in one file; 'i2i import' makes a folder of it again.

    Parameters
    ----------
    bundle
        A bundle or a run folder, or hub:OWNER/NAME.
    """
    from i2i.export import export_bundle

    exported = export_bundle(
        bundle, to, out, direction=direction, to_domain=to_domain, statistics=statistics,
        dropout=flags.switch(dropout), steps=steps, like=like,
    )  # fmt: skip
    report = exported.report
    height, width = report["training_size"]
    resized = to != "safetensors" and report["bundle_translation"]["resize"] == "training"
    say(
        f"{exported.path}: run by {report['engine']} on {report['parity']['images']} images, it gives what "
        f"'i2i translate{' --resize native' if resized else ''}' gives, {_within(report['parity'])}; "
        f"see {exported.report_path}"
        + (f"; resizing to the training size of {width}x{height} is not in it, but yours to do" if resized else "")
    )


def _within(parity: dict[str, Any]) -> str:
    """How exactly, in words."""
    largest, mean, unit = parity["max_difference"], parity["mean_difference"], parity["unit"]
    if largest == 0:
        return "to the bit"
    if unit == "class":
        return f"but for the class of {mean:.2g} of the pixels"
    unit = "level" if (unit, largest) == ("levels", 1) else unit
    return f"within {f'{largest:.3g} {unit}'.rstrip()} (mean {mean:.2g})"
