"""What the commands show: one line for an error, a bar for what takes time, tables for results."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console

from i2i.files import write_text

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def complain(message: str) -> None:
    """An error, on stderr, in one line."""
    err.print(f"[bold red]i2i:[/] {_escaped(message)}")


def say(message: str) -> None:
    """One line of a result, on stdout."""
    out.print(_escaped(message))


def show_log() -> None:
    """What the library tells, as plain lines on stderr; of several processes only the first speaks."""
    out.quiet = err.quiet = os.environ.get("LOCAL_RANK", "0") != "0"
    logger = logging.getLogger("i2i")
    logger.handlers = [_ConsoleHandler()]
    logger.setLevel(logging.INFO)


@contextmanager
def bar(label: str) -> Iterator[Callable[..., None]]:
    """A progress bar on stderr: call it with (done, of how many), and optionally `note=`."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("[dim]{task.fields[note]}"),
    )
    progress = Progress(*columns, console=err, refresh_per_second=4)
    task = progress.add_task(label, total=None, note="")

    def show(done: int, of: int, note: str = "") -> None:
        progress.start()  # at the first call, so that what fails before it leaves no bar
        progress.update(task, completed=done, total=of, note=_escaped(note))

    try:
        yield show
    finally:
        progress.stop()


def write_json(path: Path | None, report: dict[str, Any]) -> None:
    """Leave a report for programs where `--json` says."""
    if path is not None:
        write_text(path, json.dumps(report, indent=2, ensure_ascii=False, default=str) + "\n")


class Outcome(Protocol):
    """What became of each image of a folder."""

    written: list[Path]
    skipped: list[Path]
    failed: dict[Path, str]


def tell_outcome(to: Path, outcome: Outcome, done: str, report: Path | None) -> int:
    """Say what became of a folder's images, where `done` is the word for those written; the exit status."""
    say(f"{to}: {len(outcome.written)} {done}, {len(outcome.skipped)} were there, {len(outcome.failed)} failed")
    for reason in outcome.failed.values():
        complain(reason)
    write_json(
        report,
        {
            "written": [str(path) for path in outcome.written],
            "skipped": [str(path) for path in outcome.skipped],
            "failed": {str(path): reason for path, reason in outcome.failed.items()},
        },
    )
    return 1 if outcome.failed else 0


class _ConsoleHandler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        err.print(_escaped(self.format(record)))


def _escaped(text: str) -> str:
    """Square brackets in names and messages are not markup."""
    return text.replace("[", r"\[")
