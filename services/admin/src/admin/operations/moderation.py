"""Reports on listings by users, and what moderators make of them."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from psycopg.errors import UniqueViolation

from admin.domain.errors import Problem, not_found
from admin.domain.identity import Principal, Role
from admin.domain.ids import new_id
from admin.operations.decisions import Decisions
from admin.operations.paging import Page, PageRequest, page_of
from admin.storage import audit
from admin.storage.database import Database, Row

Outcome = Literal["dismissed", "taken-down"]
COLUMNS = (
    "id, listing_id, reporter, reporter_org_id, category, description, state, note, resolved_by, resolved_at,"
    " created_at"
)


async def report(database: Database, actor: Principal, listing_id: UUID, category: str, description: str) -> Row:
    """One open report a listing and person; whether the listing exists is for the moderator to see."""
    try:
        async with database.transaction() as session:
            return await session.first(
                "insert into listing_reports (id, listing_id, reporter, reporter_org_id, category, description)"
                f" values (%s, %s, %s, %s, %s, %s) returning {COLUMNS}",
                (new_id(), listing_id, actor.subject, actor.org_id, category, description),
            )
    except UniqueViolation:
        raise Problem("conflict", "You have an open report on this listing already.") from None


async def read_all(database: Database, actor: Principal, request: PageRequest, state: str | None) -> Page:
    actor.require(Role.REVIEWER)
    after = request.after(UUID)
    async with database.reading() as session:
        rows = await session.all(
            f"select {COLUMNS} from listing_reports"
            " where (%(state)s::text is null or state = %(state)s) and (%(after)s::uuid is null or id > %(after)s)"
            " order by id limit %(limit)s",
            {"state": state, "after": after and after[0], "limit": request.limit + 1},
        )
    return page_of(rows, request, "id")


async def read(database: Database, actor: Principal, report_id: UUID) -> Row:
    """Moderators see all; the reporter's own is theirs to see."""
    async with database.reading() as session:
        query = f"select {COLUMNS} from listing_reports where id = %s"
        row = await session.one(query, (report_id,))
    may_see = actor.is_platform_admin or Role.REVIEWER in actor.roles
    if row is None or not (may_see or row["reporter"] == actor.subject):
        raise not_found("report", report_id)
    return row


async def resolve(
    database: Database, decisions: Decisions, actor: Principal, report_id: UUID, outcome: Outcome, note: str
) -> Row:
    """Taking down suspends the listing first, so that a report is never closed over a listing that still stands."""
    actor.require(Role.REVIEWER)
    found = await read(database, actor, report_id)
    if found["state"] != "open":
        raise Problem("conflict", f"The report is {found['state']} already.")
    if outcome == "taken-down":
        await decisions.decide(actor, found["listing_id"], "suspend", note, report_id)
    async with database.transaction() as session:
        row = await session.one(
            "update listing_reports set state = %s, note = %s, resolved_by = %s, resolved_at = now()"
            f" where id = %s and state = 'open' returning {COLUMNS}",
            (outcome, note, actor.subject, report_id),
        )
        if row is None:
            raise Problem("conflict", "Someone else resolved the report meanwhile.")
        await audit.record(session, actor, f"report.{outcome}", ("report", report_id), {"note": note})
        return row
