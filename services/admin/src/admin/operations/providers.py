"""Hosts of model providers that consumption may call; every change is one event on `provider.approvals`."""

from __future__ import annotations

from admin.domain.errors import not_found
from admin.domain.hosts import check_host
from admin.domain.identity import Principal
from admin.domain.ids import new_id
from admin.domain.times import rfc3339, utc_now
from admin.operations.paging import Page, PageRequest, page_of
from admin.storage import audit, outbox
from admin.storage.database import Database, Row, Session
from admin.storage.upsert import upsert

COLUMNS = "host, approved, note, decided_by, decided_at"


async def approve(database: Database, actor: Principal, host: str, note: str) -> tuple[Row, bool]:
    """The flag says whether the host is new to the list."""
    actor.require()
    check_host(host)
    async with database.transaction() as session:
        # Inserted as not approved, then decided like one that was known.
        values = {"host": host, "approved": False, "decided_by": actor.subject}
        before, fresh = await upsert(session, "provider_approvals", "host", values, COLUMNS)
        if before["approved"] and before["note"] == note:
            return before, False
        return await _decide(session, actor, before, approved=True, note=note), fresh


async def revoke(database: Database, actor: Principal, host: str) -> Row:
    actor.require()
    check_host(host)
    async with database.transaction() as session:
        before = await _locked(session, host)
        if not before["approved"]:
            return before
        return await _decide(session, actor, before, approved=False, note=before["note"])


async def read(database: Database, actor: Principal, host: str) -> Row:
    actor.require()
    check_host(host)
    async with database.reading() as session:
        query = f"select {COLUMNS} from provider_approvals where host = %s"
        row = await session.one(query, (host,))
    if row is None:
        raise not_found("provider", host)
    return row


async def read_all(database: Database, actor: Principal, request: PageRequest) -> Page:
    actor.require()
    after = request.after(str)
    async with database.reading() as session:
        rows = await session.all(
            f"select {COLUMNS} from provider_approvals"
            " where %(after)s::text is null or host > %(after)s order by host limit %(limit)s",
            {"after": after and after[0], "limit": request.limit + 1},
        )
    return page_of(rows, request, "host")


async def _locked(session: Session, host: str) -> Row:
    query = f"select {COLUMNS} from provider_approvals where host = %s for update"
    row = await session.one(query, (host,))
    if row is None:
        raise not_found("provider", host)
    return row


async def _decide(session: Session, actor: Principal, before: Row, *, approved: bool, note: str) -> Row:
    host = before["host"]
    row = await session.first(
        "update provider_approvals set approved = %s, note = %s, decided_by = %s, decided_at = now()"
        f" where host = %s returning {COLUMNS}",
        (approved, note, actor.subject, host),
    )
    action = "provider.approved" if approved else "provider.revoked"
    # A note that changes alone is no event: consumption would learn nothing.
    if before["approved"] != approved:
        value = {
            "eventId": str(new_id()),
            "occurredAt": rfc3339(utc_now()),
            "host": host,
            "approved": approved,
            "approvedBy": actor.subject,
        }
        await outbox.append(session, outbox.Event("provider.approvals", host, action, value))
    await audit.record(session, actor, action, ("provider", host), {"note": note})
    return row
