"""The review queue, decisions on listings, and reports about them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query

from admin.http.fields import Body, Id, Note, Reason, page_request
from admin.http.identity import Caller
from admin.http.views import DecisionView, ListingPageView, PageView, ReportView
from admin.operations import moderation
from admin.operations.moderation import Outcome
from admin.operations.paging import PageRequest
from admin.services import Wired

router = APIRouter()
Paging = Annotated[PageRequest, Depends(page_request)]
Category = Literal["illegal", "harmful", "infringement", "misleading", "malfunction", "other"]


class Approving(Body):
    reason: Note = ""


class Reasoned(Body):
    reason: Reason


class NewReport(Body):
    listing_id: Id
    category: Category
    description: Reason


class Resolution(Body):
    outcome: Outcome
    note: Reason


@router.get("/reviews", response_model=ListingPageView, tags=["reviews"], summary="Listings in review")
async def list_reviews(caller: Caller, services: Wired, paging: Paging) -> Any:
    return await services.decisions.queue(caller, paging.limit, paging.cursor)


@router.post(
    "/reviews/{listing_id}/approve", response_model=DecisionView, tags=["reviews"], summary="Publish a listing"
)
async def approve_listing(listing_id: Id, caller: Caller, services: Wired, body: Approving | None = None) -> Any:
    return await services.decisions.decide(caller, listing_id, "approve", body.reason if body else "")


@router.post(
    "/reviews/{listing_id}/reject", response_model=DecisionView, tags=["reviews"], summary="Send a listing back"
)
async def reject_listing(listing_id: Id, body: Reasoned, caller: Caller, services: Wired) -> Any:
    return await services.decisions.decide(caller, listing_id, "reject", body.reason)


@router.get("/decisions", response_model=PageView[DecisionView], tags=["reviews"], summary="Decisions, newest first")
async def list_decisions(
    caller: Caller, services: Wired, paging: Paging, listing_id: Annotated[Id | None, Query(alias="listingId")] = None
) -> Any:
    return await services.decisions.read_all(caller, paging, listing_id)


@router.post(
    "/listings/{listing_id}/suspend", response_model=DecisionView, tags=["moderation"], summary="Take a listing down"
)
async def suspend_listing(listing_id: Id, body: Reasoned, caller: Caller, services: Wired) -> Any:
    return await services.decisions.decide(caller, listing_id, "suspend", body.reason)


@router.post(
    "/listings/{listing_id}/restore", response_model=DecisionView, tags=["moderation"], summary="Bring a listing back"
)
async def restore_listing(listing_id: Id, body: Reasoned, caller: Caller, services: Wired) -> Any:
    return await services.decisions.decide(caller, listing_id, "restore", body.reason)


@router.post("/reports", status_code=201, response_model=ReportView, tags=["moderation"], summary="Report a listing")
async def report_listing(body: NewReport, caller: Caller, services: Wired) -> Any:
    return await moderation.report(services.database, caller, body.listing_id, body.category, body.description)


@router.get("/reports", response_model=PageView[ReportView], tags=["moderation"], summary="Reports, oldest first")
async def list_reports(
    caller: Caller, services: Wired, paging: Paging, state: Literal["open", "dismissed", "taken-down"] | None = None
) -> Any:
    return await moderation.read_all(services.database, caller, paging, state)


@router.get("/reports/{report_id}", response_model=ReportView, tags=["moderation"], summary="One report")
async def read_report(report_id: Id, caller: Caller, services: Wired) -> Any:
    return await moderation.read(services.database, caller, report_id)


@router.post(
    "/reports/{report_id}/resolve", response_model=ReportView, tags=["moderation"], summary="Dismiss, or take down"
)
async def resolve_report(report_id: Id, body: Resolution, caller: Caller, services: Wired) -> Any:
    return await moderation.resolve(services.database, services.decisions, caller, report_id, body.outcome, body.note)
