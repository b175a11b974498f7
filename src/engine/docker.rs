//! Docker: its daemon, reached by the `docker` program, and its Compose plugin.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Deserialize;

use super::usage::{Usage, bytes_of, percent_of};
use super::{Dialect, Engine, EngineError, Invocation, ask, lines, look_up};
use crate::model::EngineKind;
use crate::sys::process;

/// A Docker that answers.
#[derive(Debug)]
pub struct Docker {
    program: PathBuf,
}

/// A line of `docker stats --format json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stats {
    #[serde(rename = "ID")]
    id: String,
    #[serde(rename = "CPUPerc")]
    cpu: String,
    mem_usage: String,
}

/// What `docker version --format '{{json .}}'` says; of Podman's alias for docker, too.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    client: Client,
}

#[derive(Deserialize)]
struct Client {
    /// Docker spells it `ApiVersion`.
    #[serde(rename = "APIVersion")]
    podman_api: Option<String>,
}

impl Docker {
    /// # Errors
    /// It is not installed, its daemon does not answer, or it is Podman by another name.
    pub fn find() -> Result<Docker, EngineError> {
        let kind = EngineKind::Docker;
        let program = process::find_program("docker").ok_or(EngineError::Missing(kind))?;
        let output = look_up(kind, &program)?;
        match serde_json::from_slice(&output) {
            Ok(Version { client: Client { podman_api: Some(_) } }) => Err(EngineError::IsPodman),
            Ok(_) => Ok(Docker { program }),
            Err(error) => Err(EngineError::Incomprehensible { kind, detail: error.to_string() }),
        }
    }
}

impl Engine for Docker {
    fn kind(&self) -> EngineKind {
        EngineKind::Docker
    }

    fn program(&self) -> &Path {
        &self.program
    }

    fn compose(&self) -> Result<Invocation> {
        let plugin = ask(self.kind(), &self.program, &["compose", "version", "--short"]);
        plugin.map_err(|_| EngineError::NoCompose(self.kind()))?;
        Ok(Invocation { program: self.program.clone(), arguments: vec!["compose".into()], dialect: Dialect::Compose })
    }

    fn usages(&self, ids: &[&str]) -> Result<Vec<Usage>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let options = ["stats", "--no-stream", "--no-trunc", "--format", "{{json .}}"];
        let output =
            ask(self.kind(), &self.program, &options.into_iter().chain(ids.iter().copied()).collect::<Vec<_>>())?;
        let usage = |line: &String| {
            let Stats { id, cpu, mem_usage } = serde_json::from_str(line).ok()?;
            let memory = bytes_of(mem_usage.split('/').next().unwrap_or_default())?;
            Some(Usage { id, cpu_percent: percent_of(&cpu)?, memory_bytes: memory })
        };
        Ok(lines(&output).iter().filter_map(usage).collect())
    }
}
