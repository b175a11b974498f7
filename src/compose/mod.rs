//! A project's compose files, read the way Docker Compose reads them: which ports are published, and how.
//!
//! Starts no program and writes nothing. The measure is what `docker compose config` prints; the one intended
//! difference is that a variable which stands for a host port is not looked up in the process environment,
//! because gantry itself exports these variables.

mod assemble;
mod consistency;
mod dependencies;
mod dotenv;
mod environment;
mod extends;
mod find;
mod host_port;
mod include;
mod interpolate;
mod kind;
mod load;
mod merge;
mod ports;
mod project;
mod schema;
mod session;
mod tree;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::model::{ExposedPort, FixedName, PublishedPort, ServiceName, Source};

pub use find::FILE_NAMES;

use session::Session;

/// Readings after which the set of host port variables is taken as it is.
const READINGS: usize = 3;

/// What the compose files of a project say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// Absolute, in Compose's order, the override last; empty where the project has none.
    pub files: Vec<PathBuf>,
    /// What stands between the files of a `COMPOSE_FILE` here.
    pub separator: String,
    /// In the order of the files; a range is one entry a container port.
    pub ports: Vec<PublishedPort>,
    /// Services with more ports than can be booked: an override would have to list them all.
    pub left_as_written: BTreeSet<ServiceName>,
    /// Container ports that are open to the other services alone, in the order of the files.
    pub exposed: Vec<ExposedPort>,
    /// The names of containers, volumes and networks that are the same in every checkout.
    pub fixed_names: Vec<FixedName>,
    /// Every active service, those that publish nothing included.
    pub services: Vec<ServiceName>,
    /// Those that no profile asks for.
    pub inactive: Vec<ServiceName>,
    /// The top-level `name:`.
    pub name: Option<String>,
    /// What Compose would remark upon.
    pub warnings: Vec<Warning>,
    /// Every file that was read and every place where a file would have counted.
    pub inputs: Vec<PathBuf>,
    /// The variables of the process environment that were asked for, those without a value included.
    pub variables: BTreeSet<String>,
}

/// Something that a file needs and that is absent, or that Compose would remark upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub source: Option<Source>,
    pub message: String,
}

/// Why the compose files cannot be read. `Display` gives `FILE:LINE: message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComposeError {
    pub file: PathBuf,
    /// Counted from 1; `None` where the whole file is meant.
    pub line: Option<u32>,
    pub message: String,
    /// What was read, or would have counted, until the error.
    pub inputs: Vec<PathBuf>,
    /// As in [`Project`].
    pub variables: BTreeSet<String>,
}

/// Reads the project at `root`; a directory without compose files gives an empty project.
/// The process environment is read only through `env`.
///
/// # Errors
/// What Compose would refuse: unreadable files, wrong YAML, wrong types, undefined required variables.
pub fn load_project(root: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Project, ComposeError> {
    let mut hidden = BTreeSet::new();
    let mut reading = read_once(root, env, &hidden);
    for _ in 1..READINGS {
        // A variable that stands for a host port anywhere is gantry's own export everywhere: where the environment
        // has answered for one, the answer is read again without it.
        let asked = match &reading.result {
            Ok(project) => &project.variables,
            Err(error) => &error.variables,
        };
        let leaked: Vec<String> =
            asked.intersection(&reading.host_variables).filter(|name| env(name).is_some()).cloned().collect();
        if leaked.is_empty() {
            break;
        }
        hidden.extend(leaked);
        reading = read_once(root, env, &hidden);
    }
    reading.result
}

struct Reading {
    result: Result<Project, ComposeError>,
    host_variables: BTreeSet<String>,
}

fn read_once(root: &Path, env: &dyn Fn(&str) -> Option<String>, hidden: &BTreeSet<String>) -> Reading {
    let session = Session::new(env, hidden);
    let result = project::read(&session, root);
    let (result, host_variables) = session.finish(result);
    Reading { result, host_variables }
}

impl fmt::Display for ComposeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file.display(), self.message),
            None => write!(f, "{}: {}", self.file.display(), self.message),
        }
    }
}

impl std::error::Error for ComposeError {}

#[cfg(test)]
mod tests;
