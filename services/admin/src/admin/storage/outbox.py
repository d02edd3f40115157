"""The transactional outbox: an event is written in the transaction of its change, so neither is without the other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from admin.storage.database import Row, Session
from admin.telemetry.traces import current_traceparent


@dataclass(frozen=True)
class Event:
    """`topic` is the contract's name; the relay knows what it is called on this cluster."""

    topic: str
    key: str
    event_type: str
    value: Mapping[str, Any]

    @property
    def event_id(self) -> UUID:
        return UUID(self.value["eventId"])


async def append(session: Session, event: Event) -> None:
    """Call it after the change took the row's lock: events of one key then have ids in the order of the changes."""
    await session.execute(
        "insert into outbox (topic, message_key, event_id, event_type, value, traceparent)"
        " values (%s, %s, %s, %s, %s, %s)",
        (
            event.topic,
            event.key,
            event.event_id,
            event.event_type,
            json.dumps(event.value, separators=(",", ":")),
            current_traceparent(),
        ),
    )


async def oldest(session: Session, limit: int) -> list[Row]:
    return await session.all(
        "select id, topic, message_key, event_id, event_type, value, traceparent from outbox order by id limit %s",
        (limit,),
    )


async def remove(session: Session, ids: list[int]) -> None:
    await session.execute("delete from outbox where id = any(%s)", (ids,))


async def pending(session: Session) -> int:
    row = await session.first("select count(*) as waiting from outbox")
    return int(row["waiting"])
