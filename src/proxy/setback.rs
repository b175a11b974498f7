//! Setbacks: what could not be loaded is tried again by who comes next, but at prompts not at each of them, since a Caddy
//! that is broken takes its time. After the first failure a prompt leaves it alone for a second, then for two, for four,
//! and for a minute at most. It is a file, since each prompt is another process.

use super::home::Home;
use crate::sys::{clock, files, own};

/// Seconds.
const LONGEST: i64 = 60;

/// Two numbers and a space.
const LIMIT: u64 = 64;

/// When it failed last, and how long it is left alone after that, both in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Setback {
    at: i64,
    pause: i64,
}

/// Whether somebody at a prompt may try.
pub(super) fn is_over(home: &Home) -> bool {
    load(home).is_none_or(|setback| setback.is_over_at(clock::now()))
}

/// Another one. Where that cannot be written, the next prompt tries again.
pub(super) fn note(home: &Home) {
    let setback = Setback::after(load(home), clock::now());
    let _ = own::replace(&home.setback(), format!("{} {}", setback.at, setback.pause).as_bytes());
}

/// It was loaded.
pub(super) fn forget(home: &Home) {
    let _ = files::remove(&home.setback());
}

fn load(home: &Home) -> Option<Setback> {
    let text = files::read_limited(&home.setback(), LIMIT).ok()?;
    let (at, pause) = std::str::from_utf8(&text).ok()?.split_once(' ')?;
    Some(Setback { at: at.parse().ok()?, pause: pause.parse().ok()? })
}

impl Setback {
    fn after(former: Option<Setback>, now: i64) -> Setback {
        let pause = former.map_or(1, |former| former.pause.saturating_mul(2).clamp(1, LONGEST));
        Setback { at: now, pause }
    }

    /// A clock that was set back makes no pause longer.
    fn is_over_at(self, now: i64) -> bool {
        !(self.at..self.at.saturating_add(self.pause.min(LONGEST))).contains(&now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_minute() {
        let mut setback = None;
        let pauses: Vec<i64> = (0..8)
            .map(|_| {
                let next = Setback::after(setback, 100);
                setback = Some(next);
                next.pause
            })
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn how_long_it_is_left_alone() {
        let setback = Setback { at: 100, pause: 4 };
        let found = [99, 100, 103, 104].map(|now| setback.is_over_at(now));
        assert_eq!(found, [true, false, false, true]);
        assert!(Setback { at: 100, pause: i64::MAX }.is_over_at(160), "what somebody else wrote");
    }
}
