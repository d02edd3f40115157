"""API keys."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from admin.domain.keys import Limits
from admin.http.fields import Body, Change, Id, Name, RequestsPerMinute, Time, TokensPerMonth, Whole, page_request
from admin.http.identity import Caller
from admin.http.views import IssuedKeyView, KeyView, PageView
from admin.operations import keys
from admin.operations.keys import KeySpec
from admin.operations.paging import PageRequest
from admin.services import Wired

router = APIRouter(tags=["keys"], prefix="/keys")
Paging = Annotated[PageRequest, Depends(page_request)]


class NewKey(Body):
    org_id: Annotated[Id | None, Field(description="The caller's own if absent.")] = None
    name: Name
    requests_per_minute: RequestsPerMinute = 60
    tokens_per_month: TokensPerMonth | None = None
    expires_at: Time | None = None


class KeyChange(Change):
    name: Name = ""
    requests_per_minute: RequestsPerMinute = 1
    tokens_per_month: TokensPerMonth | None = None
    expires_at: Time | None = None


class Rotation(Body):
    overlap_seconds: Annotated[
        int, Field(strict=True, ge=0, le=604_800, description="How long the old key stays good."), Whole
    ] = 0


@router.post("", status_code=201, response_model=IssuedKeyView, summary="Issue a key; the answer alone shows it")
async def issue_key(body: NewKey, caller: Caller, services: Wired) -> Any:
    spec = KeySpec(body.name, Limits(body.requests_per_minute, body.tokens_per_month), body.expires_at)
    row, secret = await keys.issue(services.database, caller, body.org_id or caller.org_id, spec)
    return {**row, "key": secret}


@router.get("", response_model=PageView[KeyView], summary="Keys, newest first; of one's own organisation, or all")
async def list_keys(
    caller: Caller, services: Wired, paging: Paging, org_id: Annotated[Id | None, Query(alias="orgId")] = None
) -> Any:
    return await keys.read_all(services.database, caller, paging, org_id)


@router.get("/{key_id}", response_model=KeyView, summary="One key")
async def read_key(key_id: Id, caller: Caller, services: Wired) -> Any:
    return await keys.read(services.database, caller, key_id)


@router.patch("/{key_id}", response_model=KeyView, summary="Change name, limits or expiry")
async def change_key(key_id: Id, body: KeyChange, caller: Caller, services: Wired) -> Any:
    return await keys.change(services.database, caller, key_id, body.given())


@router.post("/{key_id}/revoke", response_model=KeyView, summary="Revoke a key, for good")
async def revoke_key(key_id: Id, caller: Caller, services: Wired) -> Any:
    return await keys.revoke(services.database, caller, key_id)


@router.post(
    "/{key_id}/rotate", status_code=201, response_model=IssuedKeyView, summary="A new key in the place of an old one"
)
async def rotate_key(key_id: Id, caller: Caller, services: Wired, body: Rotation | None = None) -> Any:
    row, secret = await keys.rotate(services.database, caller, key_id, body.overlap_seconds if body else 0)
    return {**row, "key": secret}
