"""Brings the schema up to date, as the owner of the tables; whoever serves with fewer rights only looks whether it is.

Every replica calls it at start. Where one role is both, an advisory lock lets one replica do it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from admin.storage.rights import grant_runtime

#: Any number that no other user of the database takes: "admi" in ASCII.
MIGRATION_LOCK = 0x61646D69
#: A change of the schema may rewrite a table, and waits for the replica that is at it.
MIGRATION_TIMEOUT_MS = 600_000


class NotMigrated(Exception):
    """The schema is older than this program, and the role may not change it."""


def migrate(parameters: dict[str, Any]) -> None:
    """Blocking; `parameters` are libpq's. Throws `NotMigrated` where the owner's migration is still to come."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(**parameters), poolclass=NullPool)
    with engine.connect() as connection:
        config = alembic_config(connection)
        if connection.scalar(text("select has_schema_privilege('public', 'create')")):
            _upgrade(connection, config)
        else:
            _expect_upgraded(connection, config)
    engine.dispose()


def _upgrade(connection: Connection, config: Config) -> None:
    connection.execute(text(f"set statement_timeout = {MIGRATION_TIMEOUT_MS}"))
    connection.execute(text("select pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
    connection.commit()
    try:
        if not _is_upgraded(connection, config):
            command.upgrade(config, "head")
        grant_runtime(connection)
        connection.commit()
    finally:
        connection.rollback()
        connection.execute(text("select pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()


def _expect_upgraded(connection: Connection, config: Config) -> None:
    if not _is_upgraded(connection, config):
        raise NotMigrated(f"the owner's migration to {_head(config)} has not run yet")


def _is_upgraded(connection: Connection, config: Config) -> bool:
    """Revisions are numbers. A newer one is fine: the program before it serves until its successor has taken over."""
    if not connection.scalar(text("select to_regclass('public.alembic_version') is not null")):
        return False
    found = connection.scalar(text("select version_num from alembic_version"))
    return found is not None and found >= _head(config)


def _head(config: Config) -> str:
    head = ScriptDirectory.from_config(config).get_current_head()
    assert head is not None
    return head


def alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
