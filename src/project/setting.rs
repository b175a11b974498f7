//! What `gantry config HOSTNAME --set` changes.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::ProjectError;
use super::http::http_service;
use super::register::{go_to_root, require_free_path, settle_http};
use super::select::require_own_root;
use super::update::carry_http;
use crate::app::App;
use crate::model::{Context, Port};
use crate::registry::{ProjectRow, Reader, contexts, projects};
use crate::resolve::{Discovery, book_within, discover, known};
use crate::sys::{clock, files};

/// The keys that `--set` knows.
pub const SETTINGS: [&str; 4] = ["directory", "http_port", "http_service", "path"];

/// What is to be changed of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// As the user wrote it, from the project's path.
    directory: Option<String>,
    http_port: Option<Port>,
    http_service: Option<String>,
    /// As the user wrote it, from the current directory.
    path: Option<PathBuf>,
}

/// The settings of `KEY` and `VALUE`; of one that is given twice, the last.
///
/// # Errors
/// [`ProjectError::Setting`].
pub fn parse(project: &ProjectRow, settings: &[(&str, &str)]) -> Result<Settings, ProjectError> {
    let mut parsed = Settings::default();
    for &(key, value) in settings {
        match key {
            "directory" => parsed.directory = Some(value.to_owned()),
            "http_port" => parsed.http_port = Some(port_of(value)?),
            "http_service" => parsed.http_service = Some(service_of(value)?),
            "path" => parsed.path = Some(PathBuf::from(value)),
            "hostname" => return Err(immutable(project)),
            unknown => return Err(unknown_setting(unknown)),
        }
    }
    Ok(parsed)
}

/// Changes the settings in one transaction; says the project as it is then, and `app` stands there.
///
/// # Errors
/// [`ProjectError`]; [`crate::resolve::PortTaken`]; the registry cannot be written. Then nothing is changed.
pub fn apply(app: &mut App, project: &ProjectRow, settings: &Settings) -> Result<ProjectRow> {
    // For a project that was moved: its contexts follow by themselves, as a checkout's do.
    let path = match &settings.path {
        Some(path) => go_to_root(app, path)?,
        None => {
            require_own_root(app, project)?;
            project.path.clone()
        }
    };
    let directory = directory_in(project, &path, settings.directory.as_deref())?;
    let (context, discovery) = (app.context()?.clone(), discover(app)?);
    let service = chosen_service(app, project, &discovery, settings.http_service.as_deref())?;
    let held = known(app)?.and_then(|(claim, _)| claim.into_row());
    let is_by_name = !discovery.slots.iter().any(|slot| slot.is_called(&service));
    app.registry()?.write(|writer| {
        require_free_path(projects::all(writer)?.iter().filter(|other| other.id != project.id), &path)?;
        if settings.path.is_some() {
            take_along(writer, project, &context)?;
        }
        if let Some(held) = held.as_ref().filter(|_| is_by_name) {
            carry_http(writer, held, &project.http_service, &service, &discovery.slots)?;
        }
        let mut booked = book_within(writer, &context, &discovery, &service)?;
        settle_http(writer, &mut booked, &service, settings.http_port)?;
        let now = clock::now();
        projects::set_path(writer, project.id, &path, &directory, now)?;
        projects::set_scan(writer, project.id, &service, &project.scan, now)?;
        projects::of_hostname(writer, &project.hostname)?.context("the project was unregistered meanwhile")
    })
}

/// A directory without git is its path, so its context does not follow by itself when it is moved.
fn take_along(writer: &Reader, project: &ProjectRow, context: &Context) -> Result<()> {
    let left = contexts::of_path(writer, &project.path)?;
    let [old] = left.as_slice() else { return Ok(()) };
    let is_path = old.remote.is_none() && context.remote.is_none();
    let is_known = contexts::find(writer, &context.identity, &context.root)?.is_some();
    if is_path && !is_known && !files::is_dir(&project.path) {
        contexts::rekey(writer, old.id, context, clock::now())?;
    }
    Ok(())
}

/// Where the project's commands run: the directory that is asked for, else the same one at the new place.
fn directory_in(project: &ProjectRow, path: &Path, wanted: Option<&str>) -> Result<PathBuf, ProjectError> {
    let Some(wanted) = wanted else {
        // Part by part: an empty one would leave a slash at the end.
        let same = project.directory.strip_prefix(&project.path).map(|below| path.iter().chain(below).collect());
        return Ok(same.ok().filter(|directory: &PathBuf| files::is_dir(directory)).unwrap_or_else(|| path.to_owned()));
    };
    let directory = files::canonicalize(&path.join(wanted))
        .ok()
        .filter(|directory| files::is_dir(directory) && directory.starts_with(path));
    directory.ok_or_else(|| ProjectError::Setting {
        message: format!("`{}` is no directory in {}", wanted.escape_debug(), path.display()),
        hint: "the working directory is one of the project's own, named from its root".to_owned(),
    })
}

/// The service that the HTTP port belongs to.
fn chosen_service(app: &App, project: &ProjectRow, discovery: &Discovery, wanted: Option<&str>) -> Result<String> {
    let Some(wanted) = wanted else { return Ok(project.http_service.clone()) };
    let service = http_service(discovery, Some(wanted))?;
    match app.config()?.http.as_deref() {
        Some(fixed) if http_service(discovery, Some(fixed))? != service => Err(ProjectError::Setting {
            message: format!("gantry.yml says `http: {}`", fixed.escape_debug()),
            hint: "change it there, then `gantry update`".to_owned(),
        }
        .into()),
        _ => Ok(service),
    }
}

fn service_of(value: &str) -> Result<String, ProjectError> {
    if value.is_empty() {
        return Err(ProjectError::Setting {
            message: "http_service: no service is named".to_owned(),
            hint: "for example `--set http_service=web`".to_owned(),
        });
    }
    Ok(value.to_owned())
}

fn port_of(value: &str) -> Result<Port, ProjectError> {
    value.parse().map_err(|error| ProjectError::Setting {
        message: format!("http_port: {error}"),
        hint: "for example `--set http_port=5050`".to_owned(),
    })
}

fn immutable(project: &ProjectRow) -> ProjectError {
    let name = &project.hostname;
    ProjectError::Setting {
        message: format!("the hostname {name} cannot be changed: names, certificates and bookmarks hang on it"),
        hint: format!("`gantry unregister --keep-ports {name}`, then `gantry register --hostname NEW`"),
    }
}

fn unknown_setting(key: &str) -> ProjectError {
    ProjectError::Setting {
        message: format!("a project has no setting `{}`", key.escape_debug()),
        hint: format!("the settings are {}; ranges are set with --set-range", SETTINGS.join(", ")),
    }
}
