"""Lists: a page of rows and an opaque cursor, which is the sort key of the page's last row."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from admin.domain.errors import Problem, invalid
from admin.storage.database import Row

Parser = Callable[[str], Any]
_parsers: dict[type, Parser] = {UUID: UUID, date: date.fromisoformat, str: str}


@dataclass(frozen=True)
class PageRequest:
    limit: int
    cursor: str | None = None

    def after(self, *kinds: type) -> tuple[Any, ...] | None:
        """The key after which to go on, with one value a kind; None for the first page."""
        return None if self.cursor is None else _decode(self.cursor, kinds)


@dataclass(frozen=True)
class Page:
    items: list[Row]
    next_cursor: str | None


def page_of(rows: list[Row], request: PageRequest, *keys: str) -> Page:
    """`rows` holds one more than the limit where there is a next page."""
    items = rows[: request.limit]
    if len(rows) <= request.limit:
        return Page(items, None)
    return Page(items, _encode([str(items[-1][key]) for key in keys]))


def _encode(values: Sequence[str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _decode(cursor: str, kinds: Sequence[type]) -> tuple[Any, ...]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if not isinstance(values, list) or len(values) != len(kinds) or not all(isinstance(v, str) for v in values):
            raise _foreign()
        if any("\x00" in value or not value.isprintable() for value in values):
            raise _foreign()
        return tuple(_parsers[kind](value) for kind, value in zip(kinds, values, strict=True))
    except (ValueError, binascii.Error, RecursionError):
        raise _foreign() from None


def _foreign() -> Problem:
    return invalid("/query/cursor", "must be the nextCursor of an answer of this list")
