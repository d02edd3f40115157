"""How stores are reached and what is said where one is not."""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import Any

import pytest

from admin.health import Health, reason
from admin.messaging.kafka import Kafka
from admin.settings import load
from admin.telemetry.metrics import Metrics
from tests.unit.test_settings import GOOD


def test_a_broker_s_certificate_needs_no_authority_key_identifier(monkeypatch: pytest.MonkeyPatch) -> None:
    strict = ssl.create_default_context()
    # What Python 3.13 begins with.
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    monkeypatch.setattr("admin.messaging.kafka.create_ssl_context", lambda **_: strict)
    context = Kafka(load(GOOD).kafka, "eu-west-1")._options()["ssl_context"]
    assert not context.verify_flags & ssl.VERIFY_X509_STRICT
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname


class _Store:
    def __init__(self) -> None:
        self.failure: Exception | None = None

    async def check(self) -> None:
        if self.failure is not None:
            raise self.failure

    async def close(self) -> None:
        pass


def test_a_store_that_goes_and_comes_back_is_told_once_each_with_the_reason(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    database, kafka = _Store(), _Store()
    health: Any = Health(database, kafka, Metrics())  # type: ignore[arg-type]

    async def looks(times: int) -> None:
        for _ in range(times):
            await health._check("kafka", kafka.check)

    kafka.failure = ConnectionError("nobody listens")
    asyncio.run(looks(3))
    kafka.failure = None
    asyncio.run(looks(3))
    told = [(record.levelname, record.getMessage(), getattr(record, "error", None)) for record in caplog.records]
    assert told == [
        ("WARNING", "kafka is down", "ConnectionError: nobody listens"),
        ("INFO", "kafka is up again", None),
    ]
    assert health.dependencies["kafka"] == "up"


def test_a_reason_names_what_it_came_of_on_one_line() -> None:
    try:
        try:
            raise OSError("certificate verify failed")
        except OSError as error:
            raise ConnectionError from error
    except ConnectionError as error:
        assert reason(error) == "ConnectionError; caused by OSError: certificate verify failed"
