//! Container engines: what runs on them, as they tell it now, and the Compose that drives them.
//!
//! Everything goes through the engines' own programs, so that a context of `docker`, a remote host or a rootless socket
//! are the user's, and what gantry starts is what `docker compose` by hand would have started. Nothing is remembered:
//! each question is asked anew, and containers are found by the labels that Compose gives them, whoever started them.

mod ask;
mod checks;
mod compose;
mod docker;
mod error;
mod inspect;
mod podman;
mod remove;
mod usage;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use crate::model::{EngineKind, Port, Protocol};
use crate::sys::process;

use ask::{ask, ask_within, look_up};
pub use compose::{Dialect, Invocation, Request};
pub use docker::Docker;
pub use error::EngineError;
pub use podman::Podman;
pub use remove::{discard, remove_project, remove_volumes, stop_containers, volumes};
pub use usage::Usage;

/// Long enough for an engine that is busy, short enough for who waits at a prompt.
const PATIENCE: Duration = Duration::from_secs(20);

/// Compose's label with the project's name; Podman's providers set it too.
pub const PROJECT_LABEL: &str = "com.docker.compose.project";

/// An engine that answers.
pub trait Engine: fmt::Debug + Send + Sync {
    fn kind(&self) -> EngineKind;

    /// The engine's own program.
    fn program(&self) -> &Path;

    /// What stands for `docker compose` on this engine.
    ///
    /// # Errors
    /// [`EngineError::NoCompose`].
    fn compose(&self) -> Result<Invocation>;

    /// The identities of the containers of a Compose project, or of all of them, with those that `compose run` has made
    /// for one command.
    ///
    /// # Errors
    /// The engine does not answer.
    fn ids(&self, project: Option<&str>) -> Result<Vec<String>> {
        let filter = match project {
            Some(project) => format!("label={PROJECT_LABEL}={project}"),
            None => format!("label={PROJECT_LABEL}"),
        };
        let list = ["ps", "--all", "--quiet", "--no-trunc", "--filter", &filter];
        Ok(lines(&ask(self.kind(), self.program(), &list)?))
    }

    /// The containers of a Compose project, or of all of them, by service and number. Those that `compose run` has
    /// made for one command are left out.
    ///
    /// # Errors
    /// The engine does not answer, or not in a way that is understood.
    fn containers(&self, project: Option<&str>) -> Result<Vec<Container>> {
        inspect::containers(self.kind(), self.program(), &self.ids(project)?)
    }

    /// What the running ones of these containers use now. Takes an engine about two seconds.
    ///
    /// # Errors
    /// As [`Engine::containers`].
    fn usages(&self, ids: &[&str]) -> Result<Vec<Usage>>;

    /// Runs the health checks of these containers that are due and that nobody else has run. Docker's daemon runs them
    /// itself.
    ///
    /// # Errors
    /// As [`Engine::containers`].
    fn run_due_checks(&self, _containers: &[Container]) -> Result<()> {
        Ok(())
    }

    /// Removes what the engine keeps of a project beside containers, networks and volumes.
    ///
    /// # Errors
    /// As [`Engine::containers`].
    fn remove_rest(&self, _project: &str) -> Result<()> {
        Ok(())
    }
}

/// A container that Compose has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    pub id: String,
    pub name: String,
    /// The Compose project's name.
    pub project: String,
    pub service: String,
    /// Counted from 1 among the service's replicas.
    pub number: u32,
    /// Where the compose file lay.
    pub directory: Option<PathBuf>,
    pub image: String,
    pub state: ContainerState,
    /// How it ended, where it did.
    pub exit_code: Option<i64>,
    /// `None` where the image and the compose file say no way to tell.
    pub health: Option<Health>,
    /// RFC 3339.
    pub started_at: Option<String>,
    pub ports: Vec<Publication>,
}

/// Where a container stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ContainerState {
    Created,
    Running,
    Paused,
    Restarting,
    Exited,
    Dead,
}

/// What the container's own check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    Starting,
    Healthy,
    Unhealthy,
}

/// A port that the engine publishes on the host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Publication {
    pub port: Port,
    pub container_port: Port,
    pub protocol: Protocol,
    /// `0.0.0.0`, `::` or what the compose file says.
    pub host_ip: String,
}

impl Container {
    pub fn is_running(&self) -> bool {
        matches!(self.state, ContainerState::Running | ContainerState::Restarting)
    }

    /// It has been started and has not ended: it runs, is about to run again, or is paused. A paused one does nothing,
    /// but holds its ports and its memory, and must be stopped like one that runs.
    pub fn is_alive(&self) -> bool {
        self.is_running() || self.state == ContainerState::Paused
    }

    /// It ran to its end and said that all went well: a migration, for one.
    pub fn is_done(&self) -> bool {
        self.state == ContainerState::Exited && self.exit_code == Some(0)
    }
}

#[cfg(test)]
impl Container {
    /// One of the project `shop`, for the tests of all rooms.
    pub fn sample(service: &str, number: u32, state: ContainerState, exit_code: Option<i64>) -> Container {
        Container {
            id: format!("{service}{number}"),
            name: format!("shop-{service}-{number}"),
            project: "shop".to_owned(),
            service: service.to_owned(),
            number,
            directory: None,
            image: "image".to_owned(),
            state,
            exit_code,
            health: None,
            started_at: None,
            ports: Vec::new(),
        }
    }
}

