"""Users: what is known of the subjects whose tokens were seen, and the roles that this platform adds to the token's."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from admin.domain.errors import Problem, not_found
from admin.domain.identity import Principal, Role
from admin.operations.paging import Page, PageRequest, page_of
from admin.storage import audit
from admin.storage.database import Database, Row

COLUMNS = "subject, org_id, token_roles, granted_roles, suspended, first_seen_at, last_seen_at"


async def project(database: Database, principal: Principal) -> Row:
    """Notes who came, and returns what this platform adds. Who moves to another organisation loses what was granted."""
    async with database.transaction() as session:
        await session.execute(
            "insert into organisations (id, name) values (%s, %s) on conflict (id) do nothing",
            (principal.org_id, str(principal.org_id)),
        )
        return await session.first(
            "insert into users (subject, org_id, token_roles) values (%s, %s, %s)"
            " on conflict (subject) do update set org_id = excluded.org_id, token_roles = excluded.token_roles,"
            " granted_roles = case when users.org_id = excluded.org_id then users.granted_roles else '{}' end,"
            " last_seen_at = now()"
            " returning granted_roles, suspended,"
            " (select status from organisations where id = users.org_id) as organisation_status",
            (principal.subject, principal.org_id, sorted(principal.roles)),
        )


async def read_all(database: Database, actor: Principal, request: PageRequest, org_id: UUID | None) -> Page:
    """Of one's own organisation; a platform admin may name another or see all."""
    if org_id is not None:
        actor.require_org(org_id, "organisation", org_id)
    scope = org_id if actor.is_platform_admin else actor.org_id
    after = request.after(str)
    async with database.reading() as session:
        rows = await session.all(
            f"select {COLUMNS} from users"
            " where (%(org)s::uuid is null or org_id = %(org)s) and (%(after)s::text is null or subject > %(after)s)"
            " order by subject limit %(limit)s",
            {"org": scope, "after": after and after[0], "limit": request.limit + 1},
        )
    return page_of(rows, request, "subject")


async def read(database: Database, actor: Principal, subject: str) -> Row:
    async with database.reading() as session:
        query = f"select {COLUMNS} from users where subject = %s"
        row = await session.one(query, (subject,))
    if row is None:
        raise not_found("user", subject)
    actor.require_org(row["org_id"], "user", subject)
    return row


async def change(
    database: Database, actor: Principal, subject: str, granted_roles: Collection[Role] | None, suspended: bool | None
) -> Row:
    """Platform admins only, and nobody about themselves: no one locks themselves out or raises themselves."""
    actor.require()
    if subject == actor.subject:
        raise Problem("conflict", "Nobody changes their own roles or state; ask another platform admin.")
    async with database.transaction() as session:
        row = await session.one(
            "update users set granted_roles = coalesce(%s, granted_roles), suspended = coalesce(%s, suspended)"
            f" where subject = %s returning {COLUMNS}",
            (None if granted_roles is None else sorted(set(granted_roles)), suspended, subject),
        )
        if row is None:
            raise not_found("user", subject)
        detail = {"grantedRoles": row["granted_roles"], "suspended": row["suspended"]}
        await audit.record(session, actor, "user.changed", ("user", subject), detail)
        return row
