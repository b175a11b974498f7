//! Why an engine cannot be had.

use std::fmt;

use crate::model::EngineKind;

/// No engine, or none that answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineError {
    /// Its program is not on `PATH`.
    Missing(EngineKind),
    /// The program `docker` is Podman's, as the package podman-docker installs it.
    IsPodman,
    /// It is there, and says this instead of an answer.
    NotAnswering { kind: EngineKind, detail: String },
    /// It was reached, and did not do what it was asked to.
    Refused { kind: EngineKind, detail: String },
    /// Neither engine can be had.
    None { docker: Box<EngineError>, podman: Box<EngineError> },
    /// The engine answers, but nothing drives it with compose files.
    NoCompose(EngineKind),
    /// Its Compose does not read the override that publishes a context's ports.
    ComposeTooOld { kind: EngineKind, version: String },
    /// The engine answers in a way that gantry does not understand.
    Incomprehensible { kind: EngineKind, detail: String },
}

impl EngineError {
    pub(super) fn none(docker: EngineError, podman: EngineError) -> EngineError {
        EngineError::None { docker: Box::new(docker), podman: Box::new(podman) }
    }

    /// With what the engine's program said, in one line.
    pub(super) fn not_answering(kind: EngineKind, said: &str) -> EngineError {
        EngineError::NotAnswering { kind, detail: gist(kind, said) }
    }

    /// With what the engine's program said, in one line.
    pub(super) fn refused(kind: EngineKind, said: &str) -> EngineError {
        EngineError::Refused { kind, detail: gist(kind, said) }
    }

    /// Whether there is no engine to ask, or none that answers.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, EngineError::Missing(_) | EngineError::NotAnswering { .. } | EngineError::None { .. })
    }

    /// The engine is not installed: nothing can run on it.
    pub(super) fn is_absence(&self) -> bool {
        matches!(self, EngineError::Missing(_) | EngineError::IsPodman)
    }

    /// The way out.
    pub fn hint(&self) -> String {
        match self {
            EngineError::None { docker, podman } => match (&**docker, &**podman) {
                (EngineError::Missing(_), EngineError::Missing(_)) => {
                    "install Docker Engine with its Compose plugin (on Debian and Ubuntu: docker.io and \
                     docker-compose-v2 or docker-compose), or podman and podman-compose"
                        .to_owned()
                }
                (EngineError::Missing(_) | EngineError::IsPodman, other) | (other, _) => other.hint(),
            },
            EngineError::IsPodman => "`--engine podman` uses it as what it is".to_owned(),
            EngineError::Missing(EngineKind::Docker) => {
                "install Docker Engine with its Compose plugin: docker.io and docker-compose-v2 or docker-compose on \
                 Debian and Ubuntu"
                    .to_owned()
            }
            EngineError::Missing(EngineKind::Podman) => "install podman and podman-compose".to_owned(),
            EngineError::NotAnswering { kind: EngineKind::Docker, .. } => {
                "is it running? `sudo systemctl start docker` starts it; who may use it is in the group `docker`; \
                 `docker info` says more"
                    .to_owned()
            }
            EngineError::NotAnswering { kind: EngineKind::Podman, .. } => "`podman info` says more".to_owned(),
            EngineError::Refused { kind, .. } => format!("`{kind} ps -a` shows what is there"),
            EngineError::NoCompose(EngineKind::Docker) => {
                "install the Compose plugin: docker-compose-v2, docker-compose or docker-compose-plugin, as your \
                 distribution calls it; `docker compose version` then answers"
                    .to_owned()
            }
            EngineError::NoCompose(EngineKind::Podman) => {
                "install podman-compose 1.4 or newer, or podman 4.7 or newer with a Compose it can call".to_owned()
            }
            EngineError::ComposeTooOld { .. } => {
                "install podman-compose 1.4 or newer (`pipx install podman-compose`); or free what the compose file \
                 asks for, or say `remap: never` in gantry.yml"
                    .to_owned()
            }
            EngineError::Incomprehensible { kind, .. } => format!("`{kind} version` tells which one this is"),
        }
    }
}

/// What an engine's program said, in one line.
fn gist(kind: EngineKind, said: &str) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines.as_slice() {
        [] => "it said nothing".to_owned(),
        // It warns before and behind what it ends with.
        [.., last] if kind == EngineKind::Podman => {
            let error = lines.iter().rfind(|line| line.starts_with("Error: "));
            error.unwrap_or(last).trim_start_matches("Error: ").to_owned()
        }
        [first, ..] => (*first).to_owned(),
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EngineError::Missing(kind) => write!(f, "{kind} is not installed"),
            EngineError::IsPodman => f.write_str("docker is Podman here"),
            EngineError::NotAnswering { kind, detail } => write!(f, "{kind} does not answer: {detail}"),
            EngineError::Refused { kind, detail } => write!(f, "{kind} refuses: {detail}"),
            EngineError::None { docker, podman } => write!(f, "no container engine: {docker}; {podman}"),
            EngineError::NoCompose(kind) => write!(f, "{kind} has no Compose"),
            EngineError::ComposeTooOld { kind, version } => {
                write!(f, "{kind}-compose {version} cannot read the override that publishes this checkout's ports")
            }
            EngineError::Incomprehensible { kind, detail } => {
                write!(f, "{kind} answers in a way that gantry does not understand: {detail}")
            }
        }
    }
}

impl std::error::Error for EngineError {}
