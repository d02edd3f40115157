"""Counting calls: each once, whatever Kafka delivers how often, and its day's sums in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from admin.domain.metering import MeteringRecord, Terms, columns
from admin.storage.database import Session

_types = {
    "call_id": "uuid",
    "occurred_at": "timestamptz",
    "org_id": "uuid",
    "key_id": "uuid",
    "listing_id": "uuid",
    "listing_org_id": "uuid",
    "release": "text",
    "outcome": "text",
    "status_code": "smallint",
    "streamed": "boolean",
    "input_tokens": "bigint",
    "output_tokens": "bigint",
    "cost_usd_micros": "bigint",
    "provider_millis": "bigint",
    "overhead_millis": "double precision",
    "platform_fee_usd_micros": "bigint",
}
# One statement: what the unique key lets in is what the day's sums grow by. Sums are touched in the order of their
# key, so that two consumers of the same organisations' calls do not wait for each other in a ring.
_count = f"""
with counted as (
  insert into metering_records ({", ".join(_types)})
  select * from unnest({", ".join(f"%({name})s::{kind}[]" for name, kind in _types.items())})
  on conflict (call_id) do nothing
  returning *
), summed as (
  insert into usage_daily as known (day, org_id, listing_id, listing_org_id, calls, succeeded, input_tokens,
    output_tokens, cost_usd_micros, platform_fee_usd_micros)
  select (occurred_at at time zone 'UTC')::date as day, org_id, listing_id, listing_org_id, count(*),
    count(*) filter (where outcome = 'succeeded'), sum(input_tokens), sum(output_tokens), sum(cost_usd_micros),
    sum(platform_fee_usd_micros)
  from counted group by 1, 2, 3, 4 order by 1, 2, 3, 4
  on conflict (day, org_id, listing_id, listing_org_id) do update set
    calls = known.calls + excluded.calls,
    succeeded = known.succeeded + excluded.succeeded,
    input_tokens = known.input_tokens + excluded.input_tokens,
    output_tokens = known.output_tokens + excluded.output_tokens,
    cost_usd_micros = known.cost_usd_micros + excluded.cost_usd_micros,
    platform_fee_usd_micros = known.platform_fee_usd_micros + excluded.platform_fee_usd_micros
)
select count(*) as counted from counted
"""


@dataclass(frozen=True)
class Counted:
    counted: int
    duplicates: int


#: Rows deleted at once: far inside the limit of a statement's time.
FORGET_BATCH = 5_000
#: Records are refused from this long before they are forgotten, so that replicas' clocks need not agree.
FORGET_MARGIN = timedelta(days=1)


async def forget(session: Session, now: datetime, terms: Terms) -> int:
    """Deletes a batch of records past their time, and returns how many; the days' sums stay for good."""
    return await session.execute(
        "delete from metering_records where call_id in (select call_id from metering_records"
        " where occurred_at < %s limit %s for update skip locked)",
        (now - timedelta(days=terms.kept_days) - FORGET_MARGIN, FORGET_BATCH),
    )


async def count(session: Session, records: Sequence[MeteringRecord], fee_basis_points: int) -> Counted:
    """The fee is fixed when a call is counted: a later change of the setting does not move the past."""
    if not records:
        return Counted(0, 0)
    row = await session.first(_count, columns(list(records), fee_basis_points))
    return Counted(row["counted"], len(records) - row["counted"])
