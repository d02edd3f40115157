"""RFC 9457: every error leaves as `application/problem+json`, the framework's own included."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from admin.domain.errors import CODES, FieldError, Problem
from admin.http.paths import Paths
from admin.storage.database import UNAVAILABLE, unavailable
from admin.telemetry.traces import current_trace_id

MEDIA_TYPE = "application/problem+json"
MAX_FIELD_ERRORS = 50
_by_status = {status: code for code, (status, _) in CODES.items()}


def problem_body(problem: Problem, path: str) -> dict[str, Any]:
    return {
        "type": f"urn:llm-marketplace:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": path,
        "code": problem.code,
        "traceId": current_trace_id(),
        **({"errors": [vars(error) for error in problem.errors]} if problem.errors else {}),
    }


def problem_response(problem: Problem, path: str) -> Response:
    headers = {}
    if problem.status == 401:
        headers["www-authenticate"] = 'Bearer realm="llm-marketplace"'
    if problem.retry_after_seconds is not None:
        headers["retry-after"] = str(problem.retry_after_seconds)
    # ASCII only: whatever the caller put into the path, the answer is valid UTF-8.
    body = json.dumps(problem_body(problem, path)).encode()
    return Response(body, problem.status, headers, MEDIA_TYPE)


def install(app: FastAPI, paths: Paths) -> None:
    def handler(request: Request, error: Exception) -> Response:
        response = problem_response(to_problem(error), request.url.path)
        if response.status_code == 405:
            # Starlette names the methods of the first route with the path, not of all.
            response.headers["allow"] = ", ".join(sorted(paths.allowed(request.url.path)))
        return response

    for kind in (Problem, RequestValidationError, HTTPException, Exception, *UNAVAILABLE):
        app.add_exception_handler(kind, handler)


def to_problem(error: Exception) -> Problem:  # noqa: PLR0911  one return a kind of error
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _validation(error.errors())
        case HTTPException(status_code=404):
            return Problem("not-found", "There is nothing at this path.")
        case HTTPException(status_code=405):
            return Problem("method-not-allowed", "The path exists, but not with this method; see Allow.")
        case HTTPException(status_code=status) if status in _by_status and status < 500:
            return Problem(_by_status[status], str(error.detail))
        case HTTPException(status_code=status) if status < 500:
            return Problem("validation-failed", str(error.detail))
    if isinstance(error, UNAVAILABLE):
        return unavailable(error)
    return Problem("internal", "Something failed inside; the trace id leads to it.")


def _validation(errors: Sequence[Any]) -> Problem:
    """Names places and rules. The values that broke them are not repeated: they may be secrets, or no text at all."""
    fields = [FieldError(_pointer(error["loc"]), _printable(error["msg"])) for error in errors[:MAX_FIELD_ERRORS]]
    more = len(errors) - len(fields)
    detail = f"{len(errors)} value{'s are' if len(errors) != 1 else ' is'} not valid"
    return Problem("validation-failed", detail + (f"; {more} are not listed." if more else "."), errors=fields)


def _pointer(location: Sequence[object]) -> str:
    return "".join(f"/{_printable(str(part).replace('~', '~0').replace('/', '~1'))}" for part in location)


def _printable(text: str) -> str:
    return text.encode(errors="replace").decode()[:300]
