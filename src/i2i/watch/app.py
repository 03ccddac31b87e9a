"""The page and what it asks for, as an ASGI application over a `Library`. It only reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from i2i.pages import HEADERS, SHARED, VENDOR, find, lacking, media_type
from i2i.runs.rules import CHECKS
from i2i.watch.curves import curves_since, finite
from i2i.watch.library import Library, Watched
from i2i.watch.machine import Machine

PAGE = Path(__file__).parent / "page"

_ROOTS = {"page": PAGE, "shared": SHARED, "vendor": VENDOR}

HOSTS = ["127.0.0.1", "localhost"]
"""Names under which the page answers: a page from elsewhere whose name is made to lead here is turned away."""


def make_app(library: Library) -> Starlette:
    """The application.

    /                              the page
    /api/runs                      what is watched: each run's standing, findings, samples; the machine's load
    /api/runs/KEY                  its configuration and measures
    /api/runs/KEY/curves           rows of its CSV files; ?losses=TOKEN&… for those that came since
    /api/runs/KEY/samples/N.png    the samples at N images seen
    """
    machine = Machine()

    async def page(request: Request) -> Response:
        return _file(PAGE, "index.html")

    async def file(request: Request) -> Response:
        root = _ROOTS.get(request.path_params["root"])
        return _missing() if root is None else _file(root, request.path_params["path"])

    async def runs(request: Request) -> Response:
        summaries = [run.summary() for run in library.runs()]
        is_busy = any(each["state"] in ("running", "waiting") for each in summaries)
        load = await run_in_threadpool(machine.load) if is_busy else None
        return _json({"runs": summaries, "machine": load, "checks": CHECKS, "lacking": lacking("uplot")})

    async def run(request: Request) -> Response:
        found = _run(library, request)
        return _missing() if found is None else _json(_details(found))

    async def curves(request: Request) -> Response:
        found = _run(library, request)
        if found is None:
            return _missing()
        found.refresh()
        tables = {
            "losses": found.reader.losses,
            "validation": found.reader.validation,
            "symptoms": found.reader.symptoms,
        }
        return _json({name: curves_since(table, request.query_params.get(name, "")) for name, table in tables.items()})

    async def sample(request: Request) -> Response:
        found = _run(library, request)
        picture = found.sample(request.path_params["number"]) if found else None
        if picture is None or not picture.is_file():
            return _missing()
        return FileResponse(picture, media_type="image/png", headers=dict(HEADERS))

    app = Starlette(
        routes=[
            Route("/", page),
            Route("/api/runs", runs),
            Route("/api/runs/{key}", run),
            Route("/api/runs/{key}/curves", curves),
            Route("/api/runs/{key}/samples/{number:int}.png", sample),
            Route("/{root:str}/{path:path}", file),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS),
            Middleware(GZipMiddleware, minimum_size=1024),
        ],
    )
    app.router.redirect_slashes = False
    return app


def _run(library: Library, request: Request) -> Watched | None:
    return library.run(request.path_params["key"])


def _details(run: Watched) -> dict[str, Any]:
    run.refresh()
    return {
        "config": dict(_leaves(run.record.config)),
        "measures": run.record.measures,
    }


def _leaves(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """The settings by their dotted names."""
    found: list[tuple[str, Any]] = []
    for name, value in tree.items():
        found += _leaves(value, f"{prefix}{name}.") if isinstance(value, Mapping) else [(prefix + name, value)]
    return found


def _file(root: Path, path: str) -> Response:
    found = find(root, path)
    if found is None:
        return _missing()
    return FileResponse(found, media_type=media_type(found.name), headers=dict(HEADERS))


def _json(tree: Mapping[str, Any]) -> Response:
    return JSONResponse(finite(tree), headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})


def _missing() -> Response:
    return JSONResponse({"error": "nothing here"}, status_code=404, headers=dict(HEADERS))
