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

/// Nanoseconds since the Unix epoch.
pub(super) fn nanoseconds() -> i128 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i128::try_from(elapsed.as_nanos()).unwrap_or(i128::MAX)
}
