"""PostgreSQL: a pool, transactions, and one span a statement."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import psycopg
from opentelemetry import trace
from psycopg import sql
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from admin.domain.errors import Problem
from admin.settings import DatabaseSettings
from admin.storage.connection import connection_parameters

Row = dict[str, Any]
Query = str | sql.Composed | sql.SQL
Params = Sequence[Any] | Mapping[str, Any] | None
Connection = psycopg.AsyncConnection[Row]

POOL_WAIT_SECONDS = 5
RETRY_AFTER_SECONDS = 5

_tracer = trace.get_tracer("admin.storage")


class Session:
    """Statements of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def all(self, query: Query, params: Params = None) -> list[Row]:
        async with self._run(query, params) as cursor:
            return await cursor.fetchall()

    async def one(self, query: Query, params: Params = None) -> Row | None:
        async with self._run(query, params) as cursor:
            return await cursor.fetchone()

    async def first(self, query: Query, params: Params = None) -> Row:
        """The row of a statement that always gives one: an aggregate, an insert with `returning`."""
        row = await self.one(query, params)
        assert row is not None
        return row

    async def execute(self, query: Query, params: Params = None) -> int:
        async with self._run(query, params) as cursor:
            return cursor.rowcount

    @asynccontextmanager
    async def _run(self, query: Query, params: Params) -> AsyncIterator[psycopg.AsyncCursor[Row]]:
        text = query if isinstance(query, str) else query.as_string()
        verb = text.split(maxsplit=1)[0].upper()
        attributes = {"db.system.name": "postgresql", "db.operation.name": verb, "db.query.text": text}
        with _tracer.start_as_current_span(verb, kind=trace.SpanKind.CLIENT, attributes=attributes):
            async with self.connection.cursor() as cursor:
                yield await cursor.execute(cast("sql.SQL", query), params)


class Database:
    """`transaction` gives a session, commits at its end and rolls back on any error."""

    def __init__(self, settings: DatabaseSettings, region: str | None = None) -> None:
        self._settings = settings
        self._region = region
        self._pool = AsyncConnectionPool[Connection](
            "",
            kwargs=self._parameters,
            # One connection to begin with: a replica at rest takes no more than it needs of the 500.
            min_size=1,
            max_size=settings.database_pool_size,
            timeout=POOL_WAIT_SECONDS,
            max_idle=300,
            # Below the 15 minutes of a token and the life of a certificate.
            max_lifetime=600,
            reconnect_timeout=30,
            check=AsyncConnectionPool.check_connection,
            open=False,
            name="admin",
        )

    async def _parameters(self) -> Row:
        return {**await connection_parameters(self._settings, self._region), "row_factory": dict_row}

    async def open(self) -> None:
        await self._pool.open()

    async def close(self) -> None:
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        async with self._pool.connection() as connection:
            yield connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        async with self._pool.connection() as connection, connection.transaction():
            yield Session(connection)

    async def check(self) -> None:
        """Throws unless the database answers, with what a connection fails with where the pool has none to give."""
        try:
            async with self._pool.connection(timeout=1.5) as connection:
                await connection.execute("select 1")
        except PoolTimeout:
            async with await psycopg.AsyncConnection.connect(**await self._parameters()):
                raise


#: What the database throws while it is away or starting, as opposed to what a statement did wrong.
UNAVAILABLE: tuple[type[Exception], ...] = (
    PoolTimeout,
    psycopg.OperationalError,
    psycopg.errors.AdminShutdown,
    psycopg.errors.CannotConnectNow,
)


def unavailable(_: Exception) -> Problem:
    return Problem(
        "dependency-unavailable",
        "The database does not answer; try again shortly.",
        retry_after_seconds=RETRY_AFTER_SECONDS,
    )
