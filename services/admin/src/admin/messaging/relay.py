"""Brings the outbox to Kafka. Of all replicas one does it, the holder of an advisory lock of the database."""

from __future__ import annotations

import asyncio
from typing import Any

from admin.messaging.kafka import Kafka
from admin.messaging.producing import send
from admin.messaging.worker import pause
from admin.storage import outbox
from admin.storage.database import Connection, Database, Row, Session
from admin.telemetry.metrics import Metrics

#: "outb" in ASCII. Held by a session: when the holder's connection dies, so does its hold.
RELAY_LOCK = 0x6F757462
BATCH = 500
IDLE_SECONDS = 0.2
#: How long the other replicas wait before they ask for the lock again.
STANDBY_SECONDS = 2.0


class Relay:
    def __init__(self, database: Database, kafka: Kafka, metrics: Metrics) -> None:
        self._database = database
        self._kafka = kafka
        self._metrics = metrics

    async def run(self, stopping: asyncio.Event) -> None:
        """Returns when stopping, with what it had taken up delivered; throws when a store fails."""
        while not stopping.is_set():
            async with self._database.connection() as connection:
                if await _try_lock(connection):
                    try:
                        await self._lead(connection, stopping)
                    finally:
                        await _unlock(connection)
                    return
            await pause(stopping, STANDBY_SECONDS)

    async def _lead(self, connection: Connection, stopping: asyncio.Event) -> None:
        producer = self._kafka.producer()
        try:
            await producer.start()
            while not stopping.is_set():
                if not await self._bring(connection, producer):
                    await pause(stopping, IDLE_SECONDS)
        finally:
            await producer.stop()

    async def _bring(self, connection: Connection, producer: Any) -> int:
        async with connection.transaction():
            rows = await outbox.oldest(Session(connection), BATCH)
        if not rows:
            return 0
        futures = [await self._send(producer, row) for row in rows]
        results = await asyncio.gather(*futures, return_exceptions=True)
        failure = next((index for index, result in enumerate(results) if isinstance(result, BaseException)), len(rows))
        # What follows a failure is sent again with it, delivered or not: a key's events keep their order, and
        # consumers know each by its eventId.
        delivered = rows[:failure]
        if delivered:
            async with connection.transaction():
                await outbox.remove(Session(connection), [row["id"] for row in delivered])
            for row in delivered:
                self._metrics.outbox_published.labels(row["topic"]).inc()
        if failure < len(rows):
            raise results[failure]
        return len(delivered)

    async def _send(self, producer: Any, row: Row) -> asyncio.Future[Any]:
        return await send(
            producer,
            self._kafka.settings.topic(row["topic"]),
            row["message_key"].encode(),
            row["value"].encode(),
            event_type=row["event_type"],
            event_id=str(row["event_id"]),
            traceparent=row["traceparent"],
        )


async def _try_lock(connection: Connection) -> bool:
    async with connection.transaction():
        row = await Session(connection).first("select pg_try_advisory_lock(%s) as held", (RELAY_LOCK,))
    return bool(row["held"])


async def _unlock(connection: Connection) -> None:
    """On a connection that is broken there is nothing left to give back."""
    if not connection.closed and not connection.broken:
        async with connection.transaction():
            await Session(connection).execute("select pg_advisory_unlock(%s)", (RELAY_LOCK,))
