//! An engine that has gone away: how long it is waited for.

use std::time::{Duration, Instant};

/// How long an engine may be away: long enough for a restart of its daemon.
const PATIENCE: Duration = Duration::from_secs(60);

/// From the first failed question to the second; each pause is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Whether the engine is away, and since when.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Absence(Option<Away>);

#[derive(Clone, Copy, Debug)]
struct Away {
    since: Instant,
    pause: Duration,
}

impl Absence {
    /// It does not answer: how long to wait until it is asked again, or `None` where it has been waited for long enough.
    pub(super) fn note(&mut self, now: Instant) -> Option<Duration> {
        let Away { since, pause } = self.0.unwrap_or(Away { since: now, pause: FIRST_PAUSE });
        let left = PATIENCE.saturating_sub(now.duration_since(since));
        self.0 = Some(Away { since, pause: pause * 2 });
        (!left.is_zero()).then(|| pause.min(left))
    }

    /// It answers; whether it was away.
    pub(super) fn end(&mut self) -> bool {
        self.0.take().is_some()
    }

    pub(super) fn has_begun(self) -> bool {
        self.0.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_less_and_less_often_and_then_no_more() {
        let mut absence = Absence::default();
        assert!(!absence.end() && !absence.has_begun());
        let (mut now, mut pauses) = (Instant::now(), Vec::new());
        while let Some(pause) = absence.note(now) {
            pauses.push(pause.as_secs());
            now += pause;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 29]);
        assert!(absence.has_begun() && absence.end());
        assert_eq!(absence.note(now), Some(FIRST_PAUSE), "it begins anew");
    }
}
