//! Giving a directory a hostname and an HTTP port.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::http::{http_service, is_called};
use super::{ProjectError, scan::scan};
use crate::app::App;
use crate::model::{Hostname, Port, Scan};
use crate::registry::projects::{self, NewProject};
use crate::registry::{Allocation, ProjectRow, Reader, allocations};
use crate::resolve::{Booked, book_within, discover, find_allocation, reseat};
use crate::sys::{clock, files};

/// What would be registered.
#[derive(Clone, Debug)]
pub struct Proposal {
    pub hostname: Hostname,
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
    if let Some(path) = path {
        app.enter(require_directory(path)?);
    }
    let root = app.context()?.root.clone();
    if path.is_some() && *app.directory()? != root {
        return Err(ProjectError::PartOf { path: app.directory()?.to_owned(), root }.into());
    }
    let taken = match app.existing_registry()? {
        Some(registry) => registry.read(projects::all)?,
        None => Vec::new(),
    };
    let hostname = match hostname {
        Some(hostname) => hostname,
        None => free_hostname(&root, &taken),
    };
    check_free(taken.iter(), &hostname, &root)?;
    let discovery = discover(app)?;
    let http_service = http_service(&discovery, app.config()?.http.as_deref())?;
    let preferred = discovery.slots.iter().find(|slot| is_called(slot, &http_service)).and_then(|slot| slot.preferred);
    Ok(Proposal { hostname, path: root, scan: scan(app)?, http_service, port: None, preferred })
}

/// Registers what was proposed, and books its ports, in one transaction.
///
/// # Errors
/// [`ProjectError`]; [`crate::resolve::PortTaken`]; the registry cannot be written.
pub fn register(app: &mut App, proposal: &Proposal) -> Result<Registered> {
    let (context, discovery) = (app.context()?.clone(), discover(app)?);
    app.registry()?.write(|writer| {
        // Judged again under the lock: two may register at once.
        check_free(projects::all(writer)?.iter(), &proposal.hostname, &proposal.path)?;
        let mut booked = book_within(writer, &context, &discovery, &proposal.http_service)?;
        let http = settle_http(writer, &mut booked, &proposal.http_service, proposal.port)?;
        let Proposal { hostname, path, http_service, scan, .. } = proposal;
        projects::insert(writer, &NewProject { hostname, path, http_service, scan }, clock::now())?;
        let project =
            projects::of_hostname(writer, hostname)?.context("the project vanished in its own transaction")?;
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
        let exhausted = booked.exhausted.drain(..).next().map(|(_, exhausted)| anyhow::Error::from(exhausted));
        return Err(exhausted.unwrap_or_else(|| anyhow::anyhow!("no port could be booked for {http_service}")));
    };
    let row = row.clone();
    if let Some(port) = port {
        reseat(writer, &booked.held, &row, port)?;
        // The port that it would have had otherwise is nobody's news.
        booked.notes.clear();
        booked.allocations = allocations::of_context(writer, booked.held.id)?;
    }
    let row = booked.allocations.iter().find(|other| other.id == row.id).cloned();
    row.context("the HTTP port vanished in its own transaction")
}

fn require_directory(path: &Path) -> Result<PathBuf> {
    match files::canonicalize(path) {
        Ok(path) if files::is_dir(&path) => Ok(path),
        Ok(path) => Err(ProjectError::NotADirectory { path }.into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
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
        if project.path == path {
            return Err(ProjectError::PathTaken { path: path.to_owned(), hostname: project.hostname.clone() });
        }
        if project.hostname == *hostname {
            return Err(ProjectError::HostnameTaken { hostname: hostname.clone(), path: project.path.clone() });
        }
    }
    Ok(())
}
