"""The head of a request: at most 16 KiB, within 10 s. uvicorn's fast parser has neither limit of its own."""

from __future__ import annotations

import asyncio
import http
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from admin.domain.errors import Problem
from admin.http.problems import problem_response

MAX_HEAD_BYTES = 16_384
HEAD_SECONDS = 10.0


class BoundedProtocol(HttpToolsProtocol):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            # Counts what came with the head in one packet only as far as the limit matters: bodies follow it.
            self._head_bytes += min(len(data), data.find(b"\r\n\r\n") + 1 or len(data))
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(Problem("headers-too-large", f"The head may have at most {MAX_HEAD_BYTES} bytes."))
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True
        self._wait_for_head()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head = True

    def send_400_response(self, msg: str) -> None:
        self._refuse(Problem("validation-failed", msg))

    def _wait_for_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._too_late)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_late(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self._refuse(Problem("request-timeout", f"The head did not arrive within {HEAD_SECONDS:g} s."))

    def _refuse(self, problem: Problem) -> None:
        self._stop_waiting()
        response = problem_response(problem, "/")
        phrase = http.HTTPStatus(problem.status).phrase
        head = [f"HTTP/1.1 {problem.status} {phrase}".encode(), b"connection: close"]
        head += [name + b": " + value for name, value in response.raw_headers]
        self.transport.write(b"\r\n".join(head) + b"\r\n\r\n" + bytes(response.body))
        self.transport.close()
