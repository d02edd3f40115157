"""What is seen of every request: its id, span, metrics and log line; and the last place that catches an error."""

from __future__ import annotations

import logging
import re
import time

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from admin.domain.ids import new_id
from admin.http.limits import ClientGone
from admin.http.paths import Paths
from admin.http.problems import problem_response, to_problem
from admin.telemetry.context import request_id
from admin.telemetry.metrics import Metrics

#: Asked by machines every few seconds; they would drown what people do, in logs and in rates.
QUIET = frozenset({"/healthz", "/health", "/readyz", "/metrics"})
TRACE_HEADERS = frozenset({b"traceparent", b"tracestate"})
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_id = re.compile(r"[A-Za-z0-9-]{1,64}\Z")
_log = logging.getLogger("admin.http")
_tracer = trace.get_tracer("admin.http")


class Observe:
    def __init__(self, app: ASGIApp, metrics: Metrics, paths: Paths) -> None:
        self._app = app
        self._metrics = metrics
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] in QUIET:
            await _Exchange(self._app, scope, send).run(receive)
        else:
            await self._observed(scope, receive, send)

    async def _observed(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Any other word would be a label of the caller's making.
        method = scope["method"] if scope["method"] in METHODS else "_OTHER"
        exchange = _Exchange(self._app, scope, send)
        request_id.set(exchange.request_id)
        active = self._metrics.active_requests.labels(method)
        began = time.perf_counter()
        active.inc()
        span = _tracer.start_span(
            method,
            context=_parent(scope),
            kind=trace.SpanKind.SERVER,
            attributes={"http.request.method": method, "url.path": scope["path"].encode(errors="replace").decode()},
        )
        try:
            with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
                await exchange.run(receive)
                seconds = time.perf_counter() - began
                route = self._paths.template(scope["path"])
                span.update_name(f"{method} {route}")
                span.set_attributes({"http.route": route, "http.response.status_code": exchange.status})
                if exchange.status >= 500:
                    span.set_status(trace.StatusCode.ERROR)
                self._metrics.request_duration.labels(method, route, str(exchange.status)).observe(seconds)
                _log.info(
                    "request",
                    extra={
                        "http_method": method,
                        "http_route": route,
                        "http_status": exchange.status,
                        "duration_ms": round(seconds * 1000, 2),
                    },
                )
        finally:
            active.dec()


def _parent(scope: Scope) -> Context:
    """The caller's span, of which only these two headers tell."""
    found = ((name, value) for name, value in scope["headers"] if name in TRACE_HEADERS)
    return propagate.extract({name.decode(): value.decode("latin-1") for name, value in found})


class _Exchange:
    """One request and its answer, which carries the request's id and is always there."""

    def __init__(self, app: ASGIApp, scope: Scope, send: Send) -> None:
        self._app = app
        self._scope = scope
        self._send = send
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        self.request_id = given if _id.match(given) else str(new_id())
        #: As web servers note a caller that went away; nothing with this status is sent.
        self.status = 499

    async def run(self, receive: Receive) -> None:
        try:
            await self._app(self._scope, receive, self._answer)
        except ClientGone:
            return
        except Exception as error:
            problem = to_problem(error)
            if problem.status >= 500:
                _log.error("The request failed: %s", problem.code, exc_info=error)
            if self.status == 499:
                await problem_response(problem, self._scope["path"])(self._scope, receive, self._answer)

    async def _answer(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [
                *message.get("headers", []),
                (b"x-request-id", self.request_id.encode()),
                (b"cache-control", b"no-store"),
                (b"x-content-type-options", b"nosniff"),
            ]
        await self._send(message)
