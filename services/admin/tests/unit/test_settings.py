"""Configuration: strict, all problems at once, no secret in any message."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from admin.settings import InvalidSettings, load, load_database

GOOD = {
    "ENVIRONMENT": "production",
    "PUBLISHING_URL": "http://publishing:3001",
    "OIDC_ISSUER": "https://issuer.example.org",
    "OIDC_AUDIENCE": "llm-marketplace",
    "OIDC_JWKS_URL": "https://issuer.example.org/jwks",
    "DATABASE_HOST": "db",
    "DATABASE_TLS": "true",
    "DATABASE_AUTH": "password",
    "DATABASE_USER": "admin",
    "DATABASE_PASSWORD": "kT7-qz9-Lm2-vX4",
    "KAFKA_BOOTSTRAP_SERVERS": "k1:9093,k2:9093",
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "KAFKA_AUTH": "cloud-identity",
    "KAFKA_USER": "admin",
    "CLOUD_REGION": "eu-west-1",
}


def problems(**changes: str | None) -> list[str]:
    values = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    with pytest.raises(InvalidSettings) as caught:
        load(values)
    return [str(problem).strip() for problem in caught.value.problems]


def test_a_full_configuration_is_read() -> None:
    settings = load({**GOOD, "SOMETHING_ELSE": "ignored"})
    assert settings.process.port == 3004
    assert settings.kafka.kafka_bootstrap_servers == ("k1:9093", "k2:9093")
    assert settings.kafka.topic("metering.records") == "metering.records"
    assert GOOD["DATABASE_PASSWORD"] not in repr(settings)


def test_topics_may_have_a_prefix() -> None:
    names = "t1.metering.dead-letter,t1.provider.approvals,t1.access.keys"
    settings = load({**GOOD, "KAFKA_PRODUCE_TOPICS": names})
    assert settings.kafka.topic("access.keys") == "t1.access.keys"


def test_every_problem_is_told_at_once() -> None:
    told = problems(PORT="0", ENVIRONMENT="prod", DATABASE_HOST=None, KAFKA_AUTH="magic", OIDC_AUDIENCE=None)
    names = {line.partition(":")[0] for line in told}
    assert names == {"PORT", "ENVIRONMENT", "DATABASE_HOST", "KAFKA_AUTH", "OIDC_AUDIENCE"}
    assert "PORT: got '0'; Input should be greater than or equal to 1" in told


@pytest.mark.parametrize(
    "password",
    [
        "changeme",
        "short",
        "",
        "postgrespostgres",
        "password1234!",
        "change-me-0000",
        "<placeholder>",
        "example-example",
    ],
)
def test_a_placeholder_for_a_password_is_refused_and_not_repeated(password: str) -> None:
    told = problems(DATABASE_PASSWORD=password)
    assert len(told) == 1 and told[0].startswith("DATABASE_PASSWORD: got ")
    assert password == "" or f"got {password}" not in told[0]


def test_a_placeholder_will_do_for_development() -> None:
    assert load({**GOOD, "ENVIRONMENT": "dev", "DATABASE_PASSWORD": "changeme"})


def test_an_issuer_in_plain_http_is_for_development_only() -> None:
    told = problems(OIDC_JWKS_URL="http://issuer.example.org/jwks")
    assert told == ["OIDC_JWKS_URL: got 'http://issuer.example.org/jwks'; must be https outside local and dev"]
    assert load({**GOOD, "ENVIRONMENT": "dev", "OIDC_JWKS_URL": "http://issuer.example.org/jwks"})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"KAFKA_AUTH": "none"}, ["KAFKA_AUTH: got 'none'; is accepted in local only, for engines on loopback"]),
        (
            {"DATABASE_AUTH": "client-certificate"},
            ["DATABASE_CERT_FILE: got nothing; is required", "DATABASE_KEY_FILE: got nothing; is required"],
        ),
        ({"CLOUD_REGION": None}, ["CLOUD_REGION: got nothing; is required"]),
        (
            {"DATABASE_AUTH": "cloud-identity", "DATABASE_TLS": "false"},
            ["DATABASE_TLS: got 'false'; must be true with DATABASE_AUTH=cloud-identity"],
        ),
        (
            {"KAFKA_SECURITY_PROTOCOL": "PLAINTEXT"},
            ["KAFKA_SECURITY_PROTOCOL: got 'PLAINTEXT'; must be SASL_SSL with KAFKA_AUTH=cloud-identity"],
        ),
        ({"DATABASE_TLS": "yes"}, ["DATABASE_TLS: got 'yes'; Value error, must be true or false"]),
        (
            {"KAFKA_CONSUME_TOPICS": "metering.records"},
            [
                "KAFKA_CONSUME_TOPICS: got 'metering.records'; must name metering.dead-letter,"
                " with or without a prefix that ends in a dot"
            ],
        ),
    ],
)
def test_ways_of_proof_have_what_they_need(changes: dict[str, str | None], told: list[str]) -> None:
    assert problems(**changes) == told


def test_the_process_ends_with_78_and_says_all_on_standard_error() -> None:
    environment = {"PATH": os.environ["PATH"], **GOOD, "PORT": "x", "DATABASE_PASSWORD": "hunter2hunt"}
    run = subprocess.run([sys.executable, "-m", "admin"], env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (78, "")
    assert "PORT: got 'x'" in run.stderr and "DATABASE_PASSWORD: got 11 characters" in run.stderr
    assert "hunter2" not in run.stderr


def test_every_variable_of_the_platform_that_admin_gets_is_known() -> None:
    """What `service-environment.ts` sets for a service with PostgreSQL and Kafka is read here."""
    source = (Path(__file__).parents[4] / "components/kubernetes/service-environment.ts").read_text()
    given = set(re.findall(r'(?:text|secret)\("([A-Z_]+)"', source))
    given = {name for name in given if not name.startswith(("REDIS", "ELASTICSEARCH", "PROVIDERS", "JWT"))}
    from admin import settings  # noqa: PLC0415

    groups = (settings.ProcessSettings, settings.OidcSettings, settings.DatabaseSettings, settings.KafkaSettings)
    known = {name.upper() for group in groups for name in group.model_fields}
    assert given - known == set()


def test_a_migration_is_told_of_the_database_alone() -> None:
    own = {name: value for name, value in GOOD.items() if name.startswith(("DATABASE_", "CLOUD_", "ENVIRONMENT"))}
    database, region = load_database(own)
    assert (database.database_host, database.database_user, region) == ("db", "admin", "eu-west-1")
    with pytest.raises(InvalidSettings, match="DATABASE_PASSWORD: got nothing"):
        load_database({**own, "DATABASE_PASSWORD": ""})
