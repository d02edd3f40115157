"""Forgets single calls after their time, so that their table stops growing."""

from __future__ import annotations

import asyncio
import logging

from admin.domain.metering import Terms
from admin.domain.times import utc_now
from admin.messaging.worker import pause
from admin.operations import metering
from admin.storage.database import Database

EVERY_SECONDS = 3_600.0
#: Between two batches: what is late by months has no claim on the database's time.
BREATH_SECONDS = 0.5

_log = logging.getLogger("admin.retention")


class Retention:
    """Every replica runs it; rows that one is at are left out by the others."""

    def __init__(self, database: Database, terms: Terms) -> None:
        self._database = database
        self._terms = terms

    async def run(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            async with self._database.transaction() as session:
                forgotten = await metering.forget(session, utc_now(), self._terms)
            if forgotten:
                _log.info("Forgot calls past their time", extra={"records": forgotten})
            await pause(stopping, BREATH_SECONDS if forgotten else EVERY_SECONDS)
