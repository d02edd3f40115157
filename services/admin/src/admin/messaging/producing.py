"""One event to Kafka: value, the headers that every event has, and its producer span."""

from __future__ import annotations

from asyncio import Future
from typing import Any

from opentelemetry import trace

from admin.telemetry.traces import context_of, current_traceparent

_tracer = trace.get_tracer("admin.messaging")


async def send(
    producer: Any,
    topic: str,
    key: bytes | None,
    value: bytes,
    *,
    event_type: str,
    event_id: str,
    traceparent: str | None,
) -> Future[Any]:
    """Hands it to the producer's queue; the future ends when the brokers have it."""
    attributes = {"messaging.system": "kafka", "messaging.destination.name": topic, "messaging.operation.type": "send"}
    with _tracer.start_as_current_span(
        f"send {topic}", context=context_of(traceparent), kind=trace.SpanKind.PRODUCER, attributes=attributes
    ):
        headers = [
            ("event-type", event_type.encode()),
            ("event-id", event_id.encode()),
            ("content-type", b"application/json"),
        ]
        if (parent := current_traceparent()) is not None:
            headers.append(("traceparent", parent.encode()))
        future: Future[Any] = await producer.send(topic, value, key=key, headers=headers)
        return future
