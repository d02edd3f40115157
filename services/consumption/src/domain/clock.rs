//! Times as the contract writes them: RFC 3339, UTC.

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, Time};

pub fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// RFC 3339 with milliseconds or less; years beyond 9999 cannot occur here.
pub fn rfc3339(at: OffsetDateTime) -> String {
    let millis = at.millisecond();
    let at =
        at.replace_millisecond(millis).unwrap_or(at).replace_nanosecond(u32::from(millis) * 1_000_000).unwrap_or(at);
    at.format(&Rfc3339).unwrap_or_default()
}

/// Calendar month in UTC, the period of a quota: `2026-11`.
pub fn month(at: OffsetDateTime) -> String {
    format!("{:04}-{:02}", at.year(), u8::from(at.month()))
}

/// A moment of the month before, in UTC.
pub fn last_month(at: OffsetDateTime) -> OffsetDateTime {
    at - Duration::days(i64::from(at.day()))
}

/// Seconds until the next month begins in UTC, at least 1.
pub fn seconds_left_of_month(at: OffsetDateTime) -> u64 {
    let last_day = at.month().length(at.year());
    let end = at.replace_day(last_day).unwrap_or(at).replace_time(Time::MIDNIGHT) + Duration::days(1);
    u64::try_from((end - at).whole_seconds()).unwrap_or(0).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_month_ends_at_midnight_utc_of_the_next_first_day() {
        assert_eq!(seconds_left_of_month(datetime!(2026-12-31 23:59:50 UTC)), 10);
        assert_eq!(seconds_left_of_month(datetime!(2028-02-28 00:00:00 UTC)), 2 * 86_400);
    }

    #[test]
    fn the_month_before_is_found_from_its_first_and_its_last_day_and_over_the_year() {
        for (at, before) in [
            (datetime!(2026-03-31 23:59:59 UTC), "2026-02"),
            (datetime!(2026-03-01 00:00:00 UTC), "2026-02"),
            (datetime!(2027-01-31 12:00:00 UTC), "2026-12"),
        ] {
            assert_eq!(month(last_month(at)), before);
        }
    }

    #[test]
    fn times_are_written_with_milliseconds_in_utc() {
        let at = datetime!(2026-11-28 10:00:00.123_456_789 UTC);
        assert_eq!(rfc3339(at), "2026-11-28T10:00:00.123Z");
        assert_eq!(month(at), "2026-11");
    }
}
