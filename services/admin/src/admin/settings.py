"""Configuration: environment variables, read once, parsed strictly, every problem told at once."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NoReturn, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from admin.settings_rules import SettingProblem, is_topic, issuer_problems, store_problems, topic_problems

EXIT_CONFIG = 78

Group = TypeVar("Group", bound="_Group")


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _flag(value: object) -> object:
    if value not in ("true", "false"):
        raise ValueError("must be true or false")
    return value == "true"


Names = Annotated[tuple[str, ...], BeforeValidator(_split), Field(min_length=1)]
Flag = Annotated[bool, BeforeValidator(_flag)]
Text = Annotated[str, Field(min_length=1)]
Port = Annotated[int, Field(ge=1, le=65535)]
AuthKind = Literal["none", "password", "client-certificate", "cloud-identity"]


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ProcessSettings(_Group):
    service_name: Text = "admin"
    service_version: Text = "0.0.0"
    environment: Literal["local", "dev", "staging", "production"]
    port: Port = 3004
    log_level: Literal["debug", "info", "warn", "error"] = "info"
    cloud_region: Text | None = None
    shutdown_delay_seconds: Annotated[float, Field(ge=0, le=60)] = 0
    publishing_url: Annotated[str, Field(pattern=r"^https?://[^\s/]+(/[^\s]*)?$")]
    platform_fee_basis_points: Annotated[int, Field(ge=0, le=10_000)] = 2_000
    # At least twice the 30 days for which Kafka keeps what could come again.
    metering_retention_days: Annotated[int, Field(ge=60, le=3_650)] = 400
    otel_exporter_otlp_endpoint: str = ""
    otel_exporter_otlp_protocol: Literal["grpc"] = "grpc"
    otel_service_name: Text = "admin"
    otel_resource_attributes: str = ""
    otel_traces_sampler_arg: Annotated[float, Field(ge=0, le=1)] = 0.1


class OidcSettings(_Group):
    oidc_issuer: Annotated[str, Field(pattern=r"^https?://\S+$")]
    oidc_audience: Text
    oidc_jwks_url: Annotated[str, Field(pattern=r"^https?://\S+$")]


class DatabaseSettings(_Group):
    database_host: Text
    database_port: Port = 5432
    database_name: Text = "admin"
    database_pool_size: Annotated[int, Field(ge=2, le=100)] = 5
    database_tls: Flag = False
    database_auth: AuthKind
    database_user: str | None = None
    database_password: SecretStr | None = None
    database_cert_file: Path | None = None
    database_key_file: Path | None = None
    database_ca_file: Path | None = None


class KafkaSettings(_Group):
    kafka_bootstrap_servers: Names
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_SSL"]
    kafka_group_prefix: Text = "admin"
    kafka_produce_topics: Names = ("metering.dead-letter", "provider.approvals", "access.keys")
    kafka_consume_topics: Names = ("metering.records", "metering.dead-letter")
    kafka_auth: AuthKind
    kafka_user: str | None = None
    kafka_password: SecretStr | None = None
    kafka_cert_file: Path | None = None
    kafka_key_file: Path | None = None
    kafka_ca_file: Path | None = None

    def topic(self, name: str) -> str:
        """The topic of that name, which tests may give a prefix: `t1.metering.records`."""
        return next(t for t in self.kafka_produce_topics + self.kafka_consume_topics if is_topic(t, name))


@dataclass(frozen=True)
class Settings:
    process: ProcessSettings
    oidc: OidcSettings
    database: DatabaseSettings
    kafka: KafkaSettings


class InvalidSettings(Exception):
    def __init__(self, problems: list[SettingProblem]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


def load(environ: Mapping[str, str]) -> Settings:
    """Throws `InvalidSettings` with every problem. An empty variable counts as absent, as in OpenTelemetry's rules."""
    values = {name: value for name, value in environ.items() if value != ""}
    problems: list[SettingProblem] = []

    process = _parse(ProcessSettings, values, problems)
    oidc = _parse(OidcSettings, values, problems)
    database = _parse(DatabaseSettings, values, problems)
    kafka = _parse(KafkaSettings, values, problems)
    environment = values.get("ENVIRONMENT", "")
    problems += issuer_problems(values, environment)
    problems += store_problems("DATABASE", values, environment)
    problems += store_problems("KAFKA", values, environment)
    if kafka is not None:
        problems += topic_problems(kafka.kafka_produce_topics, kafka.kafka_consume_topics)
    if problems or process is None or oidc is None or database is None or kafka is None:
        raise InvalidSettings(problems)
    return Settings(process, oidc, database, kafka)


def load_database(environ: Mapping[str, str]) -> tuple[DatabaseSettings, str | None]:
    """The database and the cloud's region alone: all that a migration is told. Throws as `load` does."""
    values = {name: value for name, value in environ.items() if value != ""}
    problems: list[SettingProblem] = []
    database = _parse(DatabaseSettings, values, problems)
    problems += store_problems("DATABASE", values, values.get("ENVIRONMENT", ""))
    if problems or database is None:
        raise InvalidSettings(problems)
    return database, values.get("CLOUD_REGION")


def load_database_or_exit(environ: Mapping[str, str]) -> tuple[DatabaseSettings, str | None]:
    try:
        return load_database(environ)
    except InvalidSettings as error:
        _refuse(error)


def load_or_exit(environ: Mapping[str, str]) -> Settings:
    try:
        return load(environ)
    except InvalidSettings as error:
        _refuse(error)


def _refuse(error: InvalidSettings) -> NoReturn:
    sys.stderr.write(f"admin: the configuration is not valid:\n{error}\n")
    raise SystemExit(EXIT_CONFIG)


def _parse(kind: type[Group], values: Mapping[str, str], problems: list[SettingProblem]) -> Group | None:
    given = {name: values[name.upper()] for name in kind.model_fields if name.upper() in values}
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        for found in error.errors(include_url=False):
            name = str(found["loc"][0]).upper()
            # No secret can reach `got`: a text of any form is a valid SecretStr.
            got = "nothing" if found["type"] == "missing" else repr(values.get(name))
            problems.append(SettingProblem(name, got, found["msg"]))
        return None
