"""`i2i check`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import bar, say, write_json
from i2i.errors import ConfigError, StorageError


def check(
    pairs: Path,
    *,
    to: Annotated[Path | None, Parameter(help="New folder for report.html, with pictures, and check.json.")] = None,
    direction: flags.Direction = None,
    layout: flags.Layout = None,
    set_: Annotated[
        list[str] | None, Parameter(name="--set", help="A setting to train with: data.target.nodata=[0, 65535].")
    ] = None,
    sample: Annotated[int | None, Parameter(help="Pairs compared closely, for register and partners: 500.")] = None,
    seed: flags.Seed = 0,
    json: flags.Json = None,
) -> int:
    """Examine image pairs before training: what is damaged, doubled, mismatched, shifted. Status 1 if there are errors.

    Parameters
    ----------
    pairs
        As for training.
    """
    from i2i.config import Config, overlay, parse_settings
    from i2i.data.doctor import SAMPLE, examine
    from i2i.data.layouts import find_pairs

    if to is not None and to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise StorageError(f"{to}: is there already and stays as it is; give --to a new folder")
    if sample is not None and sample < 0:
        raise ConfigError(f"--sample {sample}: expected a number of pairs, 0 or more")
    settings = parse_settings(set_ or [])
    data = overlay(Config(), settings, "--set").data
    if "unpaired" in (layout, data.layout):
        raise ConfigError(
            "--layout unpaired: pairs are examined here; 'i2i train FOLDER --recipe cyclegan --dry-run' looks over "
            "what the headers tell of two sets"
        )
    if "domains" in (layout, data.layout):
        raise ConfigError(
            "--layout domains: pairs are examined here; 'i2i train FOLDER --recipe stargan --dry-run' looks over what "
            "the headers tell of the domains"
        )
    found = find_pairs(pairs, layout or data.layout, direction or data.direction, unmatched="skip")
    with bar("examining") as show:
        diagnosis = examine(
            found, data=data, sample=SAMPLE if sample is None else sample, seed=seed or 0, progress=show
        )
    say(diagnosis.text())
    write_json(json, diagnosis.to_tree())
    if to is not None:
        say(f"report: {diagnosis.save(to, title=found.root.name)}")
    return 1 if diagnosis.has_errors else 0
