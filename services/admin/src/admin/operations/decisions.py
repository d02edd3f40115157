"""Decisions on listings: approve, reject, suspend, restore. Publishing changes the listing, we keep the decision."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from admin.domain.errors import Problem
from admin.domain.identity import Principal, Role
from admin.domain.ids import new_id
from admin.operations.paging import Page, PageRequest, page_of
from admin.publishing import Publishing
from admin.storage import audit
from admin.storage.database import Database, Row
from admin.telemetry.metrics import Metrics

Kind = Literal["approve", "reject", "suspend", "restore"]
COLUMNS = "id, listing_id, kind, reason, report_id, state, failure, decided_by, decided_at, finished_at"
_counted = {"approve": "approved", "reject": "rejected"}


class Decisions:
    def __init__(self, database: Database, publishing: Publishing, metrics: Metrics) -> None:
        self._database = database
        self._publishing = publishing
        self._metrics = metrics

    async def queue(self, actor: Principal, limit: int, cursor: str | None) -> Row:
        """Listings in review, as publishing shows them to the caller."""
        actor.require(Role.REVIEWER)
        return await self._publishing.in_review(actor, limit, cursor)

    async def decide(
        self, actor: Principal, listing_id: UUID, kind: Kind, reason: str, report_id: UUID | None = None
    ) -> Row:
        """
        Noted before publishing is asked and finished after: a decision whose outcome was never learnt stays `pending`
        and can be seen, none is lost without a trace.
        """
        actor.require(Role.REVIEWER)
        decision_id = new_id()
        async with self._database.transaction() as session:
            await session.execute(
                "insert into decisions (id, listing_id, kind, reason, report_id, decided_by)"
                " values (%s, %s, %s, %s, %s, %s)",
                (decision_id, listing_id, kind, reason, report_id, actor.subject),
            )
        try:
            await self._publishing.act(actor, listing_id, kind, reason, decision_id)
        except Problem as problem:
            # Of a time-out the outcome is unknown: the listing may have changed.
            if problem.code != "upstream-timeout":
                await self._finish(actor, decision_id, "failed", problem.code)
            raise
        row = await self._finish(actor, decision_id, "done", None)
        if kind in _counted:
            self._metrics.reviews.labels(_counted[kind]).inc()
        return row

    async def read_all(self, actor: Principal, request: PageRequest, listing_id: UUID | None) -> Page:
        actor.require(Role.REVIEWER)
        after = request.after(UUID)
        async with self._database.reading() as session:
            rows = await session.all(
                f"select {COLUMNS} from decisions"
                " where (%(listing)s::uuid is null or listing_id = %(listing)s)"
                " and (%(after)s::uuid is null or id < %(after)s) order by id desc limit %(limit)s",
                {"listing": listing_id, "after": after and after[0], "limit": request.limit + 1},
            )
        return page_of(rows, request, "id")

    async def _finish(self, actor: Principal, decision_id: UUID, state: str, failure: str | None) -> Row:
        async with self._database.transaction() as session:
            row = await session.first(
                f"update decisions set state = %s, failure = %s, finished_at = now() where id = %s returning {COLUMNS}",
                (state, failure, decision_id),
            )
            detail = {"decision": decision_id, "reason": row["reason"], "state": state, "failure": failure}
            await audit.record(session, actor, f"listing.{row['kind']}", ("listing", row["listing_id"]), detail)
            return row
