"""`i2i augment`."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import bar, complain, say, write_json
from i2i.errors import ConfigError


def augment(
    bundle: Path,
    inputs: Path,
    *,
    to: Annotated[Path, Parameter(help="Folder for the pairs: new, or one that this command began.")],
    samples: Annotated[int | None, Parameter(help="Pairs of each input: 1.")] = None,
    count: Annotated[int | None, Parameter(help="Pairs in all instead.")] = None,
    balance: Annotated[
        str | None, Parameter(help="Pairs of each class instead, real ones counted; max: as many as the largest has.")
    ] = None,
    by: Annotated[
        str | None,
        Parameter(help="Classes: folder, labels (what label maps hold), or a manifest's column. Default: folder."),
    ] = None,
    vary: Annotated[
        list[str] | None,
        Parameter(
            negative="",
            help="Change inputs first: mirror, flip, rotate90, rotate=5, scale=1.1, shift=0.1, with commas.",
        ),
    ] = None,
    against: Annotated[
        Path | None, Parameter(help="Real pairs to look for copies of, and to count. Default: INPUTS, if pairs.")
    ] = None,
    drop_duplicates: Annotated[
        bool, Parameter(negative="", help="Leave copies out of the manifest; their files stay.")
    ] = False,
    layout: Annotated[
        Literal["auto", "images", "side-by-side", "folders", "manifest", "unpaired", "domains"],
        Parameter(help="How the inputs lie: plain images, or pairs, of which the input side is taken."),
    ] = "auto",
    direction: flags.Direction = None,
    to_domain: flags.ToDomain = None,
    seed: flags.Seed = 0,
    dropout: flags.Dropout = None,
    statistics: flags.Statistics = None,
    resize: flags.Resize = None,
    steps: flags.Steps = None,
    device: flags.Device = None,
    lpips: flags.Lpips = "alex",
    lpips_weights: flags.LpipsWeights = None,
    features: Annotated[Path | None, Parameter(help="Feature network for distances instead: .npz.")] = None,
    json: flags.Json = None,
) -> int:
    """Make new training pairs of inputs, balance classes, and tell how varied they are and which are copies.

    Parameters
    ----------
    bundle
        A bundle or a run folder, or hub:OWNER/NAME.
    inputs
        A folder of inputs, with a folder a class or without; or pairs, as for training.
    """
    from i2i.augmenting import augment as make_pairs
    from i2i.augmenting import read_vary

    with bar("making pairs") as show:
        result = make_pairs(
            bundle,
            inputs,
            to,
            samples=samples,
            count=count,
            balance=_read_balance(balance),
            by=by or "",
            vary=read_vary(vary or []),
            against=against,
            drop_duplicates=drop_duplicates,
            layout=layout,
            direction=direction,
            to_domain=to_domain,
            seed=seed or 0,
            device=device or "auto",
            statistics=statistics,
            dropout=flags.switch(dropout),
            resize=resize,
            steps=steps,
            lpips=flags.lpips_network(lpips, lpips_weights),
            features=features,
            progress=show,
        )
    say(result.text())
    for reason in result.failed:
        complain(reason)
    say(f"report: {to / 'report.html'}")
    say(f"next: {result.train_command()}")
    write_json(json, result.to_tree())
    return 1 if result.failed else 0


def _read_balance(text: str | None) -> "int | Literal['max'] | None":
    if text is None or text == "max":
        return None if text is None else "max"
    if not text.isdecimal():
        raise ConfigError(f"--balance {text}: expected a number of pairs of each class, or max")
    return int(text)
