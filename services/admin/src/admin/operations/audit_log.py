"""Reading the audit log."""

from __future__ import annotations

from uuid import UUID

from admin.domain.identity import Principal
from admin.operations.paging import Page, PageRequest, page_of
from admin.storage.database import Database


async def read_all(
    database: Database, actor: Principal, request: PageRequest, kind: str | None, subject_id: str | None
) -> Page:
    """Newest first; platform admins only."""
    actor.require()
    after = request.after(UUID)
    async with database.reading() as session:
        rows = await session.all(
            "select id, at, actor, actor_org_id, action, subject_kind, subject_id, detail, request_id from audit_log"
            " where (%(kind)s::text is null or subject_kind = %(kind)s)"
            " and (%(subject)s::text is null or subject_id = %(subject)s)"
            " and (%(after)s::uuid is null or id < %(after)s) order by id desc limit %(limit)s",
            {"kind": kind, "subject": subject_id, "after": after and after[0], "limit": request.limit + 1},
        )
    return page_of(rows, request, "id")
