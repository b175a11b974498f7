//! The exit statuses, as the README lists them.

/// 1: it failed.
pub const FAILED: u8 = 1;
/// 2: wrong usage.
pub const USAGE: u8 = 2;
/// 3: no such thing.
pub const NOT_FOUND: u8 = 3;
/// 4: a port conflict, or a full range.
pub const CONFLICT: u8 = 4;
/// 5: a program or daemon that is needed is missing or does not answer.
pub const MISSING: u8 = 5;
