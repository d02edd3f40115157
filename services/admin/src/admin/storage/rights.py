"""What the role that serves may do with each table: read and change rows, and of history only add to it."""

from __future__ import annotations

from sqlalchemy import Connection, text

#: Locking a row takes the right to update one column of it at least; `metering_records` is locked to be forgotten.
RIGHTS = {
    "alembic_version": "select",
    "api_keys": "select, insert, update",
    "audit_log": "select, insert",
    "dead_letters": "select, insert, update (state, replayed_at, tried_at)",
    "decisions": "select, insert, update (state, failure, finished_at)",
    "flags": "select, insert, update, delete",
    "listing_reports": "select, insert, update (state, note, resolved_by, resolved_at)",
    "metering_records": "select, insert, update (call_id), delete",
    "organisations": "select, insert, update",
    "outbox": "select, insert, delete",
    "provider_approvals": "select, insert, update",
    "usage_daily": "select, insert, update",
    "users": "select, insert, update",
}


def grant_runtime(connection: Connection) -> None:
    """Gives `<user>_runtime`, where the platform has made that role, these rights and no others."""
    quoted = connection.scalar(
        text("select quote_ident(rolname) from pg_roles where rolname = current_user || '_runtime'")
    )
    if quoted is None:
        return
    connection.execute(text(f"revoke all on all tables in schema public from {quoted}"))
    connection.execute(text(f"grant usage on schema public to {quoted}"))
    for table, rights in RIGHTS.items():
        connection.execute(text(f"grant {rights} on {table} to {quoted}"))
