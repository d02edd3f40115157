"""The objects of answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import Field

from admin.domain.identity import Role
from admin.http.fields import View

Item = TypeVar("Item", bound=View)
Sum = Annotated[int, Field(ge=0)]


class PageView(View, Generic[Item]):
    items: list[Item]
    next_cursor: str | None


class OrganisationView(View):
    id: UUID
    name: str
    status: Literal["active", "suspended"]
    max_requests_per_minute: int
    max_tokens_per_month: int | None
    created_at: datetime
    updated_at: datetime


class UserView(View):
    subject: str
    org_id: UUID
    token_roles: list[str]
    granted_roles: list[Role]
    suspended: bool
    first_seen_at: datetime
    last_seen_at: datetime


class MeView(View):
    subject: str
    org_id: UUID
    roles: list[Role]


class KeyView(View):
    id: UUID
    org_id: UUID
    name: str
    hint: Annotated[str, Field(description="The key's first characters.")]
    status: Literal["active", "revoked"]
    expires_at: datetime | None
    requests_per_minute: int
    tokens_per_month: int | None
    version: int
    replaced_by: UUID | None
    created_by: str
    created_at: datetime
    updated_at: datetime


class IssuedKeyView(KeyView):
    key: Annotated[str, Field(description="Shown this once.", pattern=r"^mk_[A-Za-z0-9_-]{43}$")]


class ProviderView(View):
    host: str
    approved: bool
    note: str
    decided_by: str
    decided_at: datetime


class ListingPageView(View):
    """Listings as publishing shows them."""

    items: list[dict[str, Any]]
    next_cursor: str | None


class DecisionView(View):
    id: UUID
    listing_id: UUID
    kind: Literal["approve", "reject", "suspend", "restore"]
    reason: str
    report_id: UUID | None
    state: Annotated[
        Literal["pending", "done", "failed"], Field(description="`pending`: publishing's answer never came.")
    ]
    failure: str | None
    decided_by: str
    decided_at: datetime
    finished_at: datetime | None


class ReportView(View):
    id: UUID
    listing_id: UUID
    reporter: str
    reporter_org_id: UUID
    category: str
    description: str
    state: Literal["open", "dismissed", "taken-down"]
    note: str | None
    resolved_by: str | None
    resolved_at: datetime | None
    created_at: datetime


class FlagView(View):
    key: str
    description: str
    kind: Literal["boolean", "percentage", "organisations"]
    enabled: bool
    percentage: float
    organisation_ids: list[UUID]
    updated_by: str
    updated_at: datetime


class EvaluationView(View):
    flags: dict[str, bool]


class AuditView(View):
    id: UUID
    at: datetime
    actor: str
    actor_org_id: UUID
    action: str
    subject_kind: str
    subject_id: str
    detail: dict[str, Any]
    request_id: str | None


class DeadLetterView(View):
    id: UUID
    topic: str
    partition: int
    offset: int
    reason: str
    state: Literal["waiting", "replayed"]
    occurred_at: datetime
    replayed_at: datetime | None


class ReplayView(View):
    counted: int
    duplicates: int
    refused: int


class UsageRow(View):
    day: date | None = None
    org_id: UUID | None = None
    listing_id: UUID | None = None
    calls: Sum
    succeeded: Sum
    input_tokens: Sum
    output_tokens: Sum
    cost_usd_micros: Sum


class RevenueRow(View):
    day: date | None = None
    listing_org_id: UUID | None = None
    listing_id: UUID | None = None
    calls: Sum
    gross_usd_micros: Sum
    platform_fee_usd_micros: Sum
    provider_usd_micros: Sum


class ReportRange(View):
    """Days counted: from the first to before the last."""

    from_: Annotated[date, Field(alias="from")]
    to: date


class UsageReport(PageView[UsageRow]):
    range: ReportRange


class RevenueReport(PageView[RevenueRow]):
    range: ReportRange
    platform_fee_basis_points: Annotated[
        int, Field(description="The share of calls that are counted now; those counted before keep theirs.")
    ]


class HealthView(View):
    status: Literal["ok"]


class ReadyView(View):
    status: Literal["ready", "unavailable"]
    dependencies: dict[str, Literal["up", "down"]]
