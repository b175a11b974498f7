//! What a container uses, from the figures that engines print for people.

use serde::Serialize;

/// One container's share of the machine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Usage {
    /// The container's.
    pub id: String,
    /// 100 is one processor.
    pub cpu_percent: f64,
    pub memory_bytes: u64,
}

/// `0.05%`; `None` also for the `--` of a container that has just ended.
pub(super) fn percent_of(text: &str) -> Option<f64> {
    text.trim().strip_suffix('%')?.parse().ok().filter(|percent: &f64| percent.is_finite())
}

/// `1.5MiB` (Docker) or `1.5MB` (Podman).
pub(super) fn bytes_of(text: &str) -> Option<u64> {
    let text = text.trim();
    let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
    let number: f64 = text[..unit].trim().parse().ok()?;
    let factor = match text[unit..].to_ascii_lowercase().as_str() {
        "b" => 1.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        "tb" => 1e12,
        "kib" => 1024.0,
        "mib" => 1024.0 * 1024.0,
        "gib" => 1024.0 * 1024.0 * 1024.0,
        "tib" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a figure rounded for people anyway")]
    (number >= 0.0).then_some((number * factor) as u64)
}

/// `1m3.25s` or `37.152176ms`, as Go writes a span of time.
pub(super) fn seconds_of(text: &str) -> Option<f64> {
    let (mut rest, mut seconds) = (text.trim(), 0.0);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let unit = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..unit].parse().ok()?;
        let behind = &rest[unit..];
        let end = behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len());
        seconds += number
            * match &behind[..end] {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "\u{b5}s" | "\u{3bc}s" | "us" => 1e-6,
                "ns" => 1e-9,
                _ => return None,
            };
        rest = &behind[end..];
    }
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_for_people() {
        #[track_caller]
        fn check(text: &str, expected: Option<u64>) {
            assert_eq!(bytes_of(text), expected, "{text:?}");
        }
        check("0B", Some(0));
        check(" 1.5MiB ", Some(1_572_864));
        check("640KiB", Some(655_360));
        check("2GiB", Some(2_147_483_648));
        check("53.25kB", Some(53_250));
        check("1.2 MB", Some(1_200_000));
        for text in ["", "--", "12", "MiB", "-1MiB", "1XB"] {
            check(text, None);
        }
        let milliseconds = |text| seconds_of(text).map(|seconds| (seconds * 1e3).round());
        assert_eq!(milliseconds("37.152176ms"), Some(37.0));
        assert_eq!(milliseconds("1h2m3.5s"), Some(3_723_500.0));
        assert_eq!(milliseconds("1500\u{b5}s"), Some(2.0));
        assert_eq!(milliseconds("0s"), Some(0.0));
        assert_eq!(["", "12", "3x", "s", "--"].map(seconds_of), [None; 5]);
        assert_eq!(percent_of("12.34%"), Some(12.34));
        assert_eq!((percent_of("--"), percent_of("12"), percent_of("NaN%")), (None, None, None));
    }
}
