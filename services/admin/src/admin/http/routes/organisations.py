"""Organisations, users, and who one is."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, StrictBool

from admin.domain.identity import Role
from admin.http.fields import Body, Change, Id, Name, RequestsPerMinute, SubjectPath, TokensPerMonth, page_request
from admin.http.identity import Caller
from admin.http.views import MeView, OrganisationView, PageView, UserView
from admin.operations import organisations, users
from admin.operations.paging import PageRequest
from admin.services import Wired

router = APIRouter(tags=["organisations"])
Paging = Annotated[PageRequest, Depends(page_request)]


class NewOrganisation(Body):
    name: Name


class OrganisationChange(Change):
    name: Name = ""
    status: Literal["active", "suspended"] = "active"
    max_requests_per_minute: RequestsPerMinute = 1
    max_tokens_per_month: TokensPerMonth | None = None


class UserChange(Change):
    granted_roles: Annotated[tuple[Role, ...], Field(max_length=len(Role))] = ()
    suspended: StrictBool = False


@router.get("/me", response_model=MeView, summary="The caller, with the roles that hold here")
async def read_me(caller: Caller) -> Any:
    return {"subject": caller.subject, "org_id": caller.org_id, "roles": sorted(caller.roles)}


@router.get("/organisations", response_model=PageView[OrganisationView], summary="Organisations; one's own, or all")
async def list_organisations(caller: Caller, services: Wired, paging: Paging) -> Any:
    return await organisations.read_all(services.database, caller, paging)


@router.put(
    "/organisations/{org_id}",
    response_model=OrganisationView,
    responses={201: {"model": OrganisationView, "description": "It is new"}},
    summary="Register an organisation before its first token is seen; one that exists stays as it is",
)
async def put_organisation(org_id: Id, body: NewOrganisation, caller: Caller, services: Wired, answer: Response) -> Any:
    row, fresh = await organisations.create(services.database, caller, org_id, body.model_dump())
    answer.status_code = 201 if fresh else 200
    return row


@router.get("/organisations/{org_id}", response_model=OrganisationView, summary="One organisation")
async def read_organisation(org_id: Id, caller: Caller, services: Wired) -> Any:
    return await organisations.read(services.database, caller, org_id)


@router.patch(
    "/organisations/{org_id}", response_model=OrganisationView, summary="Rename, suspend, restore, set ceilings"
)
async def change_organisation(org_id: Id, body: OrganisationChange, caller: Caller, services: Wired) -> Any:
    return await organisations.change(services.database, caller, org_id, body.given())


@router.get(
    "/users", response_model=PageView[UserView], summary="Users that were seen; of one's own organisation, or all"
)
async def list_users(
    caller: Caller, services: Wired, paging: Paging, org_id: Annotated[Id | None, Query(alias="orgId")] = None
) -> Any:
    return await users.read_all(services.database, caller, paging, org_id)


@router.get("/users/{subject}", response_model=UserView, summary="One user")
async def read_user(subject: SubjectPath, caller: Caller, services: Wired) -> Any:
    return await users.read(services.database, caller, subject)


@router.patch("/users/{subject}", response_model=UserView, summary="Grant roles, suspend, restore")
async def change_user(subject: SubjectPath, body: UserChange, caller: Caller, services: Wired) -> Any:
    given = body.model_fields_set
    granted = body.granted_roles if "granted_roles" in given else None
    suspended = body.suspended if "suspended" in given else None
    return await users.change(services.database, caller, subject, granted, suspended)
