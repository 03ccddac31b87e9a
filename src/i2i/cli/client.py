"""`i2i client`."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import bar, say, tell_outcome, write_json


def client(
    url: str,
    images: Path,
    *,
    to: Annotated[Path, Parameter(help="Folder, or file for a single image. Nothing there is overwritten.")],
    model: Annotated[str | None, Parameter(help="Which bundle, where several are served.")] = None,
    samples: Annotated[
        int, Parameter(help="Answers an image; more than one need dropout on, latent codes or steps.")
    ] = 1,
    seed: flags.Seed = 0,
    tile: Annotated[
        str, Parameter(help="Side in pixels of tiles at the image's own scale; or off; or auto: for what is large.")
    ] = "auto",
    dropout: flags.Dropout = None,
    job: Annotated[bool, Parameter(help="As jobs, for images that take longer than the service's time limit.")] = False,
    at_once: Annotated[int, Parameter(help="Images under way at once, of a folder.")] = 4,
    key: Annotated[
        str | None, Parameter(help="API key; better in the variable I2I_API_KEY, where no other user sees it.")
    ] = None,
    patience: Annotated[float, Parameter(help="Seconds for which a busy service is asked again.")] = 300.0,
    json: flags.Json = None,
) -> int:
    """Have a service translate an image, or every image of a folder; see `i2i serve`.

    Parameters
    ----------
    url
        Of the service, such as http://localhost:8000.
    images
        An image file, or a folder of them.
    """
    from i2i.server.client import Client, translate_file, translate_folder

    given = {"model": model, "tile": None if tile == "auto" else tile, "dropout": dropout}
    fields = {"samples": str(samples), "seed": str(seed or 0)} | {name: word for name, word in given.items() if word}
    with Client(url, key or os.environ.get("I2I_API_KEY"), patience) as service, bar("translating") as show:
        if not images.is_dir():
            paths = translate_file(service, images, to, fields, job=job, progress=show)
        else:
            received = translate_folder(service, images, to, fields, at_once=at_once, job=job, progress=show)
    if not images.is_dir():
        write_json(json, {"written": [str(path) for path in paths]})
        say(f"wrote {', '.join(str(path) for path in paths)}")
        return 0
    return tell_outcome(to, received, "written", json)
