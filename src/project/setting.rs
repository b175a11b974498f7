//! What `gantry config HOSTNAME --set` changes.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::http::http_service;
use super::register::settle_http;
use super::{ProjectError, propose};
use crate::app::App;
use crate::model::Port;
use crate::registry::{ProjectRow, projects};
use crate::resolve::{book_within, discover};
use crate::sys::{clock, files};

/// The keys that `--set` knows.
pub const SETTINGS: [&str; 4] = ["directory", "http_port", "http_service", "path"];

/// Changes one setting; says the project as it is then.
///
/// # Errors
/// [`ProjectError`]; [`crate::resolve::PortTaken`]; the registry cannot be written.
pub fn apply(app: &mut App, project: &ProjectRow, key: &str, value: &str) -> Result<ProjectRow> {
    match key {
        "http_port" => set_http(app, project, None, Some(port_of(value)?))?,
        "http_service" => set_http(app, project, Some(value), None)?,
        "directory" => set_directory(app, project, value)?,
        "path" => set_path(app, project, value)?,
        "hostname" => return Err(immutable(project).into()),
        unknown => return Err(unknown_setting(unknown).into()),
    }
    let registry = app.registry()?;
    let project = registry.read(|reader| projects::of_hostname(reader, &project.hostname))?;
    project.context("the project was unregistered meanwhile")
}

fn set_http(app: &mut App, project: &ProjectRow, service: Option<&str>, port: Option<Port>) -> Result<()> {
    let (context, discovery) = (app.context()?.clone(), discover(app)?);
    let service = match service {
        Some(service) => http_service(&discovery, Some(service))?,
        None => project.http_service.clone(),
    };
    app.registry()?.write(|writer| {
        let mut booked = book_within(writer, &context, &discovery, &service)?;
        settle_http(writer, &mut booked, &service, port)?;
        Ok(projects::set_scan(writer, project.id, &service, &project.scan, clock::now())?)
    })
}

fn set_directory(app: &mut App, project: &ProjectRow, value: &str) -> Result<()> {
    let directory = files::canonicalize(&project.path.join(value))
        .ok()
        .filter(|directory| files::is_dir(directory) && directory.starts_with(&project.path));
    let directory = directory.ok_or_else(|| ProjectError::Setting {
        message: format!("`{}` is no directory in {}", value.escape_debug(), project.path.display()),
        hint: "the working directory is one of the project's own".to_owned(),
    })?;
    app.registry()?.write(|writer| Ok(projects::set_path(writer, project.id, &project.path, &directory, clock::now())?))
}

/// For a project that was moved: its contexts follow by themselves, as a checkout's do.
fn set_path(app: &mut App, project: &ProjectRow, value: &str) -> Result<()> {
    // Any free hostname: it is only the path that is judged.
    let path = propose(app, Some(Path::new(value)), None)?.path;
    app.registry()?.write(|writer| Ok(projects::set_path(writer, project.id, &path, &path, clock::now())?))
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
