"""Times are UTC and written as RFC 3339."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from admin.domain.errors import invalid

#: The platform counts nothing earlier; a report of the year 1 is a mistake, not a question.
EARLIEST = date(2020, 1, 1)
LATEST = date(2100, 1, 1)
MAX_REPORT_DAYS = 366


def utc_now() -> datetime:
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def report_range(start: date | None, end: date | None, today: date) -> tuple[date, date]:
    """Days of a report, `end` not included: by default the last 30 days with today."""
    until = end if end is not None else today + timedelta(days=1)
    since = start if start is not None else max(until, EARLIEST + timedelta(days=30)) - timedelta(days=30)
    if not EARLIEST <= since <= LATEST:
        raise invalid("/query/from", f"must be from {EARLIEST} to {LATEST}")
    if not EARLIEST <= until <= LATEST:
        raise invalid("/query/to", f"must be from {EARLIEST} to {LATEST}")
    if since >= until:
        raise invalid("/query/to", f"must be after from ({since}); it is the first day not counted")
    if (until - since).days > MAX_REPORT_DAYS:
        raise invalid("/query/from", f"must be at most {MAX_REPORT_DAYS} days before to ({until})")
    return since, until
