"""`i2i serve`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from i2i.cli import flags
from i2i.cli.terminal import say
from i2i.errors import ConfigError

if TYPE_CHECKING:
    from i2i.server.app import Application


def serve(
    *bundles: Annotated[str, Parameter(help="Bundles or runs; NAME=PATH to choose another name than the folder's.")],
    host: Annotated[str, Parameter(help="Address to listen on; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, Parameter(help="0 takes a free one.")] = 8000,
    workers: Annotated[int, Parameter(help="Processes, each with one copy of the weights.")] = 1,
    threads: Annotated[int, Parameter(help="That each computes with. Default: the cores, shared out.")] = 0,
    batch: Annotated[int, Parameter(help="Images in one forward, at most.")] = 8,
    queue: Annotated[int, Parameter(help="Requests at once; more are told to come back (429).")] = 64,
    timeout: Annotated[float, Parameter(help="Seconds that a translation may take; jobs have no limit.")] = 60.0,
    most_bytes: Annotated[int, Parameter(name="--bytes", help="Of a request, at most.")] = 64 * 2**20,
    pixels: Annotated[int, Parameter(help="Of an image or its translation, at most.")] = 100_000_000,
    jobs: Annotated[int, Parameter(help="Kept at once, done ones included.")] = 32,
    keep: Annotated[float, Parameter(help="Seconds for which a job that is done is kept.")] = 3600.0,
    grace: Annotated[float, Parameter(help="Seconds to finish what is running when told to stop.")] = 30.0,
    keys: Annotated[
        Path | None,
        Parameter(help="File of API keys, one a line; or the variable I2I_API_KEYS. Default: none is asked."),
    ] = None,
    cors: Annotated[tuple[str, ...], Parameter(help="Another site whose pages may call; may be repeated.")] = (),
    name: Annotated[
        tuple[str, ...],
        Parameter(help="Host name of a proxy before a service that listens on loopback; may be repeated."),
    ] = (),
    log: Annotated[Literal["text", "json"], Parameter(help="A line a request, on stderr.")] = "text",
    spool: Annotated[Path | None, Parameter(help="Folder for images while they are worked on.")] = None,
    device: flags.Device = None,
    precision: flags.Precision = None,
    engine: flags.Engine = None,
) -> None:
    """Serve bundles over HTTP, with a page to try them on."""
    from i2i.server.settings import Settings, name_bundles, read_keys

    settings = Settings(
        name_bundles(bundles), host, port, workers, threads, device or "auto", precision or "fp32", engine or "auto",
        batch, queue, timeout, most_bytes, pixels, jobs, keep, grace, read_keys(keys), cors, name, log, spool,
    )  # fmt: skip
    try:
        from i2i.server.serving import serve as run
    except ModuleNotFoundError as error:
        raise ConfigError(f"{error.name} is not installed; pip install 'i2i[serve]'") from error

    def tell(address: str, application: "Application") -> None:
        models = application.service.pool.models
        for model in models.values():
            say(f"{model['name']}: {model['title']}, {model['device']}, {model['engine']}")
        say(f"serving at {address}; stop with Ctrl+C")

    run(settings, tell)
