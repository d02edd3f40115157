"""Whether the service can serve. It can without Kafka: changes wait in the outbox, and records in Kafka itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal

from admin.messaging.kafka import Kafka
from admin.messaging.worker import pause
from admin.storage import outbox
from admin.storage.database import Database
from admin.telemetry.metrics import Metrics

CHECK_SECONDS = 3.0
CHECK_TIMEOUT_SECONDS = 2.5
State = Literal["up", "down"]

_log = logging.getLogger("admin.health")


class Health:
    def __init__(self, database: Database, kafka: Kafka, metrics: Metrics) -> None:
        self._database = database
        self._kafka = kafka
        self._metrics = metrics
        self.dependencies: dict[str, State] = {"postgres": "down", "kafka": "down"}
        self._seen: dict[str, State] = {}
        self.migrated = False
        self.stopping = False
        for name in self.dependencies:
            metrics.dependency_up.labels(name).set(0)

    @property
    def ready(self) -> bool:
        return self.migrated and not self.stopping and self.dependencies["postgres"] == "up"

    async def run(self, stopping: asyncio.Event) -> None:
        try:
            while not stopping.is_set():
                await asyncio.gather(self._check("postgres", self._postgres), self._check("kafka", self._kafka.check))
                await pause(stopping, CHECK_SECONDS)
        finally:
            await self._kafka.close()

    async def _postgres(self) -> None:
        await self._database.check()
        if self.migrated:
            async with self._database.reading() as session:
                self._metrics.outbox_pending.set(await outbox.pending(session))

    async def _check(self, name: str, check: Callable[[], Awaitable[None]]) -> None:
        try:
            async with asyncio.timeout(CHECK_TIMEOUT_SECONDS):
                await check()
            state: State = "up"
        except Exception as error:
            state = "down"
            if self._seen.get(name) != "down":
                _log.warning("%s is down", name, extra={"dependency": name, "error": reason(error)})
        if state == "up" and self._seen.get(name) == "down":
            _log.info("%s is up again", name, extra={"dependency": name})
        self._seen[name] = self.dependencies[name] = state
        self._metrics.dependency_up.labels(name).set(1 if state == "up" else 0)


def reason(error: BaseException) -> str:
    """The error and what it came of, on one line."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return text if error.__cause__ is None else f"{text}; caused by {reason(error.__cause__)}"
