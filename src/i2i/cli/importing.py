"""`i2i import`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import say
from i2i.errors import StorageError


def import_checkpoint(
    file: Path,
    *,
    to: Annotated[Path, Parameter(help="New folder for the bundle.")],
    size: flags.Size = "256",
    direction: Annotated[str, Parameter(help="What it translates, for the record: edges-to-photos.")] = "",
    dropout: Annotated[flags.Dropout, Parameter(help="Off if it was trained with --no_dropout.")] = "on",
    resize: flags.Resize = "training",
) -> None:
    """Make a bundle of a generator trained elsewhere: a .pth file of pytorch-CycleGAN-and-pix2pix.

    The architecture is found from the weights. The test-time policy is that project's: normalisation by the image's
    own statistics, dropout on where it was trained with; change it for a call with the flags of 'i2i translate'.

    Parameters
    ----------
    file
        Such as checkpoints/NAME/latest_net_G.pth.
    """
    from i2i.config import read_size
    from i2i.export import import_bundle

    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise StorageError(f"{to}: is there already and stays as it is; give --to a new folder")
    bundle = import_bundle(
        file,
        to,
        size=read_size(size or "256"),
        direction=direction,
        dropout=bool(flags.switch(dropout)),
        resize=resize or "training",
    )
    arguments = ", ".join(f"{key} {value}" for key, value in bundle.generator.items())
    say(f"{to}: {arguments}; next: i2i translate {to} IMAGE_OR_FOLDER --to OUT")
