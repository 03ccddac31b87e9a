"""Bring a bundle from a hub into a folder of one's own."""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from i2i.bundle import BESIDES, NEEDED, read_bundle_config
from i2i.errors import StorageError
from i2i.files import refuse_filled
from i2i.hub import HubName, fetch
from i2i.sharing.checking import checked_weights


def pull_bundle(name: str, to: str | os.PathLike[str]) -> Path:
    """Make an ordinary bundle of one on a hub: a folder that stands whole, or not at all.

    Args:
        name: "hub:OWNER/NAME", "hub:OWNER/NAME@REVISION".
        to: the new folder.

    Returns:
        The folder.

    Raises:
        HubError: no such repository, no access, no network, or no bundle in it.
        BundleError: it can't be loaded.
        StorageError: `to` holds something already, or can't be written.
    """
    to = Path(to)
    place = to.resolve()
    refuse_filled(place)
    source = fetch(HubName.read(name), NEEDED, BESIDES, check=read_bundle_config)
    checked_weights(source, read_bundle_config(source))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=place.parent, prefix=f".{place.name}.") as temporary:
            draft = Path(temporary) / place.name
            for pattern in (*NEEDED, *BESIDES):
                for file in sorted(source.glob(pattern)):
                    copy = draft / file.relative_to(source)
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file, copy)
            if place.is_dir():
                place.rmdir()  # which is empty
            draft.replace(place)
    except OSError as error:
        raise StorageError(
            f"{to}: can't be written ({error.strerror or error}); check the folder and the space"
        ) from error
    return to
