"""`i2i quantize`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import bar, complain, out, say

if TYPE_CHECKING:
    from i2i.evaluation.quantising import Quantised

_FAITHFUL = 45.0
"""dB of PSNR against fp32, below which it is said that eyes may see the difference."""


def quantize(
    bundle: Path,
    pairs: Path,
    *,
    images: Annotated[int, Parameter(help="Training images to calibrate on.")] = 64,
    split: Annotated[
        Literal["auto", "val", "test", "held-out"], Parameter(help="On which it is compared with fp32; see evaluate.")
    ] = "auto",
    direction: flags.Direction = None,
    to_domain: flags.ToDomain = None,
    layout: flags.Layout = None,
    statistics: flags.Statistics = None,
    seed: flags.Seed = 0,
    json: flags.Json = None,
) -> None:
    """Add a graph in 8-bit integers to a bundle, several times as fast on CPUs: --engine int8.

    It is calibrated on training pairs and compared with fp32 on others; the comparison lies beside it.

    Parameters
    ----------
    bundle
        A bundle or a run folder, or hub:OWNER/NAME.
    pairs
        As for training, with the training split.
    """
    from i2i.evaluation.quantising import quantise_bundle

    with bar("comparing") as show:
        result = quantise_bundle(
            bundle, pairs, split=split, layout=layout or "auto", direction=direction, to_domain=to_domain,
            images=images, statistics=statistics, seed=seed or 0, progress=show,
        )  # fmt: skip
    _tell(result)
    if json is not None:
        from i2i.files import write_text

        write_text(json, result.path.read_text(encoding="utf-8"))


def _tell(result: "Quantised") -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table()
    for heading in ("", "fp32", "int8", "int8 - fp32"):
        table.add_column(heading, justify="left" if not heading else "right")
    for compared in result.measures.values():
        decimals = compared.measure.decimals
        cells = (compared.fp32, compared.int8, compared.difference)
        texts = ["" if cell is None else cell.text(decimals + (cell is compared.difference)) for cell in cells]
        table.add_row(escape(compared.measure.heading), *map(escape, texts))
    out.print(table)
    say(f"PSNR of int8 against fp32: {result.psnr.text(1)} dB; {result.path}")
    if result.psnr.mean < _FAITHFUL:
        complain(
            f"below {_FAITHFUL:.0f} dB: look at some outputs before you use it; more --images may help, and "
            "--statistics running where the bundle normalises by each image's own"
        )
