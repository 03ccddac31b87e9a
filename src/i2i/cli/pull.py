"""`i2i pull`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from i2i.cli.terminal import say


def pull(
    name: str,
    *,
    to: Annotated[Path | None, Parameter(help="The new folder. Default: the repository's name, here.")] = None,
) -> None:
    """Make a bundle folder of one on a model hub. The other commands take hub:OWNER/NAME itself, too.

    Parameters
    ----------
    name
        hub:OWNER/NAME, or hub:OWNER/NAME@REVISION: a branch, a tag or a commit.
    """
    from i2i.hub import HubName
    from i2i.sharing import pull_bundle

    folder = pull_bundle(name, to or Path(HubName.read(name).name))
    say(f"{folder}: pulled; next: i2i translate {folder} IMAGE_OR_FOLDER --to OUT")
