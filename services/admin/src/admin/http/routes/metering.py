"""Usage, revenue, and records that could not be counted."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import Field
from pydantic.alias_generators import to_camel

from admin.domain.times import report_range, utc_now
from admin.http.fields import Body, Id, Whole, page_request
from admin.http.identity import Caller
from admin.http.views import DeadLetterView, PageView, ReplayView, RevenueReport, UsageReport
from admin.operations import dead_letters, usage
from admin.operations.paging import PageRequest
from admin.operations.usage import Dimension, Question, Report
from admin.services import Services, Wired

router = APIRouter()
Paging = Annotated[PageRequest, Depends(page_request)]
Format = Literal["json", "csv"]
Group = Literal["day", "organisation", "listing"]
Day = Annotated[date | None, Field(description="UTC")]
CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The report"}
}


class ReplayRequest(Body):
    limit: Annotated[int, Field(strict=True, ge=1, le=1000), Whole] = 100


@dataclass(frozen=True)
class Asked:
    """The query of both reports."""

    start: date
    end: date
    groups: tuple[Group, ...]
    org_id: UUID | None
    listing_id: UUID | None
    form: Format

    def question(self, caller: Caller, report: Report) -> Question:
        organisation: Dimension = "org_id" if report == "usage" else "listing_org_id"
        names: dict[Group, Dimension] = {"day": "day", "organisation": organisation, "listing": "listing_id"}
        org_id = usage.scope(caller, report, self.org_id)
        dimensions = tuple(names[group] for group in self.groups)
        return Question(report, self.start, self.end, dimensions, org_id, self.listing_id)


async def _asked(
    start: Annotated[Day, Query(alias="from", description="First day; 30 days before `to` if absent.")] = None,
    end: Annotated[Day, Query(alias="to", description="First day not counted; tomorrow if absent.")] = None,
    group_by: Annotated[list[Group] | None, Query(alias="groupBy", max_length=3)] = None,
    org_id: Annotated[Id | None, Query(alias="orgId", description="For platform admins; else one's own.")] = None,
    listing_id: Annotated[Id | None, Query(alias="listingId")] = None,
    form: Annotated[Format, Query(alias="format")] = "json",
) -> Asked:
    since, until = report_range(start, end, utc_now().date())
    return Asked(since, until, tuple(dict.fromkeys(group_by or ["day"])), org_id, listing_id, form)


ReportQuery = Annotated[Asked, Depends(_asked)]


@router.get(
    "/usage",
    response_model=UsageReport,
    responses=CSV,
    tags=["metering"],
    summary="Calls, tokens and cost of an organisation, as payer",
)
async def read_usage(caller: Caller, services: Wired, paging: Paging, query: ReportQuery) -> Any:
    return await _report(services, query, query.question(caller, "usage"), paging)


@router.get(
    "/revenue",
    response_model=RevenueReport,
    responses=CSV,
    tags=["metering"],
    summary="Gross, the platform's fee and the provider's share, as payee",
)
async def read_revenue(caller: Caller, services: Wired, paging: Paging, query: ReportQuery) -> Any:
    return await _report(services, query, query.question(caller, "revenue"), paging)


@router.get(
    "/dead-letters", response_model=PageView[DeadLetterView], tags=["metering"], summary="Records that were not counted"
)
async def list_dead_letters(
    caller: Caller, services: Wired, paging: Paging, state: Literal["waiting", "replayed"] | None = None
) -> Any:
    return await dead_letters.read_all(services.database, caller, paging, state)


@router.post(
    "/dead-letters/replay", response_model=ReplayView, tags=["metering"], summary="Count those that can be now"
)
async def replay_dead_letters(caller: Caller, services: Wired, body: ReplayRequest | None = None) -> Any:
    limit = (body or ReplayRequest()).limit
    return vars(await dead_letters.replay_waiting(services.database, caller, limit, services.terms))


@router.post("/dead-letters/{letter_id}/replay", response_model=DeadLetterView, tags=["metering"], summary="Count one")
async def replay_dead_letter(letter_id: Id, caller: Caller, services: Wired) -> Any:
    return await dead_letters.replay(services.database, caller, letter_id, services.terms)


async def _report(services: Services, query: Asked, question: Question, paging: PageRequest) -> Any:
    if query.form == "csv":
        await usage.check_size(services.database, question)
        name = f"{question.report}-{question.start}-{question.end}.csv"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return StreamingResponse(_csv(services, question), media_type="text/csv; charset=utf-8", headers=headers)
    page = await usage.page(services.database, question, paging)
    fee = {"platform_fee_basis_points": services.terms.fee_basis_points} if question.report == "revenue" else {}
    kind = UsageReport if question.report == "usage" else RevenueReport
    report = kind.model_validate({**vars(page), "range": {"from": question.start, "to": question.end}, **fee})
    # Written here: FastAPI would validate it, make Python's values of it, and write those.
    return Response(report.model_dump_json(by_alias=True), media_type="application/json")


async def _csv(services: Services, question: Question) -> AsyncIterator[str]:
    """Ids, days and numbers only: nothing that a spreadsheet could take for a formula."""
    header = False
    async for rows in usage.all_rows(services.database, question):
        text = io.StringIO()
        writer = csv.writer(text)
        if not header:
            writer.writerow([to_camel(name) for name in usage.column_names(question)])
            header = True
        writer.writerows(row.values() for row in rows)
        yield text.getvalue()
