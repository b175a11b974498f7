//! Health checks that nobody runs.
//!
//! Podman has no daemon: systemd's timers run its health checks, the first at the container's start. On a machine
//! without systemd, or without a session of the user's, a container stays `starting` for ever. While gantry waits for
//! containers it runs each check when the timer would have, had there been one: a user with systemd notices nothing,
//! and no check runs more often than it was meant to. Once gantry has what it waited for, nobody runs them again, nor while
//! Compose itself waits for one (`depends_on` with `service_healthy`).

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use serde::Deserialize;

use super::{Container, EngineError, Health, PATIENCE, ask};
use crate::model::EngineKind;
use crate::sys::{clock, process};

/// Seconds that a timer may be late.
const SLACK: i64 = 2;

const NANOSECONDS: i64 = 1_000_000_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    id: String,
    state: State,
    #[serde(default)]
    config: Config,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    #[serde(default)]
    started_at: String,
    // Podman before 4 calls it `Healthcheck`.
    #[serde(alias = "Healthcheck")]
    health: Option<Results>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Results {
    log: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(default)]
    end: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Config {
    healthcheck: Option<Check>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Check {
    /// In nanoseconds; 0 where the user runs it by hand.
    #[serde(default)]
    interval: i64,
}

/// Runs those that are due; what they say, the engine keeps.
///
/// # Errors
/// The engine does not answer, or not in JSON.
pub(super) fn run_due(program: &Path, containers: &[Container]) -> Result<()> {
    let is_open = |it: &&Container| it.is_running() && matches!(it.health, Some(Health::Starting | Health::Unhealthy));
    let open: Vec<&str> = containers.iter().filter(is_open).map(|it| it.id.as_str()).collect();
    if open.is_empty() {
        return Ok(());
    }
    let arguments: Vec<&str> = ["inspect", "--type", "container"].into_iter().chain(open).collect();
    let kind = EngineKind::Podman;
    let dues = dues(&ask(kind, program, &arguments)?)
        .map_err(|error| EngineError::Incomprehensible { kind, detail: error.to_string() })?;
    let now = clock::now();
    for (id, _) in dues.iter().filter(|(_, due)| **due <= now) {
        // It ends with an error where the check fails, which is as good an answer.
        let _ = process::capture(program, &["healthcheck", "run", id], PATIENCE);
    }
    Ok(())
}

/// When each container's next check is due, in seconds since the epoch.
fn dues(output: &[u8]) -> serde_json::Result<BTreeMap<String, i64>> {
    let inspected: Vec<Inspected> = serde_json::from_slice(output)?;
    let due = |Inspected { id, state, config }: Inspected| {
        let interval = config.healthcheck.map(|check| check.interval).filter(|interval| *interval > 0)?;
        let log = state.health.and_then(|health| health.log).unwrap_or_default();
        let last = log.iter().filter_map(|entry| clock::parse_rfc3339(&entry.end)).max();
        let due = match last {
            Some(last) => last.saturating_add(interval / NANOSECONDS),
            None => clock::parse_rfc3339(&state.started_at)?,
        };
        Some((id, due.saturating_add(SLACK)))
    };
    Ok(inspected.into_iter().filter_map(due).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_check_is_due() {
        #[track_caller]
        fn check(interval: i64, log: &str, expected: Option<i64>) {
            let text = format!(
                r#"[{{"Id": "1", "State": {{"StartedAt": "1970-01-01T00:01:00.5Z", "Health": {{"Status": "starting",
                    "FailingStreak": 0, "Log": {log}}}}}, "Config": {{"Healthcheck": {{"Interval": {interval}}}}}}}]"#
            );
            assert_eq!(dues(text.as_bytes()).expect("JSON").get("1").copied(), expected, "{interval} {log}");
        }
        check(30 * NANOSECONDS, "null", Some(62));
        let ended = r#"[{"End": "1970-01-01T00:02:00Z"}, {"End": "1970-01-01T00:01:30Z"}]"#;
        check(30 * NANOSECONDS, ended, Some(152));
        check(0, "null", None);
        assert!(dues(br#"[{"Id": "1", "State": {}, "Config": {}}]"#).expect("JSON").is_empty());
    }
}
