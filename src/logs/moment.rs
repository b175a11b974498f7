//! What `--since` and `--until` take.

use std::fmt;
use std::str::FromStr;

/// Seconds; a hundred years.
const LONGEST_AGO: u64 = 100 * 366 * 86_400;

/// A moment in one of the forms that docker takes, and nothing else: it is handed to another program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// So many seconds before now.
    Ago(u64),
    /// A date, a time, or unix seconds, in a form that docker and podman both read.
    At(String),
}

/// A text that is no moment; its `Display` is a sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MomentError(String);

impl Moment {
    /// The moment as an engine takes it; `now` in unix seconds. A duration becomes unix seconds, since podman takes one
    /// after `--until` for the future (`ParseInputTime`), docker for the past (`GetTimestamp`). A date or time without
    /// a zone means the local one to docker, UTC to podman itself; podman under Compose does as docker.
    pub fn text(&self, now: i64) -> String {
        match self {
            Moment::Ago(seconds) => now.saturating_sub_unsigned(*seconds).max(0).to_string(),
            Moment::At(text) => text.clone(),
        }
    }
}

impl FromStr for Moment {
    type Err = MomentError;

    /// Takes `1h30m` and the like with the units `d`, `h`, `m` and `s`; `2026-11-21`, alone or with a time and a zone as
    /// in RFC 3339; and unix seconds.
    fn from_str(text: &str) -> Result<Moment, MomentError> {
        let at = || unix_seconds(text).or_else(|| date_and_time(text)).map(Moment::At);
        ago(text).map(Moment::Ago).or_else(at).ok_or_else(|| MomentError(text.to_owned()))
    }
}

impl fmt::Display for MomentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start: String = self.0.chars().take(40).collect();
        write!(
            f,
            "`{start}` is no time: write how long ago (`90m`, `1h30m`, `2d`), a date or time (`2026-11-21`, \
             `2026-11-21T08:00:00Z`), or unix seconds"
        )
    }
}

impl std::error::Error for MomentError {}

/// Seconds of `2d`, `1h30m`, `1.5h`; a part of a second is dropped.
fn ago(text: &str) -> Option<u64> {
    let mut milliseconds: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(end);
        let (unit, tail) = tail.split_at_checked(1)?;
        let unit: u64 = match unit {
            "d" => 86_400_000,
            "h" => 3_600_000,
            "m" => 60_000,
            "s" => 1_000,
            _ => return None,
        };
        milliseconds = milliseconds.checked_add(scaled(number, unit)?)?;
        rest = tail;
    }
    let seconds = milliseconds / 1_000;
    (!text.is_empty() && seconds <= LONGEST_AGO).then_some(seconds)
}

/// The decimal number times the unit; three digits of a fraction count.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let is_fraction = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let thousandths: u64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let whole: u64 = whole.parse().ok()?;
    is_fraction.then_some(())?;
    whole.checked_mul(unit)?.checked_add(unit / 1_000 * thousandths)
}

/// Nine digits or more, so later than 1973: a `90` is a duration whose unit was forgotten.
fn unix_seconds(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = (9..=11).contains(&whole.len()) && is_number(whole);
    let is_fraction = (1..=9).contains(&fraction.len()) && is_number(fraction);
    (is_whole && is_fraction).then(|| text.to_owned())
}

