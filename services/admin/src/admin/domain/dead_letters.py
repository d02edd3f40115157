"""Dead letters as in `contract/dead-letter.schema.json`: made of a record that was refused, and read back."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid5

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from admin.domain.metering import MAX_COUNT, MAX_REASON_LENGTH
from admin.domain.times import rfc3339

#: The record's place in Kafka under this name gives the letter's id: read twice, it is still one letter.
NAMESPACE = UUID("5a0a6c55-0b8f-5d9c-9a53-3a1f2d6f7c11")
#: Base64 adds a third, and a broker takes 1 MiB; of what is larger the beginning is kept and the reason says so.
MAX_VALUE_BYTES = 700_000


@dataclass(frozen=True)
class Place:
    topic: str
    partition: int
    offset: int

    @property
    def letter_id(self) -> UUID:
        return uuid5(NAMESPACE, f"{self.topic}/{self.partition}/{self.offset}")


@dataclass(frozen=True)
class DeadLetter:
    event_id: UUID
    occurred_at: datetime
    topic: str
    partition: int
    offset: int
    reason: str
    value: bytes

    def event(self) -> dict[str, Any]:
        return {
            "eventId": str(self.event_id),
            "occurredAt": rfc3339(self.occurred_at),
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
            "reason": self.reason,
            "valueBase64": base64.b64encode(self.value).decode(),
        }


def dead_letter(place: Place, value: bytes | None, reason: str, now: datetime) -> DeadLetter:
    kept = (value or b"")[:MAX_VALUE_BYTES]
    cut = "" if len(kept) == len(value or b"") else f"Only the first {MAX_VALUE_BYTES} bytes are kept. "
    text = (cut + reason)[:MAX_REASON_LENGTH]
    return DeadLetter(place.letter_id, now, place.topic, place.partition, place.offset, text, kept)


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    event_id: UUID
    occurred_at: AwareDatetime
    topic: Annotated[str, Field(max_length=249, pattern=r"^[^\x00]*$")]
    partition: Annotated[int, Field(ge=0, le=2**31 - 1)]
    offset: Annotated[int, Field(ge=0, le=MAX_COUNT)]
    reason: Annotated[str, Field(max_length=MAX_REASON_LENGTH, pattern=r"^[^\x00]*$")]
    value_base64: str


def read_dead_letter(place: Place, value: bytes | None, now: datetime) -> DeadLetter:
    """Total: what is no dead letter is kept as one too, with that as its reason."""
    try:
        event = _Event.model_validate_json(value or b"")
        content = base64.b64decode(event.value_base64, validate=True)
    except (ValidationError, ValueError):
        return dead_letter(place, value, "This was in the topic of dead letters and is none.", now)
    return DeadLetter(
        event.event_id, event.occurred_at, event.topic, event.partition, event.offset, event.reason, content
    )
