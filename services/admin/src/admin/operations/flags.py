"""Feature flags: kept by platform admins, answered to everyone."""

from __future__ import annotations

from typing import Any

from admin.domain.errors import not_found
from admin.domain.flags import Flag, evaluate
from admin.domain.identity import Principal
from admin.operations.paging import Page, PageRequest, page_of
from admin.storage import audit
from admin.storage.database import Database, Row
from admin.storage.upsert import upsert

COLUMNS = "key, description, kind, enabled, percentage, organisation_ids, updated_by, updated_at"


async def put(database: Database, actor: Principal, key: str, values: dict[str, Any]) -> tuple[Row, bool]:
    """The whole flag; the second value says whether it is new."""
    actor.require()
    async with database.transaction() as session:
        given = {**values, "organisation_ids": list(values["organisation_ids"]), "updated_by": actor.subject}
        row, fresh = await upsert(
            session, "flags", "key", {"key": key, **given}, COLUMNS, replaced=[*given, "updated_at"]
        )
        await audit.record(session, actor, "flag.created" if fresh else "flag.changed", ("flag", key), values)
        return row, fresh


async def delete(database: Database, actor: Principal, key: str) -> None:
    actor.require()
    async with database.transaction() as session:
        if not await session.execute("delete from flags where key = %s", (key,)):
            raise not_found("flag", key)
        await audit.record(session, actor, "flag.deleted", ("flag", key))


async def read(database: Database, actor: Principal, key: str) -> Row:
    actor.require()
    async with database.reading() as session:
        row = await session.one(f"select {COLUMNS} from flags where key = %s", (key,))
    if row is None:
        raise not_found("flag", key)
    return row


async def read_all(database: Database, actor: Principal, request: PageRequest) -> Page:
    actor.require()
    after = request.after(str)
    async with database.reading() as session:
        rows = await session.all(
            f"select {COLUMNS} from flags"
            " where %(after)s::text is null or key > %(after)s order by key limit %(limit)s",
            {"after": after and after[0], "limit": request.limit + 1},
        )
    return page_of(rows, request, "key")


async def evaluate_for(database: Database, actor: Principal, keys: list[str]) -> dict[str, bool]:
    """For the caller's organisation; a flag that does not exist is off, so that code may ship before its flag."""
    async with database.reading() as session:
        rows = await session.all(
            "select key, kind, enabled, percentage, organisation_ids from flags where key = any(%s)", (keys,)
        )
    known = {row["key"]: evaluate(Flag(**row), actor.org_id) for row in rows}
    return {key: known.get(key, False) for key in keys}
