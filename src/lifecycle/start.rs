//! Starting a project.

use std::time::Duration;

use anyhow::Result;

use super::conflict::conflicts;
use super::event::{Event, Tell};
use super::failure::LifecycleError;
use super::hook::{self, Hook};
use super::lock::{self, Work};
use super::stage::{Stage, Variables, variables_of};
use super::state::summary;
use super::stop::{StopOptions, stop_held};
use super::wait::await_up;
use crate::app::App;
use crate::config::Hooks;
use crate::engine::{Container, Request};
use crate::exports::{self, ResolveOptions};
use crate::model::{EngineKind, ProjectKind, ServiceName};
use crate::project::{ProjectError, Selected};
use crate::registry::projects;
use crate::resolve;
use crate::sys::clock;
use crate::sys::signals::Interrupts;

/// How often a start looks anew where others change the context meanwhile.
const ATTEMPTS: u32 = 3;

/// How `start` was asked.
#[derive(Clone, Copy, Debug)]
pub struct StartOptions {
    /// Go on where ports are taken.
    pub force: bool,
    /// Pull the images first.
    pub pull: bool,
    /// Build the images first.
    pub build: bool,
    /// Until when every container has to be up; `None` does not wait.
    pub wait: Option<Duration>,
    /// Run the hooks of `gantry.yml`.
    pub hooks: bool,
    pub engine: Option<EngineKind>,
}

