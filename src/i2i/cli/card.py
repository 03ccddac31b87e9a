"""`i2i card`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from i2i.cli.terminal import say
from i2i.errors import StorageError


def card(
    bundle: Path,
    *,
    to: Annotated[Path, Parameter(help="The new HTML file.")] = Path("card.html"),
    pictures: Annotated[bool, Parameter(help="Translate the bundle's examples and show them.")] = True,
) -> None:
    """Make one page of a translator's model card: what it does, its data, scores and limits, and examples.

    The page stands alone: no script, nothing fetched from anywhere.

    Parameters
    ----------
    bundle
        A bundle or a run folder, or hub:OWNER/NAME.
    """
    from i2i.cards import card_html
    from i2i.files import write_text

    if to.exists():
        raise StorageError(f"{to}: is there already and stays as it is; give --to another name")
    write_text(to, card_html(bundle, pictures=pictures))
    say(f"wrote {to}")
