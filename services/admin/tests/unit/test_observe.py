"""What a request leaves behind: one server span, of the caller's trace."""

from __future__ import annotations

from typing import cast
from uuid import UUID

import httpx2
from opentelemetry import propagate, trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from admin.app import create_app
from admin.domain.identity import Principal, Role
from admin.domain.metering import Terms
from admin.health import Health
from admin.http.identity import Authenticator
from admin.operations.decisions import Decisions
from admin.services import Services
from admin.storage.database import Database
from admin.telemetry.metrics import Metrics

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def someone(_: str | None) -> Principal:
    return Principal("someone", UUID(int=1), frozenset({Role.CONSUMER}))


async def test_a_request_has_one_span_which_goes_on_the_callers_trace() -> None:
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(provider)
    propagate.set_global_textmap(TraceContextTextMapPropagator())
    # `/me` asks no store.
    services = Services(cast(Database, None), cast(Decisions, None), cast(Health, None), Metrics(), Terms(2_000, 400))
    app = create_app(services, cast(Authenticator, someone))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://admin.test") as client:
        parent = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
        answer = await client.get("/v1/admin/me", headers=parent)
    assert answer.json()["subject"] == "someone"
    [span] = spans.get_finished_spans()
    assert (span.name, span.kind) == ("GET /v1/admin/me", trace.SpanKind.SERVER)
    assert span.context is not None and f"{span.context.trace_id:032x}" == TRACE