/// RFC 3339, where the time, its seconds and the zone may be left out; seconds are put in, since podman requires them.
fn date_and_time(text: &str) -> Option<String> {
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    if !is_date(date) {
        return None;
    }
    let Some(time) = time else { return Some(date.to_owned()) };
    let (time, zone) = time.split_at(time.find(['Z', '+', '-']).unwrap_or(time.len()));
    let (clock, fraction) = time.split_once('.').map_or((time, None), |(clock, fraction)| (clock, Some(fraction)));
    let is_fraction = |text: &str| (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = clock.len() == "08:00:00".len();
    if !is_clock(clock) || !is_zone(zone) || fraction.is_some_and(|fraction| !is_whole || !is_fraction(fraction)) {
        return None;
    }
    let seconds = if is_whole { "" } else { ":00" };
    let fraction = fraction.map(|fraction| format!(".{fraction}")).unwrap_or_default();
    Some(format!("{date}T{clock}{seconds}{fraction}{zone}"))
}

/// `2026-11-21`, a day that there is.
fn is_date(text: &str) -> bool {
    let [year, month, day] = text.split('-').collect::<Vec<_>>()[..] else { return false };
    let (Some(year), Some(month), Some(day)) = (digits(year, 4), digits(month, 2), digits(day, 2)) else {
        return false;
    };
    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    year >= 1970 && (1..=days).contains(&day)
}

/// `08:00` or `08:00:00`.
fn is_clock(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let is_within = |(part, end): (&&str, u32)| digits(part, 2).is_some_and(|number| number < end);
    matches!(parts.len(), 2 | 3) && parts.iter().zip([24, 60, 60]).all(is_within)
}

/// Nothing, `Z`, or `+01:00`.
fn is_zone(text: &str) -> bool {
    text.is_empty()
        || text == "Z"
        || text.strip_prefix(['+', '-']).is_some_and(|zone| zone.len() == 5 && is_clock(zone))
}

fn digits(text: &str, count: usize) -> Option<u32> {
    let is_number = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-11-21T08:00:00Z
    const NOW: i64 = 1_795_248_000;

    #[test]
    fn a_moment_is_what_docker_and_podman_take() {
        #[track_caller]
        fn check(text: &str, expected: Option<&str>) {
            let moment = text.parse::<Moment>().ok();
            assert_eq!(moment.map(|moment| moment.text(NOW)).as_deref(), expected, "{text:?}");
        }
        check("1h", Some("1795244400"));
        check("90m", Some("1795242600"));
        check("1h30m", Some("1795242600"));
        check("1.5h", Some("1795242600"));
        check("2d", Some("1795075200"));
        check("1d12h", Some("1795118400"));
        check("30s", Some("1795247970"));
        check("0s", Some("1795248000"));
        check("2026-11-21", Some("2026-11-21"));
        check("2028-02-29", Some("2028-02-29"));
        check("2026-11-21T08:00:00Z", Some("2026-11-21T08:00:00Z"));
        check("2026-11-21T08:00:00.123456789+05:30", Some("2026-11-21T08:00:00.123456789+05:30"));
        check("2026-11-21T08:00:00-08:00", Some("2026-11-21T08:00:00-08:00"));
        check("2026-11-21T08:00Z", Some("2026-11-21T08:00:00Z"));
        check("2026-11-21 08:00", Some("2026-11-21T08:00:00"));
        check("1795248000", Some("1795248000"));
        check("1795248000.5", Some("1795248000.5"));
        for refused in [
            "",
            "-x",
            "-1h",
            "--follow",
            "h",
            "1",
            "90",
            "1h30",
            "1hour",
            "1w",
            "1.h",
            ".5h",
            "1..5h",
            " 1h",
            "1h ",
            "h1",
            "\u{661}h",
            "1\u{b5}s",
            "99999999999999999999d",
            "40000d",
            "yesterday",
            "now",
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-11-31",
            "1900-02-29",
            "26-11-21",
            "2026-11-21T",
            "2026-11-21T24:00:00Z",
            "2026-11-21T08",
            "2026-11-21T08:00:00z",
            "2026-11-21T08:00:00+1",
            "2026-11-21T08:00.5Z",
            "2026-11-21T08:00:00.Z",
            "2026-11-21T08:00:00Z --follow",
            "2026-11-21T08:00:00Z\n",
            "2026-11-21-x",
            "1795248000.",
            "1795248000x",
        ] {
            check(refused, None);
        }
    }

    #[test]
    fn a_refusal_says_how_to_write_it() {
        let sentence = "`yesterday` is no time: write how long ago (`90m`, `1h30m`, `2d`), a date or time \
                        (`2026-11-21`, `2026-11-21T08:00:00Z`), or unix seconds";
        assert_eq!("yesterday".parse::<Moment>().unwrap_err().to_string(), sentence);
        assert!("x".repeat(10_000).parse::<Moment>().unwrap_err().to_string().len() < 300);
    }

    proptest! {
        #[test]
        fn no_option_comes_out(text in prop_oneof![any::<String>(), "[-0-9dhmsTZ:. +]{0,25}"]) {
            if let Ok(moment) = text.parse::<Moment>() {
                let text = moment.text(NOW);
                prop_assert!(text.starts_with(|first: char| first.is_ascii_digit()), "{}", text);
                prop_assert!(text.bytes().all(|byte| byte.is_ascii_digit() || b"-:.TZ+".contains(&byte)), "{}", text);
            }
        }
    }
}
