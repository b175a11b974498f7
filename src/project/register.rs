//! Giving a directory a hostname and an HTTP port.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::http::http_service;
use super::{ProjectError, scan::scan};
use crate::app::App;
use crate::model::{Hostname, Port, Scan};
use crate::registry::projects::{self, NewProject};
use crate::registry::{Allocation, ProjectRow, Reader, allocations};
use crate::resolve::{Booked, Note, book_within, discover, find_allocation, reseat};
use crate::sys::{clock, files};

/// What would be registered.
#[derive(Clone, Debug)]
pub struct Proposal {
    pub hostname: Hostname,
    /// The user chose the hostname: where it is taken, no other will do.
    pub is_named: bool,
    /// Absolute, links resolved: a project's root.
    pub path: PathBuf,
    pub scan: Scan,
    pub http_service: String,
    /// The HTTP port to have; without it the one that the compose file prefers, else the first free one.
    pub port: Option<Port>,
    /// What the compose file would like its web server to have.
    pub preferred: Option<Port>,
}

/// What was registered.
#[derive(Debug)]
pub struct Registered {
    pub project: ProjectRow,
    pub http: Allocation,
    pub booked: Booked,
}

/// What a look at the directory suggests; `app` stands there afterwards. Without a hostname it is the directory's name,
/// with a number behind it where that is taken.
///
/// # Errors
/// [`ProjectError`]; Compose would refuse the files.
pub fn propose(app: &mut App, path: Option<&Path>, hostname: Option<Hostname>) -> Result<Proposal> {
    let root = match path {
        Some(path) => go_to_root(app, path)?,
        None => app.context()?.root.clone(),
    };
    let taken = match app.existing_registry()? {
        Some(registry) => registry.read(projects::all)?,
        None => Vec::new(),
    };
    let is_named = hostname.is_some();
    let hostname = match hostname {
        Some(hostname) => hostname,
        None => free_hostname(&root, &taken),
    };
    check_free(taken.iter(), &hostname, &root)?;
    let discovery = discover(app)?;
    let http_service = http_service(&discovery, app.config()?.http.as_deref())?;
    let preferred = discovery.slots.iter().find(|slot| slot.is_called(&http_service)).and_then(|slot| slot.preferred);
    Ok(Proposal { hostname, is_named, path: root, scan: scan(app)?, http_service, port: None, preferred })
}

/// Registers what was proposed, and books its ports, in one transaction.
///
/// # Errors
/// [`ProjectError`]; [`crate::resolve::PortTaken`]; the registry cannot be written.
pub fn register(app: &mut App, proposal: &Proposal) -> Result<Registered> {
    let (context, discovery) = (app.context()?.clone(), discover(app)?);
    app.registry()?.write(|writer| {
        // Judged again under the lock: two may register at once.
        let taken = projects::all(writer)?;
        let Proposal { path, http_service, scan, .. } = proposal;
        let hostname = match proposal.is_named {
            true => proposal.hostname.clone(),
            false => free_hostname(path, &taken),
        };
        check_free(taken.iter(), &hostname, path)?;
        let mut booked = book_within(writer, &context, &discovery, http_service)?;
        let http = settle_http(writer, &mut booked, http_service, proposal.port)?;
        projects::insert(writer, &NewProject { hostname: &hostname, path, http_service, scan }, clock::now())?;
        let project =
            projects::of_hostname(writer, &hostname)?.context("the project vanished in its own transaction")?;
        Ok(Registered { project, http, booked })
    })
}

/// The allocation of the HTTP port, on the port that was asked for.
///
/// # Errors
/// The range is full, or the port is somebody's.
pub(super) fn settle_http(
    writer: &Reader,
    booked: &mut Booked,
    http_service: &str,
    port: Option<Port>,
) -> Result<Allocation> {
    let Some((row, _)) = find_allocation(&booked.allocations, http_service) else {
        let is_its = |service: &str| http_service == service || http_service.starts_with(&format!("{service}:"));
        let exhausted = booked.exhausted.iter().position(|(service, _)| is_its(service.as_str()));
        let exhausted = exhausted.map(|index| booked.exhausted.swap_remove(index).1.into());
        return Err(exhausted.unwrap_or_else(|| anyhow::anyhow!("no port could be booked for {http_service}")));
    };
    let row = row.clone();
    if let Some(port) = port {
        reseat(writer, &booked.held, &row, port)?;
        // The port that it would have had otherwise is nobody's news.
        booked.notes.retain(|note| !matches!(note, Note::PreferredTaken { service, .. } if *service == row.service));
        booked.allocations = allocations::of_context(writer, booked.held.id)?;
    }
    let row = booked.allocations.iter().find(|other| other.id == row.id).cloned();
    row.context("the HTTP port vanished in its own transaction")
}

/// Goes to the directory, which is to be a project's root; says where that is, links resolved.
///
/// # Errors
/// [`ProjectError`]; the repository or `gantry.yml` there cannot be read.
pub(super) fn go_to_root(app: &mut App, path: &Path) -> Result<PathBuf> {
    let path = require_directory(path)?;
    // Who stands in it already may have a COMPOSE_FILE of this very project.
    if app.directory().ok() != Some(&path) {
        app.enter(path.clone());
    }
    let root = app.context()?.root.clone();
    if root == path { Ok(root) } else { Err(ProjectError::PartOf { path, root }.into()) }
}

fn require_directory(path: &Path) -> Result<PathBuf> {
    match files::canonicalize(path) {
        Ok(path) if files::is_dir(&path) => Ok(path),
        Ok(path) => Err(ProjectError::NotADirectory { path }.into()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Err(ProjectError::NoDirectory { path: path.to_owned() }.into())
        }
        Err(error) => Err(error).with_context(|| format!("{} cannot be entered", path.display())),
    }
}

fn free_hostname(root: &Path, taken: &[ProjectRow]) -> Hostname {
    let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let first = Hostname::from_directory(&name);
    let is_free = |hostname: &Hostname| taken.iter().all(|project| project.hostname != *hostname);
    let numbered = (2..).map(|number| first.numbered(number));
    std::iter::once(first.clone()).chain(numbered).find(is_free).unwrap_or(first)
}

fn check_free<'a>(
    taken: impl Iterator<Item = &'a ProjectRow>,
    hostname: &Hostname,
    path: &Path,
) -> Result<(), ProjectError> {
    for project in taken {
        require_free_path(std::iter::once(project), path)?;
        if project.hostname == *hostname {
            return Err(ProjectError::HostnameTaken { hostname: hostname.clone(), path: project.path.clone() });
        }
    }
    Ok(())
}

/// That none of the projects is at the path.
pub(super) fn require_free_path<'a>(
    mut projects: impl Iterator<Item = &'a ProjectRow>,
    path: &Path,
) -> Result<(), ProjectError> {
    match projects.find(|project| project.path == path) {
        Some(project) => Err(ProjectError::PathTaken { path: path.to_owned(), hostname: project.hostname.clone() }),
        None => Ok(()),
    }
}
