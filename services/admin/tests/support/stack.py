"""Real engines, and the service as a process of its own over them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import httpx2
import psycopg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from psycopg import sql

TOPICS = ("metering.records", "metering.dead-letter", "provider.approvals", "access.keys")
PARTITIONS = 3


class Engines:
    """The file that `tools/engines.ts` writes."""

    def __init__(self) -> None:
        path = os.environ.get("MARKETPLACE_ENGINES")
        if not path:
            raise RuntimeError(
                "MARKETPLACE_ENGINES is not set: run `node tools/engines.ts run --only postgres,kafka,issuer"
                " -- make -C services/admin test-engines` from the repository's root"
            )
        self.addresses: dict[str, Any] = json.loads(Path(path).read_text())

    def disturb(self, engine: str, verb: str) -> None:
        httpx2.post(f"{self.addresses['control']}/{engine}/{verb}", timeout=180).raise_for_status()

    def token(self, **claims: Any) -> str:
        answer = httpx2.post(self.addresses["issuer"]["tokenUrl"], json=claims).raise_for_status()
        return cast(str, answer.json()["access_token"])

    def connect(self, database: str, user: str = "") -> psycopg.Connection[dict[str, Any]]:
        at = self.addresses["postgres"]
        return psycopg.connect(
            host=at["host"],
            port=at["port"],
            user=user or at["user"],
            dbname=database,
            autocommit=True,
            row_factory=psycopg.rows.dict_row,
        )


#: Roles of all places of a run: the owner of the tables, and the one that serves, as the platform makes them.
OWNER = f"admin_{uuid.uuid4().hex[:8]}"
RUNTIME = f"{OWNER}_runtime"


class Place:
    """One test's own database, topics and consumer groups."""

    def __init__(self, engines: Engines, template: str | None = None, topics: bool = True) -> None:
        self.engines = engines
        self.name = f"admin_{uuid.uuid4().hex[:12]}"
        with engines.connect("postgres") as connection:
            self._create_database(connection, template)
        if topics:
            asyncio.run(self._create_topics())

    def _create_database(self, connection: psycopg.Connection[dict[str, Any]], template: str | None) -> None:
        database, owner, runtime = map(sql.Identifier, (self.name, OWNER, RUNTIME))
        for role in (OWNER, RUNTIME):
            if not connection.execute("select from pg_roles where rolname = %s", (role,)).rowcount:
                connection.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
        statement = sql.SQL("create database {} owner {}").format(database, owner)
        if template:
            statement += sql.SQL(" template {}").format(sql.Identifier(template))
        connection.execute(statement)
        connection.execute(sql.SQL("revoke all on database {} from public").format(database))
        connection.execute(sql.SQL("grant connect on database {} to {}").format(database, runtime))

    @property
    def bootstrap(self) -> str:
        return cast(str, self.engines.addresses["kafka"]["bootstrapServers"])

    def topic(self, name: str) -> str:
        return f"{self.name}.{name}"

    def environment(self, port: int, **more: str) -> dict[str, str]:
        postgres, issuer = self.engines.addresses["postgres"], self.engines.addresses["issuer"]
        return {
            "PATH": os.environ["PATH"],
            "ENVIRONMENT": "local",
            "SERVICE_VERSION": "test",
            "PORT": str(port),
            "LOG_LEVEL": "info",
            "OIDC_ISSUER": issuer["issuer"],
            "OIDC_AUDIENCE": issuer["audience"],
            "OIDC_JWKS_URL": issuer["jwksUrl"],
            "PUBLISHING_URL": "http://127.0.0.1:9",
            "DATABASE_HOST": postgres["host"],
            "DATABASE_PORT": str(postgres["port"]),
            "DATABASE_NAME": self.name,
            "DATABASE_USER": RUNTIME,
            "DATABASE_AUTH": "none",
            "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap,
            "KAFKA_SECURITY_PROTOCOL": "PLAINTEXT",
            "KAFKA_AUTH": "none",
            "KAFKA_GROUP_PREFIX": self.name,
            "KAFKA_PRODUCE_TOPICS": ",".join(map(self.topic, TOPICS[1:])),
            "KAFKA_CONSUME_TOPICS": ",".join(map(self.topic, TOPICS[:2])),
            **more,
        }

    def query(self, text: str, *params: Any) -> list[dict[str, Any]]:
        with self.engines.connect(self.name) as connection:
            cursor = connection.execute(cast("sql.SQL", text), params)
            return cursor.fetchall() if cursor.description else []

    def scalar(self, text: str, *params: Any) -> Any:
        return next(iter(self.query(text, *params)[0].values()))

    def produce(self, topic: str, records: Iterable[tuple[bytes, bytes]]) -> None:
        asyncio.run(self._produce(self.topic(topic), list(records)))

    def read(self, topic: str) -> list[Any]:
        """Everything that is in a topic now."""
        return asyncio.run(self._read(self.topic(topic)))

    async def _create_topics(self) -> None:
        client = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await client.start()
        try:
            await client.create_topics([NewTopic(self.topic(name), PARTITIONS, 1) for name in TOPICS])
        finally:
            await client.close()

    async def _produce(self, topic: str, records: list[tuple[bytes, bytes]]) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, enable_idempotence=True, linger_ms=5)
        await producer.start()
        try:
            await asyncio.gather(*[await producer.send(topic, value, key=key) for key, value in records])
        finally:
            await producer.stop()

    async def _read(self, topic: str) -> list[Any]:
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        try:
            consumer.assign([TopicPartition(topic, number) for number in range(PARTITIONS)])
            ends = await consumer.end_offsets(consumer.assignment())
            found: list[Any] = []
            while any([await consumer.position(place) < end for place, end in ends.items()]):
                for batch in (await consumer.getmany(timeout_ms=300)).values():
                    found += batch
            return found
        finally:
            await consumer.stop()


class Service:
    """`admin serve` as a process, whose log lines are kept."""

    def __init__(self, place: Place, **environment: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.log_path = Path(os.environ.get("TMPDIR", "/tmp")) / f"{place.name}-{port}.log"
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "admin", "serve"],
                env=place.environment(port, **environment),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.client = httpx2.Client(base_url=self.url, timeout=20)

    @property
    def log(self) -> str:
        return self.log_path.read_text()

    def wait_ready(self, seconds: float = 90) -> Service:
        wait_for(self._answers_ready, seconds, lambda: f"the service is not ready:\n{self.log}")
        return self

    def listens(self) -> bool:
        """Throws where the process has ended."""
        assert self.process.poll() is None, f"the service ended with {self.process.returncode}:\n{self.log}"
        try:
            self.client.get("/healthz")
        except httpx2.TransportError:
            return False
        return True

    def _answers_ready(self) -> bool:
        return self.listens() and self.client.get("/readyz").status_code == 200

    def signal(self, number: signal.Signals) -> int:
        """Sends it and waits for the end; returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=70)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.client.close()
        self.log_path.unlink(missing_ok=True)


@contextmanager
def serving(place: Place, **environment: str) -> Iterator[Service]:
    service = Service(place, **environment)
    try:
        yield service.wait_ready()
    finally:
        service.close()


def wait_for(condition: Callable[[], bool], seconds: float = 20, explain: Callable[[], str] | None = None) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(explain() if explain else f"not so within {seconds} s")
        time.sleep(0.1)
