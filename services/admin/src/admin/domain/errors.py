"""What can go wrong, apart from how it is sent: every error has a stable code, and the code decides the status."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Status and title of each code; `services/README.md` lists those that the four services share.
CODES: dict[str, tuple[int, str]] = {
    "validation-failed": (400, "The request is not valid"),
    "unauthenticated": (401, "No valid access token"),
    "forbidden": (403, "Not allowed"),
    "not-found": (404, "Not found"),
    "method-not-allowed": (405, "The path does not know this method"),
    "request-timeout": (408, "The request took too long to arrive"),
    "conflict": (409, "Not possible in the present state"),
    "payload-too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "The body is not JSON"),
    "headers-too-large": (431, "The head is too large"),
    "internal": (500, "Something failed inside"),
    "upstream-failed": (502, "A service that this one needs failed"),
    "dependency-unavailable": (503, "A store that this service needs does not answer"),
    "upstream-timeout": (504, "A service that this one needs did not answer in time"),
}


@dataclass(frozen=True)
class FieldError:
    """One invalid value. `path` is a JSON pointer into the request: `/body/name`, `/query/limit`."""

    path: str
    message: str


class Problem(Exception):
    """An error that the caller is told about."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.status, self.title = CODES[code]
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after_seconds = retry_after_seconds


def invalid(path: str, message: str) -> Problem:
    """One invalid value that only a rule of the domain can find."""
    return Problem("validation-failed", f"{path} {message}", errors=[FieldError(path, message)])


def not_found(kind: str, identifier: object) -> Problem:
    """Also for what exists and is another organisation's: its existence is nobody else's business."""
    return Problem("not-found", f"There is no {kind} {identifier}.")
