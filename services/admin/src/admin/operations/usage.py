"""Usage and revenue reports, from the days' sums."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal
from uuid import UUID

from admin.domain.errors import Problem
from admin.domain.identity import Principal, Role
from admin.operations.paging import Page, PageRequest, page_of
from admin.storage.database import Database, Row

Dimension = Literal["day", "org_id", "listing_id", "listing_org_id"]
Report = Literal["usage", "revenue"]

_kinds: dict[str, type] = {"day": date, "org_id": UUID, "listing_id": UUID, "listing_org_id": UUID}
_casts = {"day": "date", "org_id": "uuid", "listing_id": "uuid", "listing_org_id": "uuid"}
_measures = {
    "usage": {
        "calls": "sum(calls)",
        "succeeded": "sum(succeeded)",
        "input_tokens": "sum(input_tokens)",
        "output_tokens": "sum(output_tokens)",
        "cost_usd_micros": "sum(cost_usd_micros)",
    },
    "revenue": {
        "calls": "sum(calls)",
        "gross_usd_micros": "sum(cost_usd_micros)",
        "platform_fee_usd_micros": "sum(platform_fee_usd_micros)",
        "provider_usd_micros": "sum(cost_usd_micros - platform_fee_usd_micros)",
    },
}
#: Rows of one CSV: more is a question for a warehouse.
MAX_CSV_ROWS = 100_000
_batch = 1_000


@dataclass(frozen=True)
class Question:
    """Days from `start` to before `end`; the organisation is who pays in usage, who is paid in revenue."""

    report: Report
    start: date
    end: date
    dimensions: tuple[Dimension, ...]
    org_id: UUID | None
    listing_id: UUID | None


def scope(actor: Principal, report: Report, org_id: UUID | None) -> UUID | None:
    """Whose numbers the caller gets: a platform admin's choice or all, anyone else's own."""
    actor.require(*((Role.CONSUMER, Role.PROVIDER) if report == "usage" else (Role.PROVIDER,)))
    if org_id is not None:
        actor.require_org(org_id, "organisation", org_id)
    return org_id if actor.is_platform_admin else actor.org_id


async def page(database: Database, question: Question, request: PageRequest) -> Page:
    after = request.after(*(_kinds[name] for name in question.dimensions))
    rows = await _rows(database, question, after, request.limit + 1)
    return page_of(rows, request, *question.dimensions)


async def all_rows(database: Database, question: Question) -> AsyncIterator[Sequence[Row]]:
    """In batches, each its own short transaction: a slow reader holds no connection."""
    after: tuple[object, ...] | None = None
    for _ in range(MAX_CSV_ROWS // _batch):
        rows = await _rows(database, question, after, _batch)
        yield rows
        if len(rows) < _batch:
            return
        after = tuple(rows[-1][name] for name in question.dimensions)


async def check_size(database: Database, question: Question) -> None:
    """Throws before the first byte is sent where a CSV would have to be cut."""
    async with database.reading() as session:
        counted = await session.first(_count(_shape(question, None)), _params(question, None))
    if counted["rows"] > MAX_CSV_ROWS:
        raise Problem(
            "validation-failed", f"The report has {counted['rows']} rows, more than {MAX_CSV_ROWS}; ask for fewer days."
        )


async def _rows(database: Database, question: Question, after: tuple[object, ...] | None, limit: int) -> list[Row]:
    async with database.reading() as session:
        return await session.all(_select(_shape(question, after)), {**_params(question, after), "limit": limit})


def column_names(question: Question) -> list[str]:
    """In the order of the rows' values."""
    return [*question.dimensions, *_measures[question.report]]


@dataclass(frozen=True)
class _Shape:
    """What decides a query's text. There are few, so each is put together once, and prepared by each connection."""

    report: Report
    dimensions: tuple[Dimension, ...]
    of_org: bool
    of_listing: bool
    goes_on: bool


def _shape(question: Question, after: tuple[object, ...] | None) -> _Shape:
    return _Shape(
        question.report,
        question.dimensions,
        question.org_id is not None,
        question.listing_id is not None,
        after is not None,
    )


@cache
def _select(shape: _Shape) -> str:
    names = ", ".join(shape.dimensions)
    measures = ", ".join(f"{text} as {name}" for name, text in _measures[shape.report].items())
    return (
        f"select {names}, {measures} from usage_daily where {_where(shape)}"
        f" group by {names} order by {names} limit %(limit)s"
    )


@cache
def _count(shape: _Shape) -> str:
    names = ", ".join(shape.dimensions)
    return f"select count(*) as rows from (select 1 from usage_daily where {_where(shape)} group by {names}) as grouped"


def _where(shape: _Shape) -> str:
    conditions = ["day >= %(start)s and day < %(end)s"]
    if shape.of_org:
        conditions.append(f"{'org_id' if shape.report == 'usage' else 'listing_org_id'} = %(org)s")
    if shape.of_listing:
        conditions.append("listing_id = %(listing)s")
    if shape.goes_on:
        values = ", ".join(f"%(after_{name})s::{_casts[name]}" for name in shape.dimensions)
        conditions.append(f"({', '.join(shape.dimensions)}) > ({values})")
    return " and ".join(conditions)


def _params(question: Question, after: tuple[object, ...] | None) -> dict[str, object]:
    keys = (f"after_{name}" for name in question.dimensions)
    return {
        "start": question.start,
        "end": question.end,
        "org": question.org_id,
        "listing": question.listing_id,
        **(dict(zip(keys, after, strict=True)) if after is not None else {}),
    }
