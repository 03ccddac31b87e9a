"""`i2i bench`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import bar, out, say, write_json


def bench(
    bundle: Path,
    *,
    size: Annotated[str | None, Parameter(help="256 or HEIGHTxWIDTH. Default: the training size.")] = None,
    batch: Annotated[tuple[int, ...], Parameter(help="Images at once; may be given several times.")] = (1, 8),
    rounds: Annotated[int, Parameter(help="Turns that each engine has.")] = 7,
    engine: Annotated[
        tuple[Literal["eager", "packed", "compiled", "onnxruntime", "openvino", "int8"], ...],
        Parameter(help="Only this one, beside eager; may be given several times."),
    ] = (),
    steps: flags.Steps = None,
    training: Annotated[bool, Parameter(help="Take training steps too.")] = True,
    device: flags.Device = None,
    json: flags.Json = None,
) -> None:
    """Measure how fast a translator is here: each engine beside eager torch, taking turns, and a training step.

    Parameters
    ----------
    bundle
        A bundle or a run folder, or hub:OWNER/NAME.
    """
    from rich.table import Table

    from i2i.bench import bench as measure
    from i2i.config import read_size

    with bar("measuring") as show:
        result = measure(
            bundle, size=read_size(size) if size else None, batches=batch, rounds=rounds, device=device or "auto",
            engines=engine, steps=steps, training=training, progress=show,
        )  # fmt: skip
    table = Table("", "batch", "images/s", "to eager", "least, most", "differs by", "prepared")
    table.columns[0].no_wrap = True
    for speed in result.speeds:
        ratio, least, greatest = speed.ratio or (None, None, None)
        table.add_row(
            speed.name,
            str(speed.batch),
            f"{speed.images_per_second:.3g}",
            f"{ratio:.2f}" if ratio else "",
            f"{least:.2f}, {greatest:.2f}" if ratio else "",
            f"{speed.difference:.1g}" if speed.difference is not None else "",
            f"{speed.preparation:.1f} s" if speed.preparation is not None else "",
        )
    out.print(table)
    height, width = result.size
    say(f"{width}x{height} pixels on {result.device}; ratios are medians over {rounds} turns; outputs lie in [-1, 1]")
    for name, reason in result.left_out.items():
        say(f"not measured: {name}: {reason}")
    write_json(json, asdict(result))
