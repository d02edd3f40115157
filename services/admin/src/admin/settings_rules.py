"""Rules of the configuration that look at several variables; on the raw texts, so that none hides behind another."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

MIN_PASSWORD_LENGTH = 12
PLACEHOLDERS = ("changeme", "password", "secret", "example", "postgres", "admin", "placeholder", "default")
RELAXED = ("local", "dev")


@dataclass(frozen=True)
class SettingProblem:
    """`got` is never a secret's value."""

    name: str
    got: str
    allowed: str

    def __str__(self) -> str:
        return f"  {self.name}: got {self.got}; {self.allowed}"


def is_topic(candidate: str, name: str) -> bool:
    """Whether a configured topic is that one, with or without a prefix."""
    return candidate == name or candidate.endswith(f".{name}")


def issuer_problems(values: Mapping[str, str], environment: str) -> list[SettingProblem]:
    if environment in RELAXED:
        return []
    return [
        SettingProblem(name, repr(values[name]), "must be https outside local and dev")
        for name in ("OIDC_ISSUER", "OIDC_JWKS_URL")
        if name in values and not values[name].startswith("https://")
    ]


def store_problems(store: str, values: Mapping[str, str], environment: str) -> list[SettingProblem]:
    """Whether the way in which the service proves itself to a store has all that it needs."""
    match values.get(f"{store}_AUTH"):
        case "none" if environment != "local":
            return [SettingProblem(f"{store}_AUTH", "'none'", "is accepted in local only, for engines on loopback")]
        case "password":
            return _required(values, f"{store}_USER") + _password_problems(f"{store}_PASSWORD", values, environment)
        case "client-certificate":
            return _required(values, f"{store}_CERT_FILE", f"{store}_KEY_FILE") + _tls_problems(store, values)
        case "cloud-identity":
            user = [f"{store}_USER"] if store == "DATABASE" else []
            return _required(values, *user, "CLOUD_REGION") + _tls_problems(store, values)
        case _:
            return []


def topic_problems(produce: tuple[str, ...], consume: tuple[str, ...]) -> list[SettingProblem]:
    wanted = {
        "KAFKA_PRODUCE_TOPICS": (produce, ("metering.dead-letter", "provider.approvals", "access.keys")),
        "KAFKA_CONSUME_TOPICS": (consume, ("metering.records", "metering.dead-letter")),
    }
    return [
        SettingProblem(
            variable, repr(",".join(topics)), f"must name {name}, with or without a prefix that ends in a dot"
        )
        for variable, (topics, names) in wanted.items()
        for name in names
        if not any(is_topic(topic, name) for topic in topics)
    ]


def _required(values: Mapping[str, str], *names: str) -> list[SettingProblem]:
    return [SettingProblem(name, "nothing", "is required") for name in names if name not in values]


def _tls_problems(store: str, values: Mapping[str, str]) -> list[SettingProblem]:
    """A token or a certificate over a connection in plain text would be a gift to whoever listens."""
    if store == "DATABASE":
        ok, name, allowed = values.get("DATABASE_TLS") == "true", "DATABASE_TLS", "true"
    else:
        kind = values["KAFKA_AUTH"]
        allowed = "SSL" if kind == "client-certificate" else "SASL_SSL"
        name, ok = "KAFKA_SECURITY_PROTOCOL", values.get("KAFKA_SECURITY_PROTOCOL") == allowed
    if ok:
        return []
    got = repr(values[name]) if name in values else "nothing"
    return [SettingProblem(name, got, f"must be {allowed} with {store}_AUTH={values[f'{store}_AUTH']}")]


def _password_problems(name: str, values: Mapping[str, str], environment: str) -> list[SettingProblem]:
    password = values.get(name, "")
    if password == "":
        return [SettingProblem(name, "nothing", "is required")]
    if environment in RELAXED:
        return []
    if len(password) < MIN_PASSWORD_LENGTH:
        return [
            SettingProblem(name, f"{len(password)} characters", f"must have at least {MIN_PASSWORD_LENGTH} characters")
        ]
    letters = re.sub(r"[^a-z]", "", password.lower())
    if any(letters.replace(word, "") == "" for word in PLACEHOLDERS):
        return [SettingProblem(name, "a placeholder", "must be a secret of its own, not a word from an example")]
    return []
