"""Metering records as they come from Kafka: read strictly, or refused with a reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from admin.domain.times import EARLIEST

#: Largest whole number that every JSON reader keeps exactly; far inside PostgreSQL's bigint.
MAX_COUNT = 2**53 - 1
MAX_REASON_LENGTH = 2000
#: A record from the future would stand in reports before its day; clocks of the platform differ by far less.
MAX_AHEAD = timedelta(minutes=10)

_uuid = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")


def _uuid_text(value: object) -> object:
    if not isinstance(value, str) or not _uuid.match(value):
        raise ValueError("must be a UUID in its usual form")
    return value


def _time_text(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("must be an RFC 3339 time")
    return value


Id = Annotated[UUID, BeforeValidator(_uuid_text)]
Count = Annotated[int, Field(strict=True, ge=0, le=MAX_COUNT)]


class MeteringRecord(BaseModel):
    """As in `contract/metering-record.schema.json`, with the bounds that a sum of them needs."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel)

    event_id: Id
    call_id: Id
    occurred_at: Annotated[AwareDatetime, BeforeValidator(_time_text)]
    org_id: Id
    key_id: Id
    listing_id: Id
    listing_org_id: Id
    release: Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$")]
    outcome: Literal["succeeded", "provider-error", "provider-timeout", "aborted"]
    status_code: Annotated[int, Field(strict=True, ge=100, le=599)]
    streamed: Annotated[bool, Field(strict=True)]
    input_tokens: Count
    output_tokens: Count
    cost_usd_micros: Count
    provider_millis: Count
    overhead_millis: Annotated[float, Field(strict=True, ge=0, le=MAX_COUNT, allow_inf_nan=False)]


@dataclass(frozen=True)
class Refusal:
    """Why a record cannot be taken. The reason names fields and rules, never the record's values."""

    reason: str


@dataclass(frozen=True)
class Terms:
    """The platform's share of a call, and for how many days it is known call by call what was counted."""

    fee_basis_points: int = 2_000
    kept_days: int = 400


def read_record(value: bytes | None, now: datetime, terms: Terms) -> MeteringRecord | Refusal:
    """Total: every sequence of bytes gives a record or a reason."""
    if value is None:
        return Refusal("The record has no value.")
    try:
        record = MeteringRecord.model_validate_json(value)
    except ValidationError as error:
        return Refusal(_reason(error))
    if record.occurred_at.date() < EARLIEST:
        return Refusal(f"occurredAt: must not be before {EARLIEST}.")
    if record.occurred_at < now - timedelta(days=terms.kept_days):
        return Refusal(
            f"occurredAt: must not be more than {terms.kept_days} days ago; whether the call was counted is forgotten."
        )
    if record.occurred_at > now + MAX_AHEAD:
        return Refusal("occurredAt: must not be in the future.")
    return record


def _reason(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    text = " ".join(f"{'.'.join(map(str, p['loc'])) or 'record'}: {p['msg']}." for p in problems)
    return text.encode(errors="replace").decode()[:MAX_REASON_LENGTH]


def platform_fee(cost_usd_micros: int, basis_points: int) -> int:
    """The platform's share of one call, rounded down: what is left over is the provider's."""
    return cost_usd_micros * basis_points // 10_000


def columns(records: list[MeteringRecord], fee_basis_points: int) -> dict[str, list[Any]]:
    """The records as one list a column, in the order of their ids: two writers that share calls never deadlock."""
    ordered = sorted(records, key=lambda record: record.call_id)
    names = [name for name in MeteringRecord.model_fields if name != "event_id"]
    return {
        **{name: [getattr(record, name) for record in ordered] for name in names},
        "platform_fee_usd_micros": [platform_fee(record.cost_usd_micros, fee_basis_points) for record in ordered],
    }
