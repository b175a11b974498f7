//! The times that `logs --timestamps` puts before what a container wrote.

use crate::sys::clock;

/// Bytes of `2026-11-21T08:00:00.123456789`, as docker and podman both write it (`RFC3339NanoFixed`, `LogTimeFormat`).
const CLOCK: usize = 29;

/// Nanoseconds that a line's pieces lie apart at most.
const APART: i128 = 10_000_000_000;

/// When an engine got a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// Since the Unix epoch.
    pub nanoseconds: i128,
    /// RFC 3339, as the engine wrote it.
    pub text: String,
}

/// Takes the stamp off the line; `None` where it has none, as what the engine itself says.
///
/// Engines keep a long line in pieces (docker: of 16 KiB, podman: as they came) and put a stamp before each of them,
/// which goes too: docker's is the first one's again, podman's a little later. A time that the container wrote is older
/// than the stamp of its line, and stays.
pub(super) fn take(text: &mut Vec<u8>) -> Option<Stamp> {
    let (stamp, length) = stamp_at(text)?;
    text.drain(..length);
    let is_within = |later: &Stamp| (0..=APART).contains(&(later.nanoseconds - stamp.nanoseconds));
    let mut whole = Vec::new();
    let (mut copied, mut place) = (0, 0);
    while let Some(found) = text[place..].iter().position(|byte| *byte == b'T') {
        place += found + 1;
        // Behind the date, eleven bytes.
        let Some(begin) = place.checked_sub(11).filter(|begin| *begin > copied) else { continue };
        if let Some((_, length)) = stamp_at(&text[begin..]).filter(|(later, _)| is_within(later)) {
            whole.extend_from_slice(&text[copied..begin]);
            copied = begin + length;
            place = copied;
        }
    }
    if copied > 0 {
        whole.extend_from_slice(&text[copied..]);
        *text = whole;
    }
    Some(stamp)
}

/// The stamp that the text begins with, and its bytes with the blank behind it.
fn stamp_at(text: &[u8]) -> Option<(Stamp, usize)> {
    let is_clock = |(byte, form): (&u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form };
    let clock = text.get(..CLOCK)?;
    if !clock.iter().zip(b"0000-00-00T00:00:00.000000000").all(is_clock) {
        return None;
    }
    let end = match text[CLOCK..] {
        [b'Z', ..] => CLOCK + 1,
        [b'+' | b'-', _, _, b':', _, ..] => CLOCK + 6,
        _ => return None,
    };
    let written = std::str::from_utf8(text.get(..end)?).ok()?;
    let length = match text.get(end) {
        Some(b' ') => end + 1,
        None => end,
        Some(_) => return None,
    };
    let nanoseconds = clock::parse_rfc3339_nanoseconds(written)?;
    Some((Stamp { nanoseconds, text: written.to_owned() }, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_taken_off() {
        #[track_caller]
        fn check(line: &str, stamp: Option<&str>, expected: &str) {
            let mut text = line.as_bytes().to_vec();
            let taken = take(&mut text);
            assert_eq!(taken.as_ref().map(|it| it.text.as_str()), stamp, "{line}");
            assert_eq!(String::from_utf8(text).unwrap(), expected, "{line}");
        }
        let at = "2026-11-21T08:00:00.100000000Z";
        let later = "2026-11-21T08:00:00.200000000Z";
        check(&format!("{at} text"), Some(at), "text");
        check(&format!("{at} "), Some(at), "");
        check(at, Some(at), "");
        check("2026-11-21T09:00:00.100000000+01:00 x", Some("2026-11-21T09:00:00.100000000+01:00"), "x");
        // Pieces of one line.
        check(&format!("{at} a{at} b{at} c"), Some(at), "abc");
        check(&format!("{at} no newline{later}  rest"), Some(at), "no newline rest");
        check(&format!("{at} T{later} "), Some(at), "T");
        // The container's own times.
        let own = "2026-11-21T08:00:00.099999999Z";
        check(&format!("{at} {own} ts={own} at {own}"), Some(at), &format!("{own} ts={own} at {own}"));
        check(&format!("{at} due 2026-11-21T08:01:00.000000000Z x"), Some(at), "due 2026-11-21T08:01:00.000000000Z x");
        check(&format!("{at} {at} x"), Some(at), &format!("{at} x"));
        // No stamps.
        for none in
            ["", "text", "Error response from daemon: x", "2026-11-21T08:00:00Z x", "2026-13-21T08:00:00.1000000Z"]
        {
            check(none, None, none);
        }
        check("2026-19-21T08:00:00.100000000Z x", None, "2026-19-21T08:00:00.100000000Z x");
        check(&format!("{at}x"), None, &format!("{at}x"));
        check("2026-11-21T08:00:00.100000000+01:0é x", None, "2026-11-21T08:00:00.100000000+01:0é x");
    }
}
