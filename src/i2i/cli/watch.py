"""`i2i watch`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import say, write_json
from i2i.errors import ConfigError


def watch(
    *runs: Path,
    port: Annotated[int | None, Parameter(help="Of this machine. Default: 8710, or one after it.")] = None,
    once: Annotated[bool, Parameter(help="Print where the runs stand and what ails them, and leave.")] = False,
    json: flags.Json = None,
) -> int:
    """Watch runs train, in a page on this machine: curves, samples, findings. With --once, status 1 if one is an error.

    Parameters
    ----------
    runs
        Run folders, or folders of runs; also finished or copied ones.
    """
    from i2i.watch.library import Library
    from i2i.watch.report import report
    from i2i.watch.serving import PORT, serve

    if not runs:
        raise ConfigError("RUN: missing; expected the run folder that 'i2i train' made, or a folder of runs")
    if once or json:
        text, tree = report(Library(runs))
        say(text)
        write_json(json, tree)
        return int(any(each["severity"] == "error" for run in tree["runs"] for each in run["findings"]))
    wanted = PORT if port is None else port
    serve(runs, wanted, ready=lambda address: say(f"{address}   (Ctrl-C ends it)"))
    return 0
