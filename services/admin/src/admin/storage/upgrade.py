"""Changes the schema, by Alembic, and hands out rights on it. Only migrations load this: a third of a start's time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from admin.storage.rights import grant_runtime

#: Any number that no other user of the database takes: "admi" in ASCII.
MIGRATION_LOCK = 0x61646D69
#: A change of the schema may rewrite a table, and waits for the replica that is at it.
MIGRATION_TIMEOUT_MS = 600_000


def upgrade(parameters: dict[str, Any], newer: bool) -> None:
    """Blocking; `parameters` are libpq's. Nothing is changed where the schema is at its newest already, or `newer`."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(**parameters), poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(f"set statement_timeout = {MIGRATION_TIMEOUT_MS}"))
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()
        try:
            if not newer:
                command.upgrade(alembic_config(connection), "head")
            grant_runtime(connection)
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("select pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
            connection.commit()
    engine.dispose()


def alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
