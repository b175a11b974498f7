//! The time of day.

use std::time::{SystemTime, UNIX_EPOCH};

use super::witness;

/// Seconds in a day.
pub const DAY: i64 = 24 * 60 * 60;

/// Seconds since the Unix epoch; 0 where the clock stands before it.
pub fn now() -> i64 {
    witness::note_unrepeatable();
    unwitnessed_now()
}

/// Whether the clock has reached the moment, in seconds since the Unix epoch. Unlike what follows from [`now`], the
/// answer holds until the moment comes.
pub fn has_reached(moment: i64) -> bool {
    let is_reached = unwitnessed_now() >= moment;
    witness::note_moment(moment, is_reached);
    is_reached
}

/// [`now`] for who only compares it with what a witness noted.
pub fn unwitnessed_now() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
}

/// The moment, in seconds since the Unix epoch, as RFC 3339 has it in UTC; one beyond the calendar is its end.
pub fn rfc3339(moment: i64) -> String {
    jiff::Timestamp::from_second(moment).unwrap_or(jiff::Timestamp::MAX).to_string()
}

/// Seconds since the Unix epoch of a time as RFC 3339 has it; `None` where it is none.
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

/// Nanoseconds since the Unix epoch of a time as RFC 3339 has it; `None` where it is none.
pub fn parse_rfc3339_nanoseconds(text: &str) -> Option<i128> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_nanosecond)
}

/// Lets time pass between two looks at something that only differs by it.
#[allow(clippy::disallowed_methods, reason = "the time itself is what is awaited")]
pub fn pause(time: std::time::Duration) {
    std::thread::sleep(time);
}

/// Nanoseconds since the Unix epoch.
pub(super) fn nanoseconds() -> i128 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i128::try_from(elapsed.as_nanos()).unwrap_or(i128::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_engines_write_them() {
        assert_eq!(rfc3339(1_700_000_000), "2023-11-14T22:13:20Z");
        assert_eq!(parse_rfc3339("2023-11-14T22:13:20.123456789Z"), Some(1_700_000_000));
        assert_eq!(parse_rfc3339("2023-11-14T23:13:20+01:00"), Some(1_700_000_000));
        assert_eq!(parse_rfc3339("yesterday"), None);
        assert_eq!(parse_rfc3339_nanoseconds("1970-01-01T00:00:01.000000002Z"), Some(1_000_000_002));
    }
}
