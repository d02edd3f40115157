"""API keys: issue, change, rotate, revoke; every change is one event on `access.keys`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from admin.domain.errors import Problem, not_found
from admin.domain.identity import Principal, Role
from admin.domain.ids import new_id
from admin.domain.keys import Limits, check_count, check_expiry, key_event, new_key
from admin.domain.times import utc_now
from admin.operations.paging import Page, PageRequest, page_of
from admin.storage import audit, outbox
from admin.storage.database import Database, Row, Session

COLUMNS = (
    "id, org_id, name, key_sha256, hint, status, expires_at, requests_per_minute, tokens_per_month, version,"
    " replaced_by, created_by, created_at, updated_at"
)
OWNERS = (Role.CONSUMER, Role.PROVIDER)


@dataclass(frozen=True)
class KeySpec:
    name: str
    limits: Limits
    expires_at: datetime | None


async def issue(database: Database, actor: Principal, org_id: UUID, spec: KeySpec) -> tuple[Row, str]:
    """The second value is the key, which exists nowhere else."""
    actor.require(*OWNERS)
    actor.require_org(org_id, "organisation", org_id)
    check_expiry(spec.expires_at, utc_now())
    async with database.transaction() as session:
        organisation = await _organisation(session, org_id)
        if organisation["status"] != "active":
            raise Problem("conflict", "The organisation is suspended.")
        _check_limits(actor, spec.limits, organisation)
        active = await session.first(
            "select count(*) as active from api_keys where org_id = %s and status = 'active'"
            " and (expires_at is null or expires_at > now())",
            (org_id,),
        )
        check_count(active["active"])
        row, secret = await _insert(session, actor, org_id, spec)
        await audit.record(session, actor, "key.issued", ("key", row["id"]), {"orgId": org_id, "name": spec.name})
        return row, secret


async def read_all(database: Database, actor: Principal, request: PageRequest, org_id: UUID | None) -> Page:
    actor.require(*OWNERS)
    if org_id is not None:
        actor.require_org(org_id, "organisation", org_id)
    scope = org_id if actor.is_platform_admin else actor.org_id
    after = request.after(UUID)
    async with database.reading() as session:
        rows = await session.all(
            f"select {COLUMNS} from api_keys"
            " where (%(org)s::uuid is null or org_id = %(org)s) and (%(after)s::uuid is null or id < %(after)s)"
            " order by id desc limit %(limit)s",
            {"org": scope, "after": after and after[0], "limit": request.limit + 1},
        )
    return page_of(rows, request, "id")


async def read(database: Database, actor: Principal, key_id: UUID) -> Row:
    actor.require(*OWNERS)
    async with database.reading() as session:
        return await _find(session, actor, key_id)


async def change(database: Database, actor: Principal, key_id: UUID, values: dict[str, Any]) -> Row:
    """`values` holds only what changes: name, limits, expiry."""
    actor.require(*OWNERS)
    if "expires_at" in values:
        check_expiry(values["expires_at"], utc_now())
    async with database.transaction() as session:
        before, organisation = await _locked(session, actor, key_id)
        if before["status"] != "active":
            raise Problem("conflict", "The key is revoked.")
        after = {**before, **values}
        if after == before:
            return before
        _check_limits(actor, Limits(after["requests_per_minute"], after["tokens_per_month"]), organisation)
        row = await session.first(
            "update api_keys set name = %(name)s, expires_at = %(expires_at)s,"
            " requests_per_minute = %(requests_per_minute)s, tokens_per_month = %(tokens_per_month)s,"
            f" version = version + 1, updated_at = now() where id = %(id)s returning {COLUMNS}",
            after,
        )
        await _publish(session, row, "key.changed", organisation)
        await audit.record(session, actor, "key.changed", ("key", key_id), values)
        return row


async def revoke(database: Database, actor: Principal, key_id: UUID) -> Row:
    """Done once: of a revoked key nothing changes and no event goes out."""
    actor.require(*OWNERS)
    async with database.transaction() as session:
        before, organisation = await _locked(session, actor, key_id)
        if before["status"] == "revoked":
            return before
        row = await _end(session, before, None, organisation)
        await audit.record(session, actor, "key.revoked", ("key", key_id))
        return row


async def rotate(database: Database, actor: Principal, key_id: UUID, overlap_seconds: int) -> tuple[Row, str]:
    """A new key with the old one's limits; the old one ends now, or after the overlap."""
    actor.require(*OWNERS)
    async with database.transaction() as session:
        before, organisation = await _locked(session, actor, key_id)
        if before["status"] != "active" or before["replaced_by"] is not None:
            raise Problem("conflict", "The key is revoked or was rotated before.")
        if organisation["status"] != "active":
            raise Problem("conflict", "The organisation is suspended.")
        now = utc_now()
        if before["expires_at"] is not None and before["expires_at"] <= now:
            raise Problem("conflict", "The key has expired; issue a new one.")
        limits = Limits(before["requests_per_minute"], before["tokens_per_month"])
        row, secret = await _insert(
            session, actor, before["org_id"], KeySpec(before["name"], limits, before["expires_at"])
        )
        end = now + timedelta(seconds=overlap_seconds) if overlap_seconds else None
        if end is not None and before["expires_at"] is not None:
            end = min(end, before["expires_at"])
        await _end(session, before, end, organisation, replaced_by=row["id"])
        await audit.record(session, actor, "key.rotated", ("key", key_id), {"replacedBy": row["id"]})
        return row, secret


