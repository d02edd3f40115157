"""Metering records as consumption writes them."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any


def record(**changes: Any) -> dict[str, Any]:
    return {
        "eventId": str(uuid.uuid4()),
        "callId": str(uuid.uuid4()),
        "occurredAt": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "orgId": "11111111-1111-4111-8111-111111111111",
        "keyId": "22222222-2222-4222-8222-222222222222",
        "listingId": "33333333-3333-4333-8333-333333333333",
        "listingOrgId": "44444444-4444-4444-8444-444444444444",
        "release": "1.0.0",
        "outcome": "succeeded",
        "statusCode": 200,
        "streamed": False,
        "inputTokens": 100,
        "outputTokens": 20,
        "costUsdMicros": 1003,
        "providerMillis": 350,
        "overheadMillis": 1.5,
        **changes,
    }


def encoded(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()


def keyed(value: dict[str, Any]) -> tuple[bytes, bytes]:
    return value["orgId"].encode(), encoded(value)
