"""`i2i evaluate`."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import bar, out, say, write_json
from i2i.errors import StorageError


def evaluate(
    bundle: Path,
    pairs: Path,
    *,
    to: Annotated[Path | None, Parameter(help="New folder for report.html, scores, contact sheet.")] = None,
    split: Annotated[
        Literal["auto", "train", "val", "test", "held-out"],
        Parameter(help="auto: test, else val, else what training held out of its split."),
    ] = "auto",
    direction: flags.Direction = None,
    to_domain: flags.ToDomain = None,
    layout: flags.Layout = None,
    seed: flags.Seed = 0,
    dropout: flags.Dropout = None,
    statistics: flags.Statistics = None,
    resize: flags.Resize = None,
    steps: flags.Steps = None,
    device: flags.Device = None,
    precision: flags.Precision = None,
    engine: flags.Engine = None,
    lpips: flags.Lpips = "alex",
    lpips_weights: flags.LpipsWeights = None,
    features: flags.Features = None,
    reader: flags.Reader = None,
    like: flags.Like = None,
    samples: Annotated[
        int, Parameter(help="Answers to each input of a random translator, whose diversity is told; 0 leaves it out.")
    ] = 4,
    json: flags.Json = None,
) -> None:
    """Score a translator on image pairs, with intervals, beside baselines that learned nothing.

    Parameters
    ----------
    bundle
        A bundle or a run folder, or hub:OWNER/NAME.
    pairs
        As for training; the training split serves the baselines.
    """
    from i2i.evaluation import evaluate as evaluate_pairs

    if to is not None and to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise StorageError(f"{to}: is there already and stays as it is; give --to a new folder")
    with bar("evaluating") as show:
        result = evaluate_pairs(
            bundle, pairs, split=split, layout=layout or "auto", direction=direction, to_domain=to_domain,
            seed=seed or 0, device=device or "auto", precision=precision or "fp32", statistics=statistics,
            dropout=flags.switch(dropout), resize=resize, steps=steps, engine=engine or "eager",
            features=features, lpips=flags.lpips_network(lpips, lpips_weights), reader=reader, like=like,
            samples=samples, progress=show,
        )  # fmt: skip
    out.print(result.table())
    for missing, reason in result.not_measured.items():
        say(f"not measured: {missing}: {reason}")
    say(result.protocol)
    if json is not None:
        from json import loads

        write_json(json, loads(result.to_json()))
    if to is not None:
        curves = {"losses": bundle / "losses.csv", "validation": bundle / "validation.csv"}  # there, if it is a run
        say(f"report: {result.save(to, title=bundle.name, **curves)}")
