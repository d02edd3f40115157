"""Types of values in requests: whatever passes them is safe for PostgreSQL, and the OpenAPI document says as much."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel

from admin.domain.identity import MAX_SUBJECT_LENGTH
from admin.domain.times import EARLIEST, LATEST
from admin.operations.paging import PageRequest

#: PostgreSQL's texts cannot hold U+0000; other control characters have no place in a name or a reason either.
PLAIN = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
MAX_BIGINT = 2**53 - 1

_uuid = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
_time = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)\Z", re.ASCII)


def _check_uuid(value: object) -> object:
    if isinstance(value, UUID) or (isinstance(value, str) and _uuid.match(value)):
        return value
    raise ValueError("must be a UUID: 8-4-4-4-12 hexadecimal digits")


def _check_time(value: object) -> object:
    if isinstance(value, datetime) or (isinstance(value, str) and _time.match(value)):
        return value
    raise ValueError("must be an RFC 3339 time: 2026-01-31T12:00:00Z")


def _check_year(value: datetime) -> datetime:
    if not EARLIEST.year <= value.year < LATEST.year:
        raise ValueError(f"must be from {EARLIEST.year} to {LATEST.year - 1}")
    return value


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Id = Annotated[UUID, BeforeValidator(_check_uuid)]
Time = Annotated[
    AwareDatetime,
    AfterValidator(_check_year),
    BeforeValidator(_check_time),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=PLAIN)]
Note = Annotated[str, Field(max_length=2000, pattern=PLAIN)]
Reason = Annotated[str, Field(min_length=1, max_length=2000, pattern=PLAIN)]
#: JSON knows one kind of number: 20.0 is a whole one, while true and "20" are none.
Whole = BeforeValidator(_whole)
RequestsPerMinute = Annotated[int, Field(strict=True, ge=1, le=100_000), Whole]
TokensPerMonth = Annotated[int, Field(strict=True, ge=1, le=MAX_BIGINT), Whole]
SubjectPath = Annotated[str, Path(min_length=1, max_length=MAX_SUBJECT_LENGTH, pattern=PLAIN)]
FlagKey = Annotated[str, Path(max_length=64, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class Body(BaseModel):
    """A request's body: camel case, and no field that is not known."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, frozen=True)


class Change(Body):
    """A partial change: only what is given changes, and something must be given."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("must name at least one field to change")
        return self

    def given(self) -> dict[str, object]:
        return self.model_dump(exclude_unset=True)


class View(BaseModel):
    """An answer's object, read from a row."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        json_schema_serialization_defaults_required=True,
    )


async def page_request(
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=2000, description="`nextCursor` of the answer before.")] = None,
) -> PageRequest:
    return PageRequest(limit, cursor)
