//! Every project and every context, and what the engines run for them.

use anyhow::Result;

use super::state::{RunState, state_of};
use crate::app::App;
use crate::engine::{self, Container, EngineError, Everywhere};
use crate::model::{FixedKind, Port};
use crate::project::{self, http_port};
use crate::registry::{ContextRow, ProjectRow, Reader, SqlResult, contexts, fixed_names};
use crate::sys::files;

/// What runs on the machine, as far as gantry knows whose it is.
#[derive(Debug, Default)]
pub struct Overview {
    pub projects: Vec<ProjectView>,
    pub contexts: Vec<ContextView>,
    /// Why no engine could be asked; the states are then unknown.
    pub failure: Option<anyhow::Error>,
    /// Why an engine could not be asked where another one answers; what has no containers there may run here.
    pub silent: Option<EngineError>,
}

impl Overview {
    /// What the states do not tell, in a sentence.
    pub fn caveat(&self) -> Option<String> {
        let of_all = self.failure.as_ref().map(|error| format!("{error:#}; so nobody knows what runs"));
        of_all.or_else(|| self.silent.as_ref().map(|error| format!("{error}; so nobody knows what runs there")))
    }
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
    /// The first one is the one that it goes by now.
    pub compose_names: Vec<String>,
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
        Some(registry) => registry.read(|reader| {
            let contexts = contexts::all(reader)?.into_iter();
            contexts.map(|context| Ok((compose_names(reader, &context)?, context))).collect::<SqlResult<Vec<_>>>()
        })?,
        None => Vec::new(),
    };
    let (Everywhere { containers, silent }, failure) = match engine::everywhere() {
        Ok(found) => (found, None),
        Err(error) => (Everywhere::default(), Some(error)),
    };
    let is_known = failure.is_none() && silent.is_none();
    let contexts: Vec<ContextView> =
        rows.into_iter().map(|(names, row)| view(row, names, &containers, is_known)).collect();
    // Goes from one to the next with the registry open.
    let mut there = App::default();
    let projects =
        projects.into_iter().map(|project| view_of_project(&mut there, project, &contexts, is_known)).collect();
    Ok(Overview { projects, contexts, failure, silent })
}

fn view(context: ContextRow, compose_names: Vec<String>, containers: &[Container], is_known: bool) -> ContextView {
    let own: Vec<Container> = containers.iter().filter(|it| compose_names.contains(&it.project)).cloned().collect();
    let state = state(&own.iter().collect::<Vec<_>>(), is_known);
    ContextView { context, compose_names, containers: own, state }
}

/// The names under which the context's containers may run: the one that `gantry.yml` gave it, and its own.
pub(super) fn compose_names(reader: &Reader, context: &ContextRow) -> SqlResult<Vec<String>> {
    let fixed = fixed_names::of_context(reader, context.id)?.into_iter();
    let given = fixed.filter(|(kind, _)| kind == FixedKind::Project.as_str()).map(|(_, name)| name);
    Ok(given.chain([context.project_name.clone()]).collect())
}

/// What is not found is down only where every engine has been asked.
fn state(containers: &[&Container], is_known: bool) -> RunState {
    match containers.is_empty() && !is_known {
        true => RunState::Unknown,
        false => state_of(containers.iter().copied()),
    }
}

fn view_of_project(there: &mut App, project: ProjectRow, contexts: &[ContextView], is_known: bool) -> ProjectView {
    let of_path = contexts.iter().filter(|view| view.context.path == project.path);
    let state = state(&of_path.flat_map(|view| &view.containers).collect::<Vec<_>>(), is_known);
    let is_gone = !files::is_dir(&project.path);
    let http_port = http_port_of(there, &project);
    ProjectView { project, http_port, state, is_gone }
}

/// A checkout that cannot be read has none to tell.
fn http_port_of(there: &mut App, project: &ProjectRow) -> Option<Port> {
    there.enter(project.path.clone());
    http_port(there, project).ok().flatten().map(|row| row.port)
}