impl ContainerState {
    pub const fn as_str(self) -> &'static str {
        match self {
            ContainerState::Created => "created",
            ContainerState::Running => "running",
            ContainerState::Paused => "paused",
            ContainerState::Restarting => "restarting",
            ContainerState::Exited => "exited",
            ContainerState::Dead => "dead",
        }
    }
}

impl Health {
    pub const fn as_str(self) -> &'static str {
        match self {
            Health::Starting => "starting",
            Health::Healthy => "healthy",
            Health::Unhealthy => "unhealthy",
        }
    }
}

/// The engine that was asked for, else the first that answers.
///
/// # Errors
/// [`EngineError`]: it is not installed, or does not answer.
pub fn find(wanted: Option<EngineKind>) -> Result<Box<dyn Engine>> {
    match wanted {
        Some(EngineKind::Docker) => match Docker::find() {
            // Whoever made `docker` call Podman means it by that name.
            Err(EngineError::IsPodman) => Ok(Box::new(Podman::find()?)),
            found => Ok(Box::new(found?)),
        },
        Some(EngineKind::Podman) => Ok(Box::new(Podman::find()?)),
        None => match Docker::find() {
            Ok(docker) => Ok(Box::new(docker)),
            Err(docker) => Podman::find()
                .map(|podman| Box::new(podman) as Box<dyn Engine>)
                .map_err(|podman| EngineError::none(docker, podman).into()),
        },
    }
}

/// The engine that runs the Compose project, and its containers there: the one that was asked for, else the one that
/// has any of them, else the first that answers.
///
/// # Errors
/// As [`find`] and [`Engine::containers`].
pub fn find_of(project: &str, wanted: Option<EngineKind>) -> Result<(Box<dyn Engine>, Vec<Container>)> {
    let engine = find(wanted)?;
    let containers = engine.containers(Some(project))?;
    if wanted.is_none()
        && containers.is_empty()
        && engine.kind() == EngineKind::Docker
        && let Ok(podman) = Podman::find()
        && let Ok(there) = podman.containers(Some(project))
        && !there.is_empty()
    {
        return Ok((Box::new(podman), there));
    }
    Ok((engine, containers))
}

/// Why Docker, which is installed, does not tell what it runs, where Podman answers instead of it. Asked where Podman
/// has nothing of a project.
pub fn silent_beside(engine: &dyn Engine) -> Option<EngineError> {
    let docker = if engine.kind() == EngineKind::Podman { Docker::find().err() } else { None };
    docker.filter(|error| !error.is_absence())
}

/// What every engine on the machine runs.
#[derive(Debug, Default)]
pub struct Everywhere {
    pub containers: Vec<Container>,
    /// Why the engine that is installed beside the one that answers does not tell: what it runs, nobody knows.
    pub silent: Option<EngineError>,
}

/// The containers of every Compose project on every engine that answers.
///
/// # Errors
/// As [`find`], where none answers.
pub fn everywhere() -> Result<Everywhere> {
    let (answers, silent) = ask_each()?;
    let containers = answers.into_iter().flat_map(|(_, containers)| containers).collect();
    Ok(Everywhere { containers, silent })
}

/// As [`everywhere`], each engine's apart.
///
/// # Errors
/// As [`everywhere`].
pub fn everywhere_by_engine() -> Result<Vec<(EngineKind, Vec<Container>)>> {
    Ok(ask_each()?.0)
}

type Answers = Vec<(EngineKind, Vec<Container>)>;

/// What each engine says that answers, and why the other one does not, where it is installed.
fn ask_each() -> Result<(Answers, Option<EngineError>)> {
    let (docker, podman) = std::thread::scope(|scope| {
        let podman = scope.spawn(|| Podman::find()?.containers(None));
        let docker = Docker::find().map_err(anyhow::Error::from).and_then(|docker| docker.containers(None));
        (docker, podman.join().unwrap_or_else(|_| Err(EngineError::Missing(EngineKind::Podman).into())))
    });
    let silent =
        |error: anyhow::Error| anyhow::Ok(Some(error.downcast::<EngineError>()?).filter(|it| !it.is_absence()));
    match (docker, podman) {
        (Ok(docker), Ok(podman)) => Ok((vec![(EngineKind::Docker, docker), (EngineKind::Podman, podman)], None)),
        (Ok(docker), Err(podman)) => Ok((vec![(EngineKind::Docker, docker)], silent(podman)?)),
        (Err(docker), Ok(podman)) => Ok((vec![(EngineKind::Podman, podman)], silent(docker)?)),
        (Err(docker), Err(podman)) => Err(EngineError::none(docker.downcast()?, podman.downcast()?).into()),
    }
}

/// Starts a container that has ended, as it is.
///
/// # Errors
/// The engine does not answer, or refuses: a port of it may be somebody else's by now.
pub fn start_container(engine: &dyn Engine, id: &str) -> Result<()> {
    ask(engine.kind(), engine.program(), &["start", id]).map(drop)
}

/// The last lines that a container has written; none where the engine does not tell.
pub fn last_lines(engine: &dyn Engine, id: &str, number: u32) -> Vec<String> {
    let captured = process::capture(engine.program(), &["logs", "--tail", &number.to_string(), id], PATIENCE);
    captured.map(|it| lines(&[it.stdout, it.stderr].concat())).unwrap_or_default()
}

fn lines(output: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(output).lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
