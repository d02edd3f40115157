"""Health, readiness and metrics: not under the public prefix, and without a token."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from admin.http.views import HealthView, ReadyView
from admin.services import Wired
from admin.telemetry.metrics import CONTENT_TYPE

router = APIRouter(tags=["system"])


@router.get("/healthz", response_model=HealthView, summary="Whether the process runs")
@router.get("/health", response_model=HealthView, operation_id="health", summary="The same as /healthz")
async def healthz() -> Any:
    return {"status": "ok"}


@router.get(
    "/readyz",
    response_model=ReadyView,
    responses={503: {"model": ReadyView, "description": "It cannot serve, or is stopping"}},
    summary="Whether it can serve",
)
async def readyz(services: Wired, response: Response) -> Any:
    health = services.health
    response.status_code = 200 if health.ready else 503
    return {"status": "ready" if health.ready else "unavailable", "dependencies": dict(health.dependencies)}


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus text format"}
    },
    summary="Metrics",
)
async def metrics(services: Wired) -> Response:
    return Response(services.metrics.text(), headers={"content-type": CONTENT_TYPE})
