"""`i2i import`."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import say
from i2i.errors import StorageError


def import_checkpoint(
    file: Path,
    *,
    to: Annotated[Path, Parameter(help="New folder for the bundle.")],
    size: Annotated[
        str | None, Parameter(help="Training size of a .pth file: 256, the default, or HEIGHTxWIDTH.")
    ] = None,
    direction: Annotated[str | None, Parameter(help="What it translates, for the record: edges-to-photos.")] = None,
    dropout: Annotated[flags.Dropout, Parameter(help="Off if it was trained with --no_dropout. Default: on.")] = None,
    resize: Annotated[
        Literal["training", "native"] | None,
        Parameter(help="Translate at the training size and resize back, or at the image's own. Default: training."),
    ] = None,
) -> None:
    """Make a bundle of a generator trained elsewhere, or of a bundle that 'i2i export --to safetensors' made one file.

    Of a .pth file of pytorch-CycleGAN-and-pix2pix, the architecture is found from the weights. The test-time policy is
    that project's: normalisation by the image's own statistics, dropout on where it was trained with; change it for a
    call with the flags of 'i2i translate'. A .safetensors file says all that by itself.

    Parameters
    ----------
    file
        Such as checkpoints/NAME/latest_net_G.pth, or NAME.safetensors.
    """
    from i2i.config import read_size
    from i2i.export import import_bundle

    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise StorageError(f"{to}: is there already and stays as it is; give --to a new folder")
    bundle = import_bundle(
        file,
        to,
        size=None if size is None else read_size(size),
        direction=direction,
        dropout=flags.switch(dropout),
        resize=resize,
    )
    arguments = ", ".join(f"{key} {value}" for key, value in bundle.generator.items())
    say(f"{to}: {arguments}; next: i2i translate {to} IMAGE_OR_FOLDER --to OUT")
