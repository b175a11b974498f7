//! Every project and every context, and what the engines run for them.

use std::path::PathBuf;

use anyhow::Result;

use super::state::{RunState, state_of};
use crate::app::App;
use crate::config;
use crate::engine::{self, Container};
use crate::model::Port;
use crate::project::{self, http_port};
use crate::registry::{ContextRow, ProjectRow, contexts};
use crate::sys::files;

/// What runs on the machine, as far as gantry knows whose it is.
#[derive(Debug, Default)]
pub struct Overview {
    pub projects: Vec<ProjectView>,
    pub contexts: Vec<ContextView>,
    /// Why no engine could be asked; the states are then unknown.
    pub failure: Option<anyhow::Error>,
}

/// A registered project.
#[derive(Debug)]
pub struct ProjectView {
    pub project: ProjectRow,
    /// Where the context that its directory is now has booked one.
    pub http_port: Option<Port>,
    /// Of all contexts of its directory.
    pub state: RunState,
    pub is_gone: bool,
}

/// A context, and its containers.
#[derive(Debug)]
pub struct ContextView {
    pub context: ContextRow,
    pub compose_name: String,
    pub containers: Vec<Container>,
    pub state: RunState,
}

/// Asks the registry and the engines.
///
/// # Errors
/// The registry cannot be read.
pub fn overview(app: &mut App) -> Result<Overview> {
    let projects = project::all(app)?;
    let rows = match app.existing_registry()? {
        Some(registry) => registry.read(contexts::all)?,
        None => Vec::new(),
    };
    let (containers, failure) = match engine::everywhere() {
        Ok(containers) => (containers, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let is_known = failure.is_none();
    let contexts: Vec<ContextView> = rows.into_iter().map(|row| view(row, &containers, is_known)).collect();
    let projects = projects.into_iter().map(|project| view_of_project(project, &contexts, is_known)).collect();
    Ok(Overview { projects, contexts, failure })
}

fn view(context: ContextRow, containers: &[Container], is_known: bool) -> ContextView {
    // A broken gantry.yml names no Compose project.
    let named = config::load_project_config(&context.path).ok().and_then(|config| config.project_name);
    let compose_name = named.map_or_else(|| context.project_name.clone(), |name| name.to_string());
    let own: Vec<Container> = containers.iter().filter(|it| it.project == compose_name).cloned().collect();
    let state = if is_known { state_of(own.iter()) } else { RunState::Unknown };
    ContextView { context, compose_name, containers: own, state }
}

fn view_of_project(project: ProjectRow, contexts: &[ContextView], is_known: bool) -> ProjectView {
    let of_path = contexts.iter().filter(|view| view.context.path == project.path);
    let state = match is_known {
        true => state_of(of_path.flat_map(|view| &view.containers)),
        false => RunState::Unknown,
    };
    let is_gone = !files::is_dir(&project.path);
    let http_port = http_port_of(&project, project.path.clone());
    ProjectView { project, http_port, state, is_gone }
}

/// A checkout that cannot be read has none to tell.
fn http_port_of(project: &ProjectRow, path: PathBuf) -> Option<Port> {
    let mut there = App::default();
    there.enter(path);
    http_port(&mut there, project).ok().flatten().map(|row| row.port)
}
