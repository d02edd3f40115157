"""Who is calling, and what their roles allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from admin.domain.errors import Problem, not_found

MAX_SUBJECT_LENGTH = 200


class Role(StrEnum):
    PROVIDER = "provider"
    CONSUMER = "consumer"
    REVIEWER = "reviewer"
    PLATFORM_ADMIN = "platform-admin"


@dataclass(frozen=True)
class Principal:
    """A person or machine with a verified token. `token` is kept to call publishing in their name, never logged."""

    subject: str
    org_id: UUID
    roles: frozenset[Role]
    token: str = ""

    def __repr__(self) -> str:
        return f"Principal({self.subject!r}, {self.org_id}, {sorted(self.roles)})"

    @property
    def is_platform_admin(self) -> bool:
        return Role.PLATFORM_ADMIN in self.roles

    def require(self, *allowed: Role) -> None:
        """Throws `forbidden` unless the caller has one of the roles; a platform admin has all."""
        if not self.is_platform_admin and not self.roles.intersection(allowed):
            wanted = ", ".join(sorted({*allowed, Role.PLATFORM_ADMIN}))
            raise Problem("forbidden", f"This needs one of the roles: {wanted}.")

    def require_org(self, org_id: UUID, kind: str, identifier: object) -> None:
        """Another organisation's object does not exist for anyone but a platform admin."""
        if not self.is_platform_admin and org_id != self.org_id:
            raise not_found(kind, identifier)

    def with_roles(self, granted: frozenset[Role]) -> Principal:
        return replace(self, roles=self.roles | granted)


def principal_of(claims: Mapping[str, Any], token: str = "") -> Principal:
    """Reads the verified claims; throws `unauthenticated` where one is malformed. Unknown roles are nobody's."""
    subject, org, roles = claims.get("sub"), claims.get("org"), claims.get("roles", [])
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_LENGTH or not subject.isprintable():
        raise Problem("unauthenticated", f"The token's sub must be 1 to {MAX_SUBJECT_LENGTH} printable characters.")
    if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
        raise Problem("unauthenticated", "The token's roles must be a list of texts.")
    try:
        org_id = UUID(org)
    except (ValueError, TypeError, AttributeError):
        raise Problem("unauthenticated", "The token's org must be the UUID of an organisation.") from None
    known = {role.value for role in Role}
    return Principal(subject, org_id, frozenset(Role(role) for role in roles if role in known), token)
