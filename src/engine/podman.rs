//! Podman: no daemon; the `podman` program, and the Compose that it calls or that is made for it.
//!
//! Containers are found by Docker's labels: podman-compose writes them beside its own, and Docker's Compose on Podman's
//! socket writes nothing else. The two must not be mixed for one project: each refuses the other's networks.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::Deserialize;

use super::usage::{Usage, bytes_of, percent_of, seconds_of};
use super::{Container, Dialect, Engine, EngineError, Invocation, PATIENCE, ask, checks, look_up};
use crate::model::EngineKind;
use crate::sys::{clock, process};

/// How far apart the two looks are that tell what a processor does now: Podman itself tells the average since the
/// container's start.
const SPAN: Duration = Duration::from_secs(1);

/// A Podman that answers.
#[derive(Debug)]
pub struct Podman {
    program: PathBuf,
}

/// An entry of `podman stats --format json`.
#[derive(Deserialize)]
struct Stats {
    id: String,
    #[serde(default)]
    cpu_time: String,
    cpu_percent: String,
    mem_usage: String,
}

impl Podman {
    /// # Errors
    /// It is not installed, or does not answer.
    pub fn find() -> Result<Podman, EngineError> {
        let kind = EngineKind::Podman;
        let program = process::find_program("podman").ok_or(EngineError::Missing(kind))?;
        look_up(kind, &program)?;
        Ok(Podman { program })
    }
}

impl Engine for Podman {
    fn kind(&self) -> EngineKind {
        EngineKind::Podman
    }

    fn program(&self) -> &Path {
        &self.program
    }

    fn compose(&self) -> Result<Invocation> {
        // Since 4.7; before that, podman says that there is no such command.
        if let Some(version) = process::output(&self.program, &["compose", "version"], PATIENCE) {
            let (program, dialect) = (self.program.clone(), Dialect::of(&version));
            return Ok(Invocation { program, arguments: vec!["compose".into()], dialect });
        }
        let program = process::find_program("podman-compose").ok_or(EngineError::NoCompose(self.kind()))?;
        Ok(Invocation { program, arguments: Vec::new(), dialect: Dialect::PodmanCompose })
    }

    fn usages(&self, ids: &[&str]) -> Result<Vec<Usage>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let before = self.stats(ids)?;
        let began = Instant::now();
        clock::pause(SPAN);
        let stats = self.stats(ids)?;
        let elapsed = began.elapsed().as_secs_f64();
        let usage = |now: &Stats| {
            let since = before.iter().find(|it| it.id == now.id).and_then(|it| seconds_of(&it.cpu_time));
            let cpu_percent = match (since, seconds_of(&now.cpu_time)) {
                (Some(since), Some(until)) => (until - since).max(0.0) / elapsed * 100.0,
                _ => percent_of(&now.cpu_percent)?,
            };
            let memory_bytes = bytes_of(now.mem_usage.split('/').next().unwrap_or_default())?;
            // It tells the first digits alone.
            let id = ids.iter().find(|id| id.starts_with(&now.id)).map_or_else(|| now.id.clone(), ToString::to_string);
            Some(Usage { id, cpu_percent, memory_bytes })
        };
        Ok(stats.iter().filter_map(usage).collect())
    }

    fn run_due_checks(&self, containers: &[Container]) -> Result<()> {
        checks::run_due(&self.program, containers)
    }

    /// podman-compose puts a project's containers into a pod, which has no labels.
    fn remove_rest(&self, project: &str) -> Result<()> {
        let pod = format!("pod_{project}");
        if process::output(&self.program, &["pod", "exists", &pod], PATIENCE).is_none() {
            return Ok(());
        }
        ask(self.kind(), &self.program, &["pod", "rm", &pod]).map(drop)
    }
}

impl Podman {
    fn stats(&self, ids: &[&str]) -> Result<Vec<Stats>> {
        let arguments: Vec<&str> =
            ["stats", "--no-stream", "--format", "json"].into_iter().chain(ids.iter().copied()).collect();
        let output = ask(self.kind(), &self.program, &arguments)?;
        let stats = serde_json::from_slice(&output);
        Ok(stats.map_err(|error| EngineError::Incomprehensible { kind: self.kind(), detail: error.to_string() })?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines;
    use super::*;
    use crate::sys::env;

    /// Of the real Podman: what a command prints of it is rounded.
    #[test]
    fn what_a_busy_container_uses() {
        assert!(env::var("CONTAINERS_STORAGE_CONF").is_some(), "no Podman of the tests' own: run `tests/run`");
        let podman = Podman::find().expect("a Podman");
        let busy = ["run", "--detach", "gantry-test/httpd", "sh", "-c", "while :; do :; done"];
        let started = ask(EngineKind::Podman, &podman.program, &busy).expect("a container");
        let id = lines(&started).pop().expect("its identity");
        let usages = podman.usages(&[&id]);
        ask(EngineKind::Podman, &podman.program, &["rm", "--force", "--time", "0", &id]).expect("removed");
        let usage = usages.expect("an answer").pop().expect("one that runs");
        assert_eq!(usage.id, id, "whole, though it is told in part");
        assert!(usage.cpu_percent > 1.0 && usage.memory_bytes > 0, "{usage:?}");
        assert_eq!(podman.usages(&[]).expect("nothing asked"), []);
    }
}
