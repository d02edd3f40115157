"""The running service: put together, started, stopped without losing what it had taken up."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
import uvloop

from admin.app import create_app
from admin.domain.metering import Terms
from admin.health import Health
from admin.http.identity import Authenticator
from admin.http.protocol import BoundedProtocol
from admin.http.tokens import KeySet, Verifier
from admin.messaging.consumer import BatchConsumer
from admin.messaging.kafka import Kafka
from admin.messaging.metering import DeadLetterHandler, MeteringHandler
from admin.messaging.relay import Relay
from admin.messaging.worker import backoff, keep_running, pause
from admin.operations.decisions import Decisions
from admin.publishing import Publishing
from admin.retention import Retention
from admin.services import Services
from admin.settings import Settings
from admin.storage.connection import connection_parameters
from admin.storage.database import Database
from admin.storage.migrate import migrate
from admin.telemetry import logs, traces
from admin.telemetry.metrics import Metrics

#: Requests in flight get this long, and the workers this long after them: under Kubernetes' 60 s with preStop.
REQUESTS_SECONDS = 40
WORKERS_SECONDS = 10

_log = logging.getLogger("admin")


class _Server(uvicorn.Server):
    """uvicorn would stop listening at the first signal; the runtime decides when."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class Runtime:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        region = settings.process.cloud_region
        terms = Terms(settings.process.platform_fee_basis_points, settings.process.metering_retention_days)
        metrics = Metrics()
        self._database = Database(settings.database, region)
        kafka = Kafka(settings.kafka, region)
        self._publishing = Publishing(settings.process.publishing_url)
        self._keys = KeySet(settings.oidc.oidc_jwks_url)
        self._health = Health(self._database, kafka, metrics)
        self._metering = MeteringHandler(self._database, kafka, metrics, terms)
        self._relay = Relay(self._database, kafka, metrics)
        self._retention = Retention(self._database, terms)
        topic = settings.kafka.topic
        self._consumers = {
            "metering": BatchConsumer(kafka, topic("metering.records"), "metering", self._metering),
            "dead-letters": BatchConsumer(
                kafka, topic("metering.dead-letter"), "dead-letters", DeadLetterHandler(self._database)
            ),
        }
        decisions = Decisions(self._database, self._publishing, metrics)
        services = Services(self._database, decisions, self._health, metrics, terms)
        authenticator = Authenticator(Verifier(settings.oidc, self._keys), self._database)
        self._server = _Server(
            uvicorn.Config(
                create_app(services, authenticator),
                host="0.0.0.0",  # noqa: S104  a pod's only address
                port=settings.process.port,
                http=BoundedProtocol,
                loop="uvloop",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                # Nothing asks for the caller's address: the mesh is what limits by it.
                proxy_headers=False,
                timeout_graceful_shutdown=REQUESTS_SECONDS,
            )
        )
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Until a signal. It listens at once: probes see it alive while the database is still awaited."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal)
        workers = asyncio.create_task(self._work())
        # Modules, routes and schemas stay for good: collections need not walk them at every turn.
        gc.collect()
        gc.freeze()
        try:
            await self._server.serve()
        finally:
            self._health.stopping = True
            self._stopping.set()
            await asyncio.wait([workers], timeout=WORKERS_SECONDS)
            workers.cancel()
            await asyncio.gather(workers, return_exceptions=True)
            await self._metering.close()
            await self._publishing.close()
            await self._keys.close()
            await self._database.close()
            _log.info("stopped")

    def _on_signal(self) -> None:
        if self._health.stopping:
            # Asked twice: whoever asks does not want to wait.
            os._exit(1)
        self._health.stopping = True
        _log.info("stopping")
        # Consumers stop with the signal: their work goes to other replicas while requests still come here.
        self._stopping.set()
        delay = self._settings.process.shutdown_delay_seconds
        asyncio.get_running_loop().call_later(delay, self._stop_listening)

    def _stop_listening(self) -> None:
        self._server.should_exit = True

    async def _work(self) -> None:
        await self._database.open()
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_running("health", lambda: self._health.run(self._stopping), self._stopping))
            await self._migrate()
            for name, consumer in self._consumers.items():
                run = consumer.run
                group.create_task(keep_running(name, lambda run=run: run(self._stopping), self._stopping))  # type: ignore[misc]
            group.create_task(keep_running("relay", lambda: self._relay.run(self._stopping), self._stopping))
            group.create_task(keep_running("retention", lambda: self._retention.run(self._stopping), self._stopping))

    async def _migrate(self) -> None:
        attempt = 0
        while not self._stopping.is_set():
            try:
                parameters = await connection_parameters(self._settings.database, self._settings.process.cloud_region)
                await asyncio.to_thread(migrate, parameters)
                self._health.migrated = True
                return
            except Exception as error:
                attempt += 1
                _log.warning("The schema cannot be brought up to date: %s", error, extra={"attempt": attempt})
                await pause(self._stopping, backoff(attempt))


def serve(settings: Settings) -> None:
    process = settings.process
    logs.set_up(process.log_level, process.service_name, process.service_version)
    provider = traces.set_up(process)

    async def main() -> None:
        await Runtime(settings).run()

    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main())
    finally:
        provider.shutdown()
