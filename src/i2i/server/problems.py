"""What a request is answered with where it can't be served: a status, a code for programs, a line for people."""

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 415: "unsupported_media_type"}


class Problem(HTTPException):
    """Ends a request. `message` is one line: what was found, what to do.

    Args:
        status: of HTTP.
        code: a word for programs.
        message: for people.
        retry_after: seconds after which it is worth trying again.
    """

    def __init__(self, status: int, code: str, message: str, *, retry_after: float | None = None) -> None:
        headers = {} if retry_after is None else {"Retry-After": str(max(round(retry_after), 1))}
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        super().__init__(status, message, headers)
        self.code = code


def answer_to(error: HTTPException) -> JSONResponse:
    """The answer that tells of it; Starlette's own exceptions get a code by their status."""
    code = error.code if isinstance(error, Problem) else _CODES.get(error.status_code, "error")
    message = " ".join(str(error.detail).split())
    if error.status_code == 404 and not isinstance(error, Problem):
        message = "there is nothing at this address; /openapi.json lists what there is"
    return JSONResponse({"error": {"code": code, "message": message}}, error.status_code, error.headers)


def of_worker(found: Mapping[str, Any]) -> Problem:
    """A problem as a worker tells it."""
    return Problem(
        int(found["status"]), str(found["code"]), str(found["message"]), retry_after=found.get("retry_after")
    )


def stopping() -> Problem:
    """The service has been told to stop."""
    return Problem(503, "stopping", "the service is stopping; try again in a moment", retry_after=5)
