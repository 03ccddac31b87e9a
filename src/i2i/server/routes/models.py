"""What is served: the bundles, their cards, examples and graphs."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response

from i2i.server.graphs import Graphs
from i2i.server.problems import Problem
from i2i.server.service import Service, media_type, unchanged_or_sent

_CARD_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
_KEPT = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}


def add_models(app: FastAPI, service: Service) -> None:
    """GET /v1/models and what is below."""
    graphs = Graphs(service.spool.folder)

    @app.get("/v1/models", summary="What is served")
    async def models(request: Request) -> dict[str, Any]:
        """All bundles, and the limits of a request."""
        service.model(request, next(iter(service.pool.models), None))
        pool = service.pool
        return {
            "models": [_public(each) for each in pool.models.values()],
            "limits": service.limits(),
            "formats": pool.formats,
        }

    @app.get("/v1/models/{name}", summary="One bundle")
    async def model(request: Request, name: str) -> dict[str, Any]:
        """What its input and its target are, and what can be asked of it."""
        return _public(service.model(request, name))

    @app.get("/v1/models/{name}/card", summary="Its model card", response_class=Response)
    async def card(request: Request, name: str) -> Response:
        """As HTML."""
        found = service.model(request, name)
        with service.spool.borrowed() as folder:
            source = Path(found["path"])
            answer = await service.ask(request, folder, source, "card", name, {"path": found["path"]}, name=name)
            content = (folder / answer["files"][0]).read_text(encoding="utf-8")
        headers = {"Content-Security-Policy": _CARD_POLICY, "X-Content-Type-Options": "nosniff"}
        return Response(content, media_type="text/html", headers=headers)

    @app.get("/v1/models/{name}/examples/{file}", summary="An input to try", response_class=Response)
    async def example(request: Request, name: str, file: str, preview: bool = False) -> Response:
        """As it lies in the bundle, or an 8-bit PNG of it."""
        found = service.model(request, name)
        if file not in found["examples"]:
            there = ", ".join(found["examples"]) or "none"
            raise Problem(404, "no_such_example", f"{name}: has no example '{file[:80]}'; it has {there}")
        path = Path(found["path"]) / "examples" / file
        if preview:
            return await service.preview_of(request, path, file, name)
        return unchanged_or_sent(request, path, media_type(file), _KEPT)

    @app.get("/v1/models/{name}/graph.onnx", summary="To run in a browser", response_class=Response)
    async def graph(request: Request, name: str) -> Response:
        """The bundle as an ONNX graph, made at the first request; see `graph` and `graph_input` of the model."""
        found = service.model(request, name)
        if found["graph"]["url"] is None:
            raise Problem(404, "no_graph", f"{name}: {found['graph']['reason']}")
        return unchanged_or_sent(
            request, await graphs.of(name, found["path"], found["direction"], found["to_domain"]),
            "application/octet-stream", _KEPT,
        )  # fmt: skip


def _public(model: dict[str, Any]) -> dict[str, Any]:
    """Without what only this process needs: where it lies, and in which of its directions."""
    return {key: value for key, value in model.items() if key not in ("path", "direction")}
