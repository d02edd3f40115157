"""Bodies: at most 1 MiB, within 10 s, JSON. Read whole before the application sees the request."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from admin.domain.errors import Problem

MAX_BODY_BYTES = 1_048_576
BODY_SECONDS = 10.0


class ClientGone(Exception):
    """The caller went away before its request had arrived; there is nobody to answer."""


class LimitBody:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length[:20]) > MAX_BODY_BYTES:
            raise _too_large()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _read(receive)
        except TimeoutError:
            raise Problem("request-timeout", f"The body did not arrive within {BODY_SECONDS:g} s.") from None
        if body and not _is_json(headers.get(b"content-type", b"")):
            raise Problem("unsupported-media-type", "Send the body as application/json in UTF-8.")
        sent = False

        async def replay() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise _too_large()
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def _is_json(content_type: bytes) -> bool:
    kind, _, parameters = content_type.decode("latin-1").lower().partition(";")
    charset = parameters.replace(" ", "").replace('"', "")
    return kind.strip() == "application/json" and charset in ("", "charset=utf-8")


def _too_large() -> Problem:
    return Problem("payload-too-large", f"The body may have at most {MAX_BODY_BYTES} bytes.")
