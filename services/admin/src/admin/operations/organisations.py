"""Organisations: projections of the token's `org`, with a name, a state and ceilings for their keys."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from admin.domain.errors import not_found
from admin.domain.identity import Principal
from admin.operations import keys
from admin.operations.paging import Page, PageRequest, page_of
from admin.storage import audit
from admin.storage.database import Database, Row, Session

COLUMNS = "id, name, status, max_requests_per_minute, max_tokens_per_month, created_at, updated_at"


async def create(database: Database, actor: Principal, org_id: UUID, values: dict[str, Any]) -> tuple[Row, bool]:
    """Registers one before its first token is seen, or gives what there is; the flag says whether it is new."""
    actor.require()
    async with database.transaction() as session:
        created = await session.one(
            "insert into organisations (id, name) values (%s, %s) on conflict (id) do nothing returning " + COLUMNS,
            (org_id, values["name"]),
        )
        if created is None:
            return await _find(session, org_id), False
        await audit.record(session, actor, "organisation.created", ("organisation", org_id), values)
        return created, True


async def read(database: Database, actor: Principal, org_id: UUID) -> Row:
    actor.require_org(org_id, "organisation", org_id)
    async with database.reading() as session:
        return await _find(session, org_id)


async def read_all(database: Database, actor: Principal, request: PageRequest) -> Page:
    """A platform admin sees all, anyone else their own."""
    after = request.after(UUID)
    async with database.reading() as session:
        rows = await session.all(
            f"select {COLUMNS} from organisations"
            " where (%(own)s::uuid is null or id = %(own)s) and (%(after)s::uuid is null or id > %(after)s)"
            " order by id limit %(limit)s",
            {
                "own": None if actor.is_platform_admin else actor.org_id,
                "after": after and after[0],
                "limit": request.limit + 1,
            },
        )
    return page_of(rows, request, "id")


async def change(database: Database, actor: Principal, org_id: UUID, values: dict[str, Any]) -> Row:
    """`values` holds only what changes. Suspending revokes every key for consumption; restoring gives them back."""
    actor.require()
    async with database.transaction() as session:
        before = await _find(session, org_id, lock=True)
        after = {**before, **values}
        if after == before:
            return before
        row = await session.first(
            "update organisations set name = %(name)s, status = %(status)s,"
            " max_requests_per_minute = %(max_requests_per_minute)s, max_tokens_per_month = %(max_tokens_per_month)s,"
            f" updated_at = now() where id = %(id)s returning {COLUMNS}",
            after,
        )
        if row["status"] != before["status"]:
            await keys.publish_all(session, org_id, organisation_active=row["status"] == "active")
        await audit.record(session, actor, "organisation.changed", ("organisation", org_id), values)
        return row


async def _find(session: Session, org_id: UUID, *, lock: bool = False) -> Row:
    query = f"select {COLUMNS} from organisations where id = %s"
    row = await session.one(query + (" for update" if lock else ""), (org_id,))
    if row is None:
        raise not_found("organisation", org_id)
    return row
