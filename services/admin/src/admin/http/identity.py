"""Who the caller is: the token's word, and what this platform adds to it."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.types import ASGIApp, Receive, Scope, Send

from admin.domain.errors import Problem
from admin.domain.identity import Principal, Role
from admin.http.tokens import Verifier
from admin.operations import users
from admin.storage.database import Database

PUBLIC_PREFIX = "/v1/admin"
#: How long a suspension or a granted role may take to be known here; less means a write for each request.
KNOWN_SECONDS = 10
MAX_KNOWN = 10_000

_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", scheme_name="accessToken")


class Authenticator:
    def __init__(self, verifier: Verifier, database: Database) -> None:
        self._verifier = verifier
        self._database = database
        self._known: OrderedDict[Principal, tuple[float, Principal | Problem]] = OrderedDict()

    async def __call__(self, authorization: str | None) -> Principal:
        principal = await self._verifier.verify(authorization)
        kept = self._known.get(principal)
        if kept is None or kept[0] < time.monotonic():
            kept = (time.monotonic() + KNOWN_SECONDS, await self._resolve(principal))
            self._known[principal] = kept
            self._known.move_to_end(principal)
            if len(self._known) > MAX_KNOWN:
                self._known.popitem(last=False)
        if isinstance(kept[1], Problem):
            raise kept[1]
        return kept[1]

    async def _resolve(self, principal: Principal) -> Principal | Problem:
        row = await users.project(self._database, principal)
        if row["suspended"]:
            return Problem("forbidden", "This user is suspended.")
        if row["organisation_status"] != "active" and not principal.is_platform_admin:
            return Problem("forbidden", "This organisation is suspended.")
        return principal.with_roles(frozenset(Role(role) for role in row["granted_roles"]))


class RequireToken:
    """Before body and parameters are looked at: what is wrong with a stranger's request is not theirs to learn."""

    def __init__(self, app: ASGIApp, authenticate: Authenticator) -> None:
        self._app = app
        self._authenticate = authenticate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and (path == PUBLIC_PREFIX or path.startswith(f"{PUBLIC_PREFIX}/")):
            value = dict(scope["headers"]).get(b"authorization")
            principal = await self._authenticate(None if value is None else value.decode("latin-1"))
            scope.setdefault("state", {})["principal"] = principal
        await self._app(scope, receive, send)


async def _principal(request: Request, _: Annotated[object, Depends(_bearer)]) -> Principal:
    principal = request.state.principal
    assert isinstance(principal, Principal)
    return principal


Caller = Annotated[Principal, Depends(_principal)]
