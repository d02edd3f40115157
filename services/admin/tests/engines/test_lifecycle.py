"""Start, stop, and what is told of it."""

from __future__ import annotations

import re
import signal
import threading
import time
from pathlib import Path
from typing import Any

import httpx2

from tests.engines.conftest import Caller
from tests.support.publishing import fake_publishing
from tests.support.stack import OWNER, Engines, Place, Service, serving, wait_for


def test_three_replicas_that_start_at_once_migrate_an_empty_database_once(engines: Engines) -> None:
    """As one role for both, where the platform has made no other."""
    place = Place(engines)
    services = [Service(place, DATABASE_USER=OWNER) for _ in range(3)]
    try:
        for service in services:
            service.wait_ready(60)
        assert place.scalar("select version_num from alembic_version") == "0002"
        assert all("cannot be brought" not in service.log for service in services)
    finally:
        for service in services:
            service.close()


def test_it_starts_without_postgresql_alive_and_not_ready_and_serves_once_it_is_there(
    place: Place, engines: Engines
) -> None:
    engines.disturb("postgres", "stop")
    service = Service(place)
    try:
        wait_for(service.listens, 60, lambda: service.log)
        assert service.client.get("/healthz").status_code == 200
        answer = service.client.get("/readyz")
        assert (answer.status_code, answer.json()["dependencies"]["postgres"]) == (503, "down")
        refused = Caller(service, engines, "consumer")("GET", "/keys")
        assert (refused.status_code, refused.json()["code"]) == (503, "dependency-unavailable")
        wait_for(lambda: "cannot be brought up to date" in service.log, 30)
        assert service.process.poll() is None
        engines.disturb("postgres", "start")
        service.wait_ready(60)
        assert Caller(service, engines, "consumer")("GET", "/keys").status_code == 200
        assert service.signal(signal.SIGTERM) == 0
    finally:
        service.close()
        # Nothing happens where it runs already; the other tests need it.
        engines.disturb("postgres", "start")


def test_a_request_in_flight_finishes_after_sigterm_and_readiness_goes_at_once(place: Place, engines: Engines) -> None:
    with (
        fake_publishing() as publishing,
        serving(place, PUBLISHING_URL=publishing.url, SHUTDOWN_DELAY_SECONDS="1.5") as service,
    ):
        reviewer = Caller(service, engines, "reviewer")
        reviewer("GET", "/me")
        publishing.delay_seconds = 3
        answers: list[Any] = []
        thread = threading.Thread(target=lambda: answers.append(reviewer("GET", "/reviews")))
        thread.start()
        wait_for(lambda: len(publishing.calls) == 1)
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        ready = httpx2.get(f"{service.url}/readyz")
        assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
        assert httpx2.get(f"{service.url}/healthz").status_code == 200
        thread.join()
        assert answers[0].status_code == 200
        assert service.process.wait(timeout=30) == 0
        assert '"message": "stopped"' in service.log


def test_no_request_fails_on_connections_that_the_server_has_ended(
    service: Service, consumer: Caller, shared_place: Place
) -> None:
    threads = [threading.Thread(target=consumer, args=("GET", "/keys")) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ended = shared_place.query(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    assert len(ended) > 1
    assert [consumer("GET", "/keys").status_code for _ in range(8)] == [200] * 8


def test_a_second_signal_ends_it_at_once(place: Place) -> None:
    with serving(place, SHUTDOWN_DELAY_SECONDS="30") as service:
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        began = time.monotonic()
        assert service.signal(signal.SIGTERM) == 1
        assert time.monotonic() - began < 2


def test_metrics_are_those_of_the_contract_with_their_labels_and_buckets(
    service: Service, consumer: Caller, shared_place: Place
) -> None:
    """Every metric of `services/metrics.ts` for admin, and none besides."""
    consumer("POST", "/keys", json={"name": "k"})
    wait_for(lambda: shared_place.scalar("select count(*) from outbox") == 0)
    text = service.client.get("/metrics").text
    source = (Path(__file__).parents[3] / "metrics.ts").read_text()
    declared = {}
    for block in re.findall(r"\{\s*name: \"(.*?)\},\n", source, re.DOTALL):
        services = re.search(r"services: (all|\[.*?\])", block)
        assert services is not None
        if services[1] == "all" or '"admin"' in services[1]:
            labels = re.search(r"labels: \[(.*?)\]", block)
            kind = re.search(r'kind: "(\w+)"', block)
            assert labels is not None and kind is not None
            declared[block.partition('"')[0]] = (kind[1], set(re.findall(r'"(\w+)"', labels[1])))
    exported = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))
    assert exported == {name: kind for name, (kind, _) in declared.items()}
    for name, (sort, wanted_labels) in declared.items():
        sample = re.search(rf"^{name}{'_count' if sort == 'histogram' else ''}(?:\{{(.*?)\}})? ", text, re.MULTILINE)
        assert sample is not None, name
        assert set(re.findall(r'(\w+)="', sample[1] or "")) == wanted_labels, name
    buckets = re.search(r"requestBuckets = \[(.*?)\]", source, re.DOTALL)
    assert buckets is not None
    wanted = [float(number) for number in re.findall(r"[\d.]+", buckets[1])]
    series = re.findall(r'seconds_bucket\{.*?le="([\d.]+)"\}', text)
    assert [float(number) for number in series[: len(wanted)]] == wanted
    assert re.search(r'http_route="/v1/admin/keys"', text) and "orgId" not in text
