"""Metering records that could not be counted: kept from `metering.dead-letter`, counted by hand once they can be."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from admin.domain.dead_letters import DeadLetter
from admin.domain.errors import Problem, not_found
from admin.domain.identity import Principal
from admin.domain.metering import Refusal, Terms, read_record
from admin.domain.times import utc_now
from admin.operations import metering
from admin.operations.paging import Page, PageRequest, page_of
from admin.storage import audit
from admin.storage.database import Database, Row, Session

COLUMNS = 'id, topic, partition, "offset", reason, state, occurred_at, replayed_at'


@dataclass(frozen=True)
class Replayed:
    """`refused` stay as they are, waiting."""

    counted: int
    duplicates: int
    refused: int


async def keep(session: Session, letters: list[DeadLetter]) -> None:
    """Each once: the id comes from the record's place in Kafka."""
    for letter in letters:
        await session.execute(
            'insert into dead_letters (id, topic, partition, "offset", reason, value, occurred_at)'
            " values (%s, %s, %s, %s, %s, %s, %s) on conflict (id) do nothing",
            (
                letter.event_id,
                letter.topic,
                letter.partition,
                letter.offset,
                letter.reason,
                letter.value,
                letter.occurred_at,
            ),
        )


async def read_all(database: Database, actor: Principal, request: PageRequest, state: str | None) -> Page:
    actor.require()
    after = request.after(UUID)
    async with database.reading() as session:
        rows = await session.all(
            f"select {COLUMNS} from dead_letters"
            " where (%(state)s::text is null or state = %(state)s) and (%(after)s::uuid is null or id > %(after)s)"
            " order by id limit %(limit)s",
            {"state": state, "after": after and after[0], "limit": request.limit + 1},
        )
    return page_of(rows, request, "id")


async def replay(database: Database, actor: Principal, letter_id: UUID, terms: Terms) -> Row:
    actor.require()
    async with database.transaction() as session:
        letter = await session.one(
            "select id, state, value from dead_letters where id = %s for update",
            (letter_id,),
        )
        if letter is None:
            raise not_found("dead letter", letter_id)
        if letter["state"] != "waiting":
            raise Problem("conflict", "The dead letter was replayed before.")
        record = read_record(letter["value"], utc_now(), terms)
        if isinstance(record, Refusal):
            raise Problem("conflict", f"The record still cannot be counted. {record.reason}")
        await metering.count(session, [record], terms.fee_basis_points)
        await _mark(session, [letter_id])
        await audit.record(session, actor, "dead-letter.replayed", ("dead-letter", letter_id))
        query = f"select {COLUMNS} from dead_letters where id = %s"
        return await session.first(query, (letter_id,))


async def replay_waiting(database: Database, actor: Principal, limit: int, terms: Terms) -> Replayed:
    """Up to `limit` that wait; for after a release that reads what the one before could not.

    First those that were never tried, then those whose last try is longest ago: asked again it goes on with the next.
    """
    actor.require()
    async with database.transaction() as session:
        letters = await session.all(
            "select id, value from dead_letters where state = 'waiting'"
            " order by tried_at nulls first, id limit %s for update skip locked",
            (limit,),
        )
        now = utc_now()
        read = [(letter["id"], read_record(letter["value"], now, terms)) for letter in letters]
        records = {letter_id: record for letter_id, record in read if not isinstance(record, Refusal)}
        result = await metering.count(session, list(records.values()), terms.fee_basis_points)
        await _mark(session, list(records))
        refused = [letter_id for letter_id, record in read if isinstance(record, Refusal)]
        await session.execute("update dead_letters set tried_at = now() where id = any(%s)", (refused,))
        outcome = Replayed(result.counted, result.duplicates, len(refused))
        await audit.record(session, actor, "dead-letters.replayed", ("dead-letters", "waiting"), vars(outcome))
        return outcome


async def _mark(session: Session, ids: list[UUID]) -> None:
    await session.execute(
        "update dead_letters set state = 'replayed', replayed_at = now() where id = any(%s)",
        (ids,),
    )
