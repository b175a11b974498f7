//! Why a project cannot be had or changed. The texts are here, the way out of each is with the faces.

use std::fmt;
use std::path::PathBuf;

use crate::model::{Hostname, ProjectKind};

/// What is wrong with which project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectError {
    /// No project goes by the name.
    Unknown { name: String, nearest: Vec<String> },
    /// The directory is no project.
    NotRegistered { directory: PathBuf },
    /// Another project has the hostname.
    HostnameTaken { hostname: Hostname, path: PathBuf },
    /// The directory is registered under another hostname.
    PathTaken { path: PathBuf, hostname: Hostname },
    /// Nothing is at the path.
    NoDirectory { path: PathBuf },
    /// A file is at the path.
    NotADirectory { path: PathBuf },
    /// The directory belongs to a project that lies above it.
    PartOf { path: PathBuf, root: PathBuf },
    /// The project's directory is gone.
    Gone { hostname: Hostname, path: PathBuf },
    /// What made the directory a project of its own is gone: it belongs to the one that lies above it by now.
    Absorbed { hostname: Hostname, path: PathBuf, root: PathBuf },
    /// There is no compose file, so there is nothing to run.
    NothingToRun { name: String, kind: ProjectKind, was_compose: bool },
    /// Its containers run.
    Running { hostname: Hostname, services: Vec<String> },
    /// `http:` in `gantry.yml`, or `http_service`, names what publishes nothing.
    NoSuchHttpService { service: String, known: Vec<String> },
    /// A setting that is none, or that cannot be changed.
    Setting { message: String, hint: String },
}

impl fmt::Display for ProjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProjectError::Unknown { name, .. } => write!(f, "no project is called `{}`", name.escape_debug()),
            ProjectError::NotRegistered { directory } => {
                write!(f, "{} is not registered as a project", directory.display())
            }
            ProjectError::HostnameTaken { hostname, path } => {
                write!(f, "the hostname {hostname} is taken by {}", path.display())
            }
            ProjectError::PathTaken { path, hostname } => {
                write!(f, "{} is registered already, as {hostname}", path.display())
            }
            ProjectError::NoDirectory { path } => write!(f, "there is no directory {}", path.display()),
            ProjectError::NotADirectory { path } => write!(f, "{} is a file, not a directory", path.display()),
            ProjectError::PartOf { path, root } => {
                write!(f, "{} is a part of the project {}", path.display(), root.display())
            }
            ProjectError::Gone { hostname, path } => {
                write!(f, "the directory of {hostname}, {}, is gone", path.display())
            }
            ProjectError::Absorbed { hostname, path, root } => write!(
                f,
                "the directory of {hostname}, {}, is a part of the project {} by now",
                path.display(),
                root.display()
            ),
            ProjectError::NothingToRun { name, was_compose: true, .. } => {
                write!(f, "the compose file of {name} is gone, so there is nothing to run")
            }
            ProjectError::NothingToRun { name, kind, .. } => {
                write!(f, "{name} has no compose file, so there is nothing to run (it is of the kind {kind})")
            }
            ProjectError::Running { hostname, services } => {
                write!(f, "{hostname} runs: {}", services.join(", "))
            }
            ProjectError::NoSuchHttpService { service, .. } => {
                write!(
                    f,
                    "`{}` is to be the web server, but the compose file publishes nothing for it",
                    service.escape_debug()
                )
            }
            ProjectError::Setting { message, .. } => f.write_str(message),
        }
    }
}

impl std::error::Error for ProjectError {}
