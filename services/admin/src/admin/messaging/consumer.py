"""Reads a topic in batches: hands each to a handler, and commits its offsets once the handler is done with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from opentelemetry import trace

from admin.messaging.kafka import Kafka
from admin.messaging.worker import backoff, pause
from admin.storage.database import UNAVAILABLE
from admin.telemetry.traces import context_of, traceparent_of

MAX_RECORDS = 1_000
WAIT_MS = 300
#: A span names at most this many of a batch's senders.
MAX_LINKS = 32

Handler = Callable[[Sequence[Any]], Awaitable[None]]
_log = logging.getLogger("admin.consumer")
_tracer = trace.get_tracer("admin.messaging")


class BatchConsumer:
    """At least once: after a crash between handler and commit the batch comes again, so handlers are idempotent."""

    def __init__(self, kafka: Kafka, topic: str, group: str, handler: Handler) -> None:
        self._kafka = kafka
        self._topic = topic
        self._group = group
        self._handler = handler

    async def run(self, stopping: asyncio.Event) -> None:
        """Returns when stopping, with every batch that was handled committed, and out of the group."""
        consumer = self._kafka.consumer(self._topic, self._group)
        try:
            await consumer.start()
            while not stopping.is_set():
                batches = await consumer.getmany(timeout_ms=WAIT_MS, max_records=MAX_RECORDS)
                records = [record for batch in batches.values() for record in batch]
                if records and await self._handle(records, stopping):
                    await consumer.commit({place: batch[-1].offset + 1 for place, batch in batches.items() if batch})
        finally:
            await consumer.stop()

    async def _handle(self, records: Sequence[Any], stopping: asyncio.Event) -> bool:
        """Whether the batch is done. A store that is away is waited for; the group's heartbeat goes on meanwhile."""
        attempt = 0
        with _tracer.start_as_current_span(
            f"process {self._topic}",
            kind=trace.SpanKind.CONSUMER,
            links=_links(records),
            attributes={
                "messaging.system": "kafka",
                "messaging.destination.name": self._topic,
                "messaging.operation.type": "process",
                "messaging.batch.message_count": len(records),
            },
        ):
            while True:
                try:
                    await self._handler(records)
                    return True
                except UNAVAILABLE as error:
                    if stopping.is_set():
                        return False
                    attempt += 1
                    _log.warning(
                        "The database does not take a batch: %s",
                        error,
                        extra={"topic": self._topic, "attempt": attempt},
                    )
                    await pause(stopping, backoff(attempt))


def _links(records: Sequence[Any]) -> list[trace.Link]:
    contexts = (
        trace.get_current_span(context_of(traceparent_of(record.headers))).get_span_context()
        for record in records[:MAX_LINKS]
    )
    return [trace.Link(context) for context in contexts if context.is_valid]
