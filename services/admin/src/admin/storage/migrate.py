"""Brings the schema up to date, as the owner of the tables; whoever serves with fewer rights only looks whether it is.

Every replica calls it at start. Where one role is both, an advisory lock lets one replica do it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

#: Revisions are numbers: the newest that this program knows.
NEWEST = max(file.name[:4] for file in (Path(__file__).parent / "migrations/versions").glob("[0-9]*.py"))


class NotMigrated(Exception):
    """The schema is older than this program, and the role may not change it."""


def migrate(parameters: dict[str, Any]) -> None:
    """Blocking; `parameters` are libpq's. Throws `NotMigrated` where the owner's migration is still to come.

    A schema that is newer is fine: the program before it serves on until its successor has taken over.
    """
    with psycopg.connect(**parameters, autocommit=True) as connection:
        [owner] = connection.execute("select has_schema_privilege('public', 'create')").fetchone() or [False]
        revision = _revision(connection)
    if owner:
        from admin.storage.upgrade import upgrade  # noqa: PLC0415

        upgrade(parameters, newer=revision > NEWEST)
    elif revision < NEWEST:
        raise NotMigrated(f"the owner's migration to {NEWEST} has not run yet")


def _revision(connection: psycopg.Connection) -> str:
    """Empty where there was no migration at all."""
    [known] = connection.execute("select to_regclass('public.alembic_version') is not null").fetchone() or [False]
    row = connection.execute("select version_num from alembic_version").fetchone() if known else None
    return str(row[0]) if row else ""
