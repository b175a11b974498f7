//! A project's compose files, read the way Docker Compose reads them: which ports are published, and how.
//!
//! Starts no program and writes nothing. The measure is what `docker compose config` prints; the one intended
//! difference is that a variable which stands for a host port is not looked up in the process environment,
//! because gantry itself exports these variables.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::model::{PublishedPort, ServiceName, Source};

/// The file names in the order in which Compose tries them.
pub const FILE_NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// What the compose files of a project say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// Absolute, in Compose's order, the override last; empty where the project has none.
    pub files: Vec<PathBuf>,
    /// In the order of the files; a range is one entry a container port.
    pub ports: Vec<PublishedPort>,
    /// The fixed `container_name`s.
    pub container_names: Vec<ContainerName>,
    /// Every active service, those that publish nothing included.
    pub services: Vec<ServiceName>,
    /// The top-level `name:`.
    pub name: Option<String>,
    pub warnings: Vec<Warning>,
    /// Every file that was read and every place where a file would have counted.
    pub inputs: Vec<PathBuf>,
}

/// A `container_name` that a file fixes, so that a second checkout would clash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerName {
    pub service: ServiceName,
    pub name: String,
    pub source: Source,
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
}

/// Reads the project at `root`; a directory without compose files gives an empty project.
/// The process environment is read only through `env`.
///
/// # Errors
/// What Compose would refuse: unreadable files, wrong YAML, wrong types, undefined required variables.
pub fn load_project(root: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Project, ComposeError> {
    let _ = (root, env);
    Ok(Project::default())
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
