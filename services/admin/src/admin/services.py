"""What the routes work with, put together once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from admin.domain.metering import Terms
from admin.health import Health
from admin.operations.decisions import Decisions
from admin.storage.database import Database
from admin.telemetry.metrics import Metrics


@dataclass(frozen=True)
class Services:
    database: Database
    decisions: Decisions
    health: Health
    metrics: Metrics
    terms: Terms
    version: str = field(default="0.0.0")


async def _services(request: Request) -> Services:
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


Wired = Annotated[Services, Depends(_services)]
