//! Which project a command means: the one that it names, else the one of the current directory.

use std::path::Path;

use anyhow::Result;

use super::ProjectError;
use crate::app::App;
use crate::config::FILE_NAME;
use crate::model::Hostname;
use crate::registry::{ProjectRow, projects};
use crate::resolve::nearest_of;
use crate::sys::files;

/// What a command works on: `app` stands in its directory.
#[derive(Clone, Debug)]
pub struct Selected {
    /// `None` where the directory is a context that is not registered as a project.
    pub project: Option<ProjectRow>,
    /// The hostname, else the context's label.
    pub name: String,
}

/// Every project, by hostname.
///
/// # Errors
/// The registry cannot be read.
pub fn all(app: &mut App) -> Result<Vec<ProjectRow>> {
    match app.existing_registry()? {
        Some(registry) => registry.read(projects::all),
        None => Ok(Vec::new()),
    }
}

/// The project that goes by `name`, and goes to its directory; without a name the one here, registered or not.
///
/// # Errors
/// [`ProjectError::Unknown`], [`ProjectError::Gone`], [`ProjectError::Absorbed`]; the checkout or the registry cannot be read.
pub fn select(app: &mut App, name: Option<&str>) -> Result<Selected> {
    let project = match name {
        Some(name) => {
            let project = require(all(app)?, name)?;
            Some(enter(app, project)?)
        }
        None => match project_here(app)? {
            Some(project) => {
                require_own_root(app, &project)?;
                Some(project)
            }
            None => None,
        },
    };
    let name = match (&project, app.context()) {
        (Some(project), _) => project.hostname.to_string(),
        (None, Ok(context)) => context.label.clone(),
        // A broken gantry.yml: what runs can be stopped all the same.
        (None, Err(_)) => app.directory()?.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    };
    Ok(Selected { project, name })
}

/// As [`select`], for what only a registered project has. One whose directory is gone, or belongs to another project by
/// now, is found too; `app` then stays where it is.
///
/// # Errors
/// Also [`ProjectError::NotRegistered`].
pub fn select_registered(app: &mut App, name: Option<&str>) -> Result<ProjectRow> {
    match name {
        Some(name) => {
            let project = require(all(app)?, name)?;
            // What else is wrong there is for who looks at its files to say.
            if files::is_dir(&project.path) {
                go_to(app, &project);
            }
            Ok(project)
        }
        None => match project_here(app)? {
            Some(project) => Ok(project),
            None => Err(ProjectError::NotRegistered { directory: app.context()?.root.clone() }.into()),
        },
    }
}

/// The project that the current directory lies in.
///
/// # Errors
/// The current directory is gone; the registry cannot be read.
pub fn project_here(app: &mut App) -> Result<Option<ProjectRow>> {
    // A broken gantry.yml or repository makes no other project of a directory.
    let start = match app.context() {
        Ok(context) => context.root.clone(),
        Err(_) => app.directory()?.to_owned(),
    };
    let directory = app.directory()?.to_owned();
    let is_bare = is_bare(app, &directory);
    let Some(registry) = app.existing_registry()? else { return Ok(None) };
    let places = directory.ancestors().take_while(|place| place.starts_with(&start)).chain([start.as_path()]);
    for place in places {
        if let Some(project) = registry.read(|reader| projects::of_path(reader, place))? {
            return Ok(Some(project));
        }
    }
    for place in directory.ancestors().skip(1).take_while(|_| is_bare) {
        if let Some(project) = registry.read(|reader| projects::of_path(reader, place))? {
            app.enter(project.path.clone());
            return Ok(Some(project));
        }
    }
    Ok(None)
}

/// Whether nothing makes a project of the directory: without git, a compose file or a `gantry.yml` it is a context of
/// its own, though it may lie in a registered one.
fn is_bare(app: &App, directory: &Path) -> bool {
    let is_plain = app.context().is_ok_and(|it| it.root == directory && it.remote.is_none() && it.branch.is_none());
    is_plain
        && app.project().is_ok_and(|project| project.files.is_empty())
        && !files::exists(&directory.join(FILE_NAME))
}

fn require(projects: Vec<ProjectRow>, name: &str) -> Result<ProjectRow, ProjectError> {
    let nearest = nearest_of(&name.to_ascii_lowercase(), projects.iter().map(|project| project.hostname.to_string()));
    // A name that could be no hostname is just another unknown one.
    let wanted: Option<Hostname> = name.parse().ok();
    let found = projects.into_iter().find(|project| Some(&project.hostname) == wanted.as_ref());
    found.ok_or_else(|| ProjectError::Unknown { name: name.to_owned(), nearest })
}

fn enter(app: &mut App, project: ProjectRow) -> Result<ProjectRow> {
    if files::is_dir(&project.path) {
        go_to(app, &project);
    }
    require_own_root(app, &project)?;
    Ok(project)
}

fn go_to(app: &mut App, project: &ProjectRow) {
    // Who stands in it already may have a COMPOSE_FILE of this very project.
    if app.context().map(|context| &context.root).ok() != Some(&project.path) {
        app.enter(project.path.clone());
    }
}

/// That `app`, in the project's directory, does not stand in another project.
///
/// # Errors
/// [`ProjectError::Gone`], [`ProjectError::Absorbed`].
pub fn require_own_root(app: &App, project: &ProjectRow) -> Result<(), ProjectError> {
    let (hostname, path) = (project.hostname.clone(), project.path.clone());
    if !files::is_dir(&path) {
        return Err(ProjectError::Gone { hostname, path });
    }
    // A broken gantry.yml is for its reader to say.
    match app.context() {
        Ok(context) if context.root != path => {
            Err(ProjectError::Absorbed { hostname, path, root: context.root.clone() })
        }
        _ => Ok(()),
    }
}
