"""The page, and what it is made of."""

from pathlib import Path

from fastapi import FastAPI, Request, Response

from i2i.pages import HEADERS, SHARED, VENDOR, find, media_type
from i2i.server.problems import Problem
from i2i.server.service import unchanged_or_sent

PAGE = Path(__file__).parent.parent / "page"


def add_pages(app: FastAPI) -> None:
    """GET / and the files of the page."""

    def file(request: Request, root: Path, path: str) -> Response:
        found = find(root, path)
        if found is None:
            raise Problem(404, "no_such_file", f"{path[:80]}: is no file of the page")
        return unchanged_or_sent(request, found, media_type(found.name), HEADERS)

    @app.get("/", include_in_schema=False)
    async def page(request: Request) -> Response:
        return file(request, PAGE, "index.html")

    @app.get("/page/{path:path}", include_in_schema=False)
    async def of_page(request: Request, path: str) -> Response:
        return file(request, PAGE, path)

    @app.get("/vendor/{path:path}", include_in_schema=False)
    async def of_others(request: Request, path: str) -> Response:
        return file(request, VENDOR, path)

    @app.get("/shared/{path:path}", include_in_schema=False)
    async def of_all(request: Request, path: str) -> Response:
        return file(request, SHARED, path)
