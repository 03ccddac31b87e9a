"""The application: routes, errors, what is told of it."""

import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from importlib.metadata import version
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from i2i.errors import nearest
from i2i.server.gate import Gate, record_of
from i2i.server.jobs import Jobs
from i2i.server.pool import COMMAND
from i2i.server.problems import Problem, answer_to
from i2i.server.routes.images import add_images
from i2i.server.routes.jobs import add_jobs
from i2i.server.routes.models import add_models
from i2i.server.routes.pages import add_pages
from i2i.server.service import Service
from i2i.server.settings import Settings

_EXPOSED = ("X-Request-Id", "X-I2I-Model", "X-I2I-Seed", "X-I2I-Low", "X-I2I-High", "X-I2I-Meaning", "Server-Timing",
            "Retry-After", "Content-Disposition", "Location")  # fmt: skip
_ERROR = {"error": {"code": "bad_image", "message": "cat.png: is empty (0 bytes); expected an image"}}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": why, "content": {"application/json": {"example": _ERROR}}}
    for status, why in {
        400: "The image can't be read, or is not what the bundle's input is.",
        401: "No valid key.",
        413: "The body has too many bytes, or the image too many pixels.",
        422: "A field is unknown or out of range.",
        429: "Too many requests; Retry-After says when to come back.",
        503: "Not ready, or stopping; Retry-After says when to come back.",
        504: "Not done within the time limit.",
    }.items()
}


class Application:
    """The service as an ASGI application.

    Args:
        settings: what, where and within which limits.
        command: that starts a worker.

    Attributes:
        asgi: what a server runs.
        service: its parts.

    Raises:
        StorageError: there is no room for images.
    """

    def __init__(self, settings: Settings, command: Sequence[str] = COMMAND) -> None:
        self.service = Service(settings, command)
        self.jobs = Jobs(self.service.pool, settings)
        self._gate = Gate(self._build(), settings, self.service.metrics, self.service.pool.soon)
        self.asgi: ASGIApp = self._gate
        if settings.origins:
            self.asgi = CORSMiddleware(
                self._gate, settings.origins, allow_methods=("GET", "POST", "DELETE"),
                allow_headers=("Authorization", "X-API-Key", "X-Request-Id"), expose_headers=_EXPOSED,
            )  # fmt: skip

    @property
    def is_closing(self) -> bool:
        """Whether nothing new is taken any more."""
        return self._gate.is_closing

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits for anything."""
        return self._gate.inside == 0 and self.jobs.unfinished == 0

    def close(self) -> None:
        """Take nothing new from now on, and let what is running go on."""
        self._gate.is_closing = True
        self.jobs.cancel_waiting()

    def give_up(self) -> None:
        """Let nobody wait any longer."""
        self.jobs.cancel_all()
        self.service.pool.refuse()

    def _build(self) -> FastAPI:
        app = FastAPI(
            title="i2i", version=version("i2i"), summary="Image-to-image translation", docs_url=None, redoc_url=None,
            lifespan=self._lifespan, responses=_PROBLEMS,
        )  # fmt: skip
        app.add_exception_handler(HTTPException, _tell_problem)
        app.add_exception_handler(RequestValidationError, _tell_fields)
        app.add_exception_handler(Exception, _tell_failure)
        self._add_health(app)
        add_models(app, self.service)
        add_images(app, self.service)
        add_jobs(app, self.service, self.jobs)
        add_pages(app)
        return app

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        await self.service.pool.start()
        try:
            yield
        finally:
            await self.jobs.stop()
            await self.service.pool.stop()
            self.service.spool.remove()

    def _add_health(self, app: FastAPI) -> None:
        started = time.monotonic()

        @app.get("/health", summary="Whether the service lives")
        async def health() -> dict[str, Any]:
            """True as long as it answers; restart it if it does not."""
            return {"status": "ok", "seconds": round(time.monotonic() - started, 1)}

        @app.get("/ready", summary="Whether it can be given work")
        async def ready() -> JSONResponse:
            """503 while the weights are read, and from when it is told to stop."""
            pool = self.service.pool
            is_ready = pool.is_ready and not self.is_closing
            reason = "ready" if is_ready else "stopping" if self.is_closing else "no worker is ready"
            headers = {} if is_ready else {"Retry-After": "2"}
            return JSONResponse({"status": reason, "workers": len(pool.processes())}, 200 if is_ready else 503, headers)

        @app.get("/metrics", summary="Numbers for Prometheus", response_class=Response)
        async def metrics() -> Response:
            """Requests, seconds, batches, workers, memory."""
            return Response(self.service.metrics.text(self.service.pool), media_type=CONTENT_TYPE_LATEST)


async def _tell_problem(request: Request, error: Exception) -> Response:
    problem = cast(HTTPException, error)
    if isinstance(problem, Problem):
        record_of(request.scope).problem = problem.code
    return answer_to(problem)


async def _tell_fields(request: Request, error: Exception) -> Response:
    """The first of what is wrong with the fields, in one line."""
    first = cast(RequestValidationError, error).errors()[0]
    name = str(next((part for part in reversed(first["loc"]) if isinstance(part, str)), "body"))
    if first["type"] == "extra_forbidden":
        known = _fields_of(request)
        return await _tell_problem(
            request, Problem(422, "unknown_field", f"there is no field '{name[:80]}'; {nearest(name, known)}")
        )
    if first["type"] == "missing":
        return await _tell_problem(request, Problem(422, "missing_field", f"{name}: is missing"))
    said = str(first["msg"]).removeprefix("Value error, ")
    return await _tell_problem(request, Problem(422, "bad_field", f"{_outer(first['loc'])}: {said}"))


def _fields_of(request: Request) -> list[str]:
    route = request.scope["route"]
    model = route.dependant.body_params[0].field_info.annotation
    return [field.alias or name for name, field in model.model_fields.items()]


def _outer(place: tuple[Any, ...]) -> str:
    return str(place[1] if len(place) > 1 else place[0])


async def _tell_failure(request: Request, error: Exception) -> Response:
    return answer_to(Problem(500, "internal", "something went wrong in the service; its log tells what"))
