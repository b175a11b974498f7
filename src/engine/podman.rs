//! Podman: no daemon; the `podman` program, and the Compose that it calls or that is made for it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use serde::Deserialize;

use super::usage::{Usage, bytes_of, percent_of};
use super::{Container, Engine, EngineError, Invocation, PROJECT_LABEL, ask, inspect, lines};
use crate::model::EngineKind;
use crate::sys::process;

/// A Podman that answers.
#[derive(Debug)]
pub struct Podman {
    program: PathBuf,
}

/// An entry of `podman stats --format json`.
#[derive(Deserialize)]
struct Stats {
    id: String,
    cpu_percent: String,
    mem_usage: String,
}

impl Podman {
    /// # Errors
    /// It is not installed, or does not answer.
    pub fn find() -> Result<Podman, EngineError> {
        let kind = EngineKind::Podman;
        let program = process::find_program("podman").ok_or(EngineError::Missing(kind))?;
        let version = ask(kind, &program, &["version", "--format", "{{.Client.Version}}"]);
        version.map_err(|error| match error.downcast::<EngineError>() {
            Ok(error) => error,
            Err(error) => EngineError::refused(kind, &error.to_string()),
        })?;
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
        let patience = Duration::from_secs(20);
        if process::output(&self.program, &["compose", "version"], patience).is_some() {
            return Ok(Invocation { program: self.program.clone(), arguments: vec!["compose".into()] });
        }
        let program = process::find_program("podman-compose").ok_or(EngineError::NoCompose(self.kind()))?;
        Ok(Invocation { program, arguments: Vec::new() })
    }

    fn containers(&self, project: Option<&str>) -> Result<Vec<Container>> {
        let filter = match project {
            Some(project) => format!("label={PROJECT_LABEL}={project}"),
            None => format!("label={PROJECT_LABEL}"),
        };
        let list = ["ps", "--all", "--quiet", "--no-trunc", "--filter", &filter];
        inspect::containers(self.kind(), &self.program, &lines(&ask(self.kind(), &self.program, &list)?))
    }

    fn usages(&self, ids: &[&str]) -> Result<Vec<Usage>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let options = ["stats", "--no-stream", "--format", "json"];
        let output =
            ask(self.kind(), &self.program, &options.into_iter().chain(ids.iter().copied()).collect::<Vec<_>>())?;
        let stats: Vec<Stats> = serde_json::from_slice(&output)
            .map_err(|error| EngineError::Incomprehensible { kind: self.kind(), detail: error.to_string() })?;
        let usage = |Stats { id, cpu_percent, mem_usage }| {
            let memory = bytes_of(mem_usage.split('/').next().unwrap_or_default())?;
            Some(Usage { id, cpu_percent: percent_of(&cpu_percent)?, memory_bytes: memory })
        };
        Ok(stats.into_iter().filter_map(usage).collect())
    }
}
