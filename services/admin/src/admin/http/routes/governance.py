"""Provider approvals, feature flags, the audit log."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import Field, StrictBool

from admin.domain.flags import FlagKind
from admin.domain.hosts import HOST_PATTERN, MAX_HOST_LENGTH
from admin.http.fields import PLAIN, Body, FlagKey, Id, Note, page_request
from admin.http.identity import Caller
from admin.http.views import AuditView, EvaluationView, FlagView, PageView, ProviderView
from admin.operations import audit_log, flags, providers
from admin.operations.paging import PageRequest
from admin.services import Wired

router = APIRouter()
Paging = Annotated[PageRequest, Depends(page_request)]
Host = Annotated[str, Path(max_length=MAX_HOST_LENGTH, pattern=HOST_PATTERN)]
Word = Annotated[str | None, Query(max_length=200, pattern=PLAIN)]


class Approval(Body):
    note: Note = ""


class FlagBody(Body):
    description: Note = ""
    kind: FlagKind
    enabled: StrictBool
    percentage: Annotated[float, Field(strict=True, ge=0, le=100, allow_inf_nan=False)] = 0
    organisation_ids: Annotated[tuple[Id, ...], Field(max_length=1000)] = ()


@router.get("/providers", response_model=PageView[ProviderView], tags=["providers"], summary="Hosts and their state")
async def list_providers(caller: Caller, services: Wired, paging: Paging) -> Any:
    return await providers.read_all(services.database, caller, paging)


@router.get("/providers/{host}", response_model=ProviderView, tags=["providers"], summary="One host")
async def read_provider(host: Host, caller: Caller, services: Wired) -> Any:
    return await providers.read(services.database, caller, host)


@router.put(
    "/providers/{host}",
    response_model=ProviderView,
    responses={201: {"model": ProviderView, "description": "The host is new"}},
    tags=["providers"],
    summary="Approve a host",
)
async def approve_provider(host: Host, body: Approval, caller: Caller, services: Wired, answer: Response) -> Any:
    row, fresh = await providers.approve(services.database, caller, host, body.note)
    answer.status_code = 201 if fresh else 200
    return row


@router.delete("/providers/{host}", response_model=ProviderView, tags=["providers"], summary="Revoke an approval")
async def revoke_provider(host: Host, caller: Caller, services: Wired) -> Any:
    return await providers.revoke(services.database, caller, host)


@router.get("/flags", response_model=PageView[FlagView], tags=["flags"], summary="Feature flags")
async def list_flags(caller: Caller, services: Wired, paging: Paging) -> Any:
    return await flags.read_all(services.database, caller, paging)


@router.get("/flags/{key}", response_model=FlagView, tags=["flags"], summary="One flag")
async def read_flag(key: FlagKey, caller: Caller, services: Wired) -> Any:
    return await flags.read(services.database, caller, key)


@router.put(
    "/flags/{key}",
    response_model=FlagView,
    responses={201: {"model": FlagView, "description": "The flag is new"}},
    tags=["flags"],
    summary="Create or replace a flag",
)
async def put_flag(key: FlagKey, body: FlagBody, caller: Caller, services: Wired, answer: Response) -> Any:
    row, fresh = await flags.put(services.database, caller, key, body.model_dump())
    answer.status_code = 201 if fresh else 200
    return row


@router.delete("/flags/{key}", status_code=204, tags=["flags"], summary="Delete a flag")
async def delete_flag(key: FlagKey, caller: Caller, services: Wired) -> None:
    await flags.delete(services.database, caller, key)


@router.get(
    "/evaluations", response_model=EvaluationView, tags=["flags"], summary="Which flags are on for one's organisation"
)
async def evaluate_flags(
    caller: Caller,
    services: Wired,
    key: Annotated[list[Annotated[str, Field(max_length=64, pattern=PLAIN)]], Query(min_length=1, max_length=50)],
) -> Any:
    return {"flags": await flags.evaluate_for(services.database, caller, key)}


@router.get("/audit", response_model=PageView[AuditView], tags=["audit"], summary="Who changed what, newest first")
async def list_audit(
    caller: Caller,
    services: Wired,
    paging: Paging,
    subject_kind: Annotated[Word, Query(alias="subjectKind")] = None,
    subject_id: Annotated[Word, Query(alias="subjectId")] = None,
) -> Any:
    return await audit_log.read_all(services.database, caller, paging, subject_kind, subject_id)
