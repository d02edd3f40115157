"""What is done with the records of `metering.records` and `metering.dead-letter`."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import Any

import psycopg

from admin.domain.dead_letters import DeadLetter, Place, dead_letter, read_dead_letter
from admin.domain.metering import MeteringRecord, Refusal, Terms, read_record
from admin.domain.times import utc_now
from admin.messaging.kafka import Kafka
from admin.messaging.producing import send
from admin.operations import dead_letters, metering
from admin.operations.metering import Counted
from admin.storage.database import Database
from admin.telemetry.metrics import Metrics
from admin.telemetry.traces import traceparent_of

_log = logging.getLogger("admin.metering")


class MeteringHandler:
    """Counts what can be counted; what cannot goes to the dead letters before its offset is committed."""

    def __init__(self, database: Database, kafka: Kafka, metrics: Metrics, terms: Terms) -> None:
        self._database = database
        self._kafka = kafka
        self._metrics = metrics
        self._terms = terms
        self._producer: Any = None

    async def __call__(self, records: Sequence[Any]) -> None:
        now = utc_now()
        read = [(record, read_record(record.value, now, self._terms)) for record in records]
        valid = [(record, value) for record, value in read if isinstance(value, MeteringRecord)]
        refused = [(record, value.reason) for record, value in read if isinstance(value, Refusal)]
        try:
            result = await self._count([value for _, value in valid])
        except (psycopg.DataError, psycopg.IntegrityError):
            # The reader lets through what the database does not take: find it, do not stop at it for ever.
            result, rejected = await self._count_singly(valid)
            refused += rejected
        if refused:
            await self._refuse(refused)
        self._metrics.metering_consumed.labels("counted").inc(result.counted)
        self._metrics.metering_consumed.labels("duplicate").inc(result.duplicates)
        self._metrics.metering_consumed.labels("dead-letter").inc(len(refused))

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await producer.stop()

    async def _count(self, records: Sequence[MeteringRecord]) -> Counted:
        async with self._database.transaction() as session:
            return await metering.count(session, records, self._terms.fee_basis_points)

    async def _count_singly(self, valid: list[tuple[Any, MeteringRecord]]) -> tuple[Counted, list[tuple[Any, str]]]:
        counted, rejected = 0, []
        for record, value in valid:
            try:
                counted += (await self._count([value])).counted
            except (psycopg.DataError, psycopg.IntegrityError) as error:
                rejected.append((record, f"The database refuses it ({type(error).__name__})."))
        return Counted(counted, len(valid) - len(rejected) - counted), rejected

    async def _refuse(self, refused: list[tuple[Any, str]]) -> None:
        try:
            if self._producer is None:
                producer = self._kafka.producer()
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            topic = self._kafka.settings.topic("metering.dead-letter")
            letters = [(record, _letter(record, reason)) for record, reason in refused]
            await asyncio.gather(*[await self._send(topic, record, letter) for record, letter in letters])
        except BaseException:
            # An idempotent producer does not go on after an error of its own; the next batch makes a new one.
            await self.close()
            raise
        _log.warning("Records became dead letters", extra={"records": len(refused), "topic": topic})

    async def _send(self, topic: str, record: Any, letter: DeadLetter) -> asyncio.Future[Any]:
        return await send(
            self._producer,
            topic,
            record.key,
            json.dumps(letter.event(), separators=(",", ":")).encode(),
            event_type="metering.dead-letter",
            event_id=str(letter.event_id),
            traceparent=traceparent_of(record.headers),
        )


class DeadLetterHandler:
    """Keeps dead letters where an administrator can see and replay them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, records: Sequence[Any]) -> None:
        now = utc_now()
        letters = [read_dead_letter(_place(record), record.value, now) for record in records]
        async with self._database.transaction() as session:
            await dead_letters.keep(session, letters)


def _letter(record: Any, reason: str) -> DeadLetter:
    return dead_letter(_place(record), record.value, reason, utc_now())


def _place(record: Any) -> Place:
    return Place(record.topic, record.partition, record.offset)
