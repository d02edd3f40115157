"""A database with the schema, copied for each test; without MARKETPLACE_ENGINES every test here fails."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.publishing import FakePublishing, fake_publishing
from tests.support.stack import OWNER, Engines, Place, Service, serving

ORG = "11111111-1111-4111-8111-111111111111"
OTHER_ORG = "99999999-9999-4999-8999-999999999999"


@pytest.fixture(scope="session")
def engines() -> Engines:
    return Engines()


@pytest.fixture(scope="session")
def template(engines: Engines) -> str:
    """Migrated by `admin migrate` as the owner, which so is tested first of all."""
    place = Place(engines, topics=False)
    migrate(place)
    return place.name


def migrate(place: Place) -> None:
    environment = {**os.environ, **place.environment(3004, DATABASE_USER=OWNER)}
    subprocess.run([sys.executable, "-m", "admin", "migrate"], env=environment, check=True)


@pytest.fixture
def place(engines: Engines, template: str) -> Place:
    return Place(engines, template)


@pytest.fixture(scope="module")
def publishing() -> Iterator[FakePublishing]:
    with fake_publishing() as fake:
        yield fake


@pytest.fixture(scope="module")
def shared_place(engines: Engines, template: str) -> Place:
    return Place(engines, template)


@pytest.fixture(scope="module")
def service(shared_place: Place, publishing: FakePublishing) -> Iterator[Service]:
    """One process for the tests of a module that do not disturb it."""
    with serving(shared_place, PUBLISHING_URL=publishing.url, OTEL_TRACES_SAMPLER_ARG="1") as running:
        yield running


class Caller:
    """Requests of one subject."""

    def __init__(self, service: Service, engines: Engines, *roles: str, org: str = ORG, sub: str = "") -> None:
        self.sub = sub or f"{'-'.join(roles) or 'nobody'}-{uuid.uuid4().hex[:8]}"
        self.token = engines.token(sub=self.sub, org=org, roles=list(roles))
        self._service = service

    def __call__(self, method: str, path: str, **options: Any) -> Any:
        headers = {"authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return self._service.client.request(method, f"/v1/admin{path}", headers=headers, **options)


@pytest.fixture
def admin(service: Service, engines: Engines) -> Caller:
    return Caller(service, engines, "platform-admin")


@pytest.fixture
def consumer(service: Service, engines: Engines) -> Caller:
    return Caller(service, engines, "consumer")


@pytest.fixture
def reviewer(service: Service, engines: Engines) -> Caller:
    return Caller(service, engines, "reviewer")