async def publish_all(session: Session, org_id: UUID, *, organisation_active: bool) -> None:
    """One event for each key that is not revoked, after its organisation was suspended or restored."""
    rows = await session.all(
        "update api_keys set version = version + 1, updated_at = now() where org_id = %s and status = 'active'"
        f" returning {COLUMNS}",
        (org_id,),
    )
    organisation = {"status": "active" if organisation_active else "suspended"}
    for row in rows:
        await _publish(session, row, "key.changed" if organisation_active else "key.revoked", organisation)


async def _insert(session: Session, actor: Principal, org_id: UUID, spec: KeySpec) -> tuple[Row, str]:
    key = new_key()
    row = await session.first(
        "insert into api_keys (id, org_id, name, key_sha256, hint, expires_at, requests_per_minute, tokens_per_month,"
        f" created_by) values (%s, %s, %s, %s, %s, %s, %s, %s, %s) returning {COLUMNS}",
        (
            new_id(),
            org_id,
            spec.name,
            key.sha256,
            key.hint,
            spec.expires_at,
            spec.limits.requests_per_minute,
            spec.limits.tokens_per_month,
            actor.subject,
        ),
    )
    await _publish(session, row, "key.issued", {"status": "active"})
    return row, key.secret


async def _end(
    session: Session, row: Row, at: datetime | None, organisation: Row, replaced_by: UUID | None = None
) -> Row:
    """Revokes now, or lets the key expire at a time."""
    ended = await session.first(
        "update api_keys set status = case when %(at)s::timestamptz is null then 'revoked' else status end,"
        " expires_at = coalesce(%(at)s, expires_at), replaced_by = coalesce(%(by)s, replaced_by),"
        f" version = version + 1, updated_at = now() where id = %(id)s returning {COLUMNS}",
        {"at": at, "by": replaced_by, "id": row["id"]},
    )
    await _publish(session, ended, "key.revoked" if at is None else "key.changed", organisation)
    return ended


async def _publish(session: Session, row: Row, event_type: str, organisation: Row) -> None:
    active = organisation["status"] == "active"
    value = key_event(row, organisation_active=active, event_id=new_id(), now=utc_now())
    await outbox.append(session, outbox.Event("access.keys", row["key_sha256"], event_type, value))


async def _find(session: Session, actor: Principal, key_id: UUID) -> Row:
    row = await session.one(f"select {COLUMNS} from api_keys where id = %s", (key_id,))
    if row is None:
        raise not_found("key", key_id)
    actor.require_org(row["org_id"], "key", key_id)
    return row


async def _locked(session: Session, actor: Principal, key_id: UUID) -> tuple[Row, Row]:
    """The key and its organisation, whose lock is taken first, everywhere: so none waits in a ring."""
    found = await _find(session, actor, key_id)
    organisation = await _organisation(session, found["org_id"])
    query = f"select {COLUMNS} from api_keys where id = %s for update"
    return await session.first(query, (key_id,)), organisation


async def _organisation(session: Session, org_id: UUID) -> Row:
    row = await session.one(
        "select status, max_requests_per_minute, max_tokens_per_month from organisations where id = %s for update",
        (org_id,),
    )
    if row is None:
        raise not_found("organisation", org_id)
    return row


def _check_limits(actor: Principal, limits: Limits, organisation: Row) -> None:
    """The ceiling binds the organisation's own people; a platform admin may go above it."""
    if not actor.is_platform_admin:
        limits.check_within(Limits(organisation["max_requests_per_minute"], organisation["max_tokens_per_month"]))
