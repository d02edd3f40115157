"""API keys: how one is made, and what is kept of it."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from admin.domain.errors import Problem, invalid
from admin.domain.times import rfc3339

MAX_KEYS_PER_ORGANISATION = 100
#: How much of a key is kept to tell keys apart in lists: too little to guess the rest.
HINT_LENGTH = 7


@dataclass(frozen=True)
class NewKey:
    """`secret` is shown once and kept nowhere."""

    secret: str
    sha256: str
    hint: str


@dataclass(frozen=True)
class Limits:
    """What a key may use; `tokens_per_month` None is no limit."""

    requests_per_minute: int
    tokens_per_month: int | None

    def check_within(self, ceiling: Limits) -> None:
        """Throws `validation-failed` where a limit is above what the organisation has been given."""
        if self.requests_per_minute > ceiling.requests_per_minute:
            raise invalid(
                "/body/requestsPerMinute", f"must be at most {ceiling.requests_per_minute}, the organisation's ceiling"
            )
        if ceiling.tokens_per_month is not None and (
            self.tokens_per_month is None or self.tokens_per_month > ceiling.tokens_per_month
        ):
            raise invalid(
                "/body/tokensPerMonth", f"must be at most {ceiling.tokens_per_month}, the organisation's ceiling"
            )


def new_key() -> NewKey:
    """256 bits of chance: 43 characters of base64url. With so much, a fast hash without salt is enough."""
    secret = f"mk_{secrets.token_urlsafe(32)}"
    return NewKey(secret, hashlib.sha256(secret.encode()).hexdigest(), secret[:HINT_LENGTH])


def check_expiry(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise invalid("/body/expiresAt", "must be in the future")


def check_count(active: int) -> None:
    if active >= MAX_KEYS_PER_ORGANISATION:
        raise Problem(
            "conflict", f"The organisation has {active} active keys, the most it may have; revoke one that is not used."
        )


def key_event(row: dict[str, Any], *, organisation_active: bool, event_id: UUID, now: datetime) -> dict[str, Any]:
    """Event of topic `access.keys`: a suspended organisation's keys are revoked for consumption, not in our table."""
    return {
        "eventId": str(event_id),
        "occurredAt": rfc3339(now),
        "version": row["version"],
        "keyId": str(row["id"]),
        "keySha256": row["key_sha256"],
        "orgId": str(row["org_id"]),
        "status": row["status"] if organisation_active else "revoked",
        "expiresAt": None if row["expires_at"] is None else rfc3339(row["expires_at"]),
        "requestsPerMinute": row["requests_per_minute"],
        "tokensPerMonth": row["tokens_per_month"],
    }
