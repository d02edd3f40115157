"""PostgreSQL: a pool, transactions, and one span a statement."""

from __future__ import annotations

import select
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from typing import Any

import psycopg
from opentelemetry import trace
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from admin.domain.errors import Problem
from admin.settings import DatabaseSettings
from admin.storage.connection import connection_parameters

Row = dict[str, Any]
Params = Sequence[Any] | Mapping[str, Any] | None
Connection = psycopg.AsyncConnection[Row]

POOL_WAIT_SECONDS = 5
RETRY_AFTER_SECONDS = 5

_tracer = trace.get_tracer("admin.storage")


class Session:
    """Statements of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def all(self, query: str, params: Params = None) -> list[Row]:
        async with self._run(query, params) as cursor:
            return await cursor.fetchall()

    async def one(self, query: str, params: Params = None) -> Row | None:
        async with self._run(query, params) as cursor:
            return await cursor.fetchone()

    async def first(self, query: str, params: Params = None) -> Row:
        """The row of a statement that always gives one: an aggregate, an insert with `returning`."""
        row = await self.one(query, params)
        assert row is not None
        return row

    async def execute(self, query: str, params: Params = None) -> int:
        async with self._run(query, params) as cursor:
            return cursor.rowcount

    @asynccontextmanager
    async def _run(self, query: str, params: Params) -> AsyncIterator[psycopg.AsyncCursor[Row]]:
        with _span(query):
            async with self.connection.cursor() as cursor:
                yield await cursor.execute(query, params)


def _span(query: str) -> AbstractContextManager[object]:
    parent = trace.get_current_span().get_span_context()
    if parent.is_valid and not parent.trace_flags.sampled:
        # Sampled by parent: there would be nothing to keep.
        return nullcontext()
    verb = query.split(maxsplit=1)[0].upper()
    attributes = {"db.system.name": "postgresql", "db.operation.name": verb, "db.query.text": query}
    return _tracer.start_as_current_span(verb, kind=trace.SpanKind.CLIENT, attributes=attributes)


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
            check=_check_unless_quiet,
            open=False,
            name="admin",
        )

    async def _parameters(self) -> Row:
        parameters = await connection_parameters(self._settings, self._region)
        return {**parameters, "row_factory": dict_row, "autocommit": True}

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

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Session]:
        """For one statement that only reads: it is a transaction by itself, in one round trip instead of three."""
        async with self._pool.connection() as connection:
            yield Session(connection)

    async def check(self) -> None:
        """Throws unless the database answers, with what a connection fails with where the pool has none to give."""
        try:
            async with self._pool.connection(timeout=1.5) as connection:
                await connection.execute("select 1")
        except PoolTimeout:
            async with await psycopg.AsyncConnection.connect(**await self._parameters()):
                raise


async def _check_unless_quiet(connection: Connection) -> None:
    """A server that has ended a connection, or says something unasked, is read of its socket; only then is it asked.

    A round trip before every statement would be half of a report's. What disappears without a word is found by the
    keepalives, and no sooner by asking.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        await AsyncConnectionPool.check_connection(connection)


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
