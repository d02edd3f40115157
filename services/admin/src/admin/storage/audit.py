"""Who changed what: written in the transaction of the change, never altered."""

from __future__ import annotations

import json
from typing import Any

from admin.domain.identity import Principal
from admin.domain.ids import new_id
from admin.storage.database import Session
from admin.telemetry.context import request_id


async def record(
    session: Session, actor: Principal, action: str, subject: tuple[str, object], detail: dict[str, Any] | None = None
) -> None:
    """`action` is `key.revoked`; `subject` is its kind and id; `detail` holds what changed, never a secret."""
    kind, identifier = subject
    await session.execute(
        "insert into audit_log (id, actor, actor_org_id, action, subject_kind, subject_id, detail, request_id)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            new_id(),
            actor.subject,
            actor.org_id,
            action,
            kind,
            str(identifier),
            json.dumps(detail or {}, default=str),
            request_id.get(),
        ),
    )
