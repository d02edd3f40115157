"""Feature flags: how one is answered for an organisation."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

FlagKind = Literal["boolean", "percentage", "organisations"]
_buckets = 10_000


@dataclass(frozen=True)
class Flag:
    key: str
    kind: FlagKind
    enabled: bool
    percentage: float
    organisation_ids: Collection[UUID]


def evaluate(flag: Flag, org_id: UUID) -> bool:
    """The same answer for the same organisation every time; raising a percentage never takes a flag from anyone."""
    if not flag.enabled:
        return False
    match flag.kind:
        case "boolean":
            return True
        case "organisations":
            return org_id in flag.organisation_ids
        case "percentage":
            return bucket(flag.key, org_id) < flag.percentage / 100 * _buckets


def bucket(key: str, org_id: UUID) -> int:
    """0 to 9999, by flag and organisation: the same organisations are not the first to get every flag."""
    digest = hashlib.sha256(f"{key}:{org_id}".encode()).digest()
    return int.from_bytes(digest[:8]) % _buckets