/// Starts the project that `app` stands in: books its ports, runs its hooks, brings its containers up and waits until
/// they are. What runs already stays as it is.
///
/// # Errors
/// [`LifecycleError`], [`ProjectError::NothingToRun`], [`crate::engine::EngineError`]; what booking says.
pub fn start(
    app: &mut App,
    selected: &Selected,
    options: StartOptions,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<Stage> {
    run(app, selected, None, options, tell, interrupts)
}

/// Stops the project and starts it as its files are now. What would keep it from starting is found before anything is
/// stopped.
///
/// # Errors
/// As [`start`].
pub fn restart(
    app: &mut App,
    selected: &Selected,
    stop: StopOptions,
    options: StartOptions,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<Stage> {
    run(app, selected, Some(stop), options, tell, interrupts)
}

/// What would keep it from starting is found first; then it is stopped, where that is wanted, and started.
fn run(
    app: &mut App,
    selected: &Selected,
    stop: Option<StopOptions>,
    options: StartOptions,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<Stage> {
    require_compose(app, selected)?;
    let hooks = if options.hooks { hook::load(app)? } else { Hooks::default() };
    let (mut stage, variables, _work) = prepare_locked(app, selected, options.engine, tell, interrupts)?;
    require_ports(app, &stage, options.force, tell)?;
    tell(Event::Booked);
    if let Some(stop) = stop {
        stop_held(app, &mut stage, stop, tell, interrupts)?;
    }
    start_held(app, &mut stage, &variables, &hooks, options, tell, interrupts)?;
    Ok(stage)
}

/// The start itself, while the context is locked.
fn start_held(
    app: &mut App,
    stage: &mut Stage,
    variables: &Variables,
    hooks: &Hooks,
    options: StartOptions,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<()> {
    hook::run(Hook::PreStart, hooks, stage, variables, tell, interrupts)?;
    if options.pull {
        tell(Event::Phase("pulling images"));
        stage.compose("pull", &Request::Pull, variables, tell, interrupts)?;
    }
    let project = app.project()?;
    let services: Vec<ServiceName> = project.services.iter().chain(&project.inactive).cloned().collect();
    let request = Request::Up { build: options.build, services: &services };
    let before = runs_of(&stage.containers);
    tell(Event::Phase("starting"));
    if let Err(error) = stage.compose("start", &request, variables, tell, interrupts) {
        let error = explained(app, stage, error);
        if matches!(error.downcast_ref(), Some(LifecycleError::Conflicts { .. })) && stage.refresh().is_ok() {
            tell(Event::Warning(&format!("{} is now {}", stage.name, summary(&stage.containers))));
        }
        return Err(error);
    }
    stage.refresh()?;
    if runs_of(&stage.containers) != before {
        note_started(app, stage, tell);
    }
    if let Some(patience) = options.wait {
        tell(Event::Phase("waiting until it is up"));
        await_up(stage, app.project()?, patience, tell, interrupts)?;
    }
    hook::run(Hook::PostStart, hooks, stage, variables, tell, interrupts)?;
    stage.refresh()
}

/// As [`prepare`], with the context locked; what it found is what still holds.
///
/// # Errors
/// As [`prepare`]; [`LifecycleError::Changed`]; a signal came.
pub(super) fn prepare_locked(
    app: &mut App,
    selected: &Selected,
    wanted: Option<EngineKind>,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<(Stage, Variables, Work)> {
    for _ in 0..ATTEMPTS {
        let (mut stage, variables) = prepare(app, selected, wanted, tell)?;
        let before = resolve::known(app)?;
        let work = lock::acquire(&stage.hash, &stage.name, tell, interrupts)?;
        // Whoever had the lock may have given the context up.
        if resolve::known(app)? == before {
            stage.refresh()?;
            return Ok((stage, variables, work));
        }
    }
    Err(LifecycleError::Changed { name: selected.name.clone() }.into())
}

/// Books what has no port yet, and finds the engine. Where anything of this fails, nothing is run: it would publish
/// somebody else's ports.
///
/// # Errors
/// The first failure of the booking; [`crate::engine::EngineError`].
pub(super) fn prepare(
    app: &mut App,
    selected: &Selected,
    wanted: Option<EngineKind>,
    tell: &mut Tell<'_>,
) -> Result<(Stage, Variables)> {
    require_compose(app, selected)?;
    let mut resolution = exports::resolve(app, ResolveOptions { auto: true, remap: true, certs: false })?;
    for note in &resolution.notes {
        tell(Event::Note(&note.to_string()));
    }
    let variables = variables_of(app, &resolution)?;
    if !resolution.failures.is_empty() {
        return Err(resolution.failures.remove(0));
    }
    let stage = Stage::open(app, selected, wanted)?;
    let mut stage = stage.ok_or_else(|| anyhow::anyhow!("{} could not be booked", selected.name))?;
    let composer = stage.composer()?;
    if variables.iter().any(|(name, value)| name == "COMPOSE_FILE" && value.is_some()) {
        composer.require_overrides()?;
    }
    Ok((stage, variables))
}

fn require_compose(app: &mut App, selected: &Selected) -> Result<()> {
    if !app.project()?.files.is_empty() {
        return Ok(());
    }
    let kind = selected.project.as_ref().map_or(ProjectKind::Native, |project| project.scan.kind);
    let was_compose = kind == ProjectKind::Compose;
    Err(ProjectError::NothingToRun { name: selected.name.clone(), kind, was_compose }.into())
}

/// Whether nobody else has the ports, or the Compose project's name.
fn require_ports(app: &mut App, stage: &Stage, force: bool, tell: &mut Tell<'_>) -> Result<()> {
    if let Some(directory) = stage.foreign.iter().find_map(|it| it.directory.clone()) {
        let (name, compose_name) = (stage.name.clone(), stage.compose_name.clone());
        let shared = LifecycleError::Shared { name, compose_name, directory };
        if !force {
            return Err(shared.into());
        }
        tell(Event::Warning(&shared.to_string()));
    }
    let conflicts = conflicts(app, stage)?;
    if conflicts.is_empty() {
        return Ok(());
    }
    if !force {
        return Err(LifecycleError::Conflicts { name: stage.name.clone(), conflicts }.into());
    }
    for conflict in &conflicts {
        tell(Event::Warning(&conflict.to_string()));
    }
    Ok(())
}

/// A start that failed because somebody took a port meanwhile says who.
fn explained(app: &mut App, stage: &Stage, error: anyhow::Error) -> anyhow::Error {
    let is_compose = matches!(error.downcast_ref(), Some(LifecycleError::Compose { .. }));
    match conflicts(app, stage) {
        Ok(conflicts) if is_compose && !conflicts.is_empty() => {
            LifecycleError::Conflicts { name: stage.name.clone(), conflicts }.into()
        }
        _ => error,
    }
}

/// What tells one run of the containers from another.
fn runs_of(containers: &[Container]) -> Vec<(String, Option<String>)> {
    containers.iter().map(|it| (it.id.clone(), it.started_at.clone())).collect()
}

/// A registry that cannot be written loses the time of the start, and nothing else.
fn note_started(app: &mut App, stage: &Stage, tell: &mut Tell<'_>) {
    let Some(project) = &stage.project else { return };
    let noted = app
        .registry()
        .and_then(|registry| registry.write(|writer| Ok(projects::note_started(writer, project.id, clock::now())?)));
    if let Err(error) = noted {
        tell(Event::Warning(&format!("{error:#}")));
    }
}
