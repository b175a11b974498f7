//! Stopping a project, and taking it down.

use std::time::Duration;

use anyhow::Result;

use super::event::{Event, Tell};
use super::failure::LifecycleError;
use super::hook::{self, Hook};
use super::lock;
use super::overview::ContextView;
use super::stage::{Stage, Variables, variables_of};
use super::state::label_of;
use crate::app::App;
use crate::config::Hooks;
use crate::engine::{self, Request};
use crate::exports::{self, ResolveOptions};
use crate::model::EngineKind;
use crate::project::Selected;
use crate::registry::projects;
use crate::sys::clock;
use crate::sys::signals::Interrupts;

/// The exit status of what SIGKILL ended.
const KILLED: i64 = 137;

/// How `stop` was asked.
#[derive(Clone, Copy, Debug)]
pub struct StopOptions {
    /// Seconds from SIGTERM to SIGKILL.
    pub timeout: u32,
    /// Run the hooks of `gantry.yml`.
    pub hooks: bool,
    pub engine: Option<EngineKind>,
}

/// How `down` was asked.
#[derive(Clone, Copy, Debug)]
pub struct DownOptions {
    pub stop: StopOptions,
    /// Remove the volumes too, and what is in them.
    pub volumes: bool,
}

/// Stops the containers of the project that `app` stands in: SIGTERM, then SIGKILL after the time given. Works also
/// where the compose file is gone or broken, since the engine knows the containers. `None` where nothing was booked, and
/// so nothing was started.
///
/// # Errors
/// [`super::LifecycleError`]; [`crate::engine::EngineError`].
pub fn stop(
    app: &mut App,
    selected: &Selected,
    options: StopOptions,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<Option<Stage>> {
    let Some(mut stage) = Stage::open(app, selected, options.engine)? else { return Ok(None) };
    let _lock = lock::acquire(&stage.hash, &stage.name, tell, interrupts)?;
    stage.refresh()?;
    if !stage.containers.iter().any(engine::Container::is_running) {
        return Ok(Some(stage));
    }
    let around = Around::prepare(app, options.hooks, tell)?;
    hook::run(Hook::PreStop, &around.hooks, &mut stage, &around.variables, tell, interrupts)?;
    tell(Event::Phase("stopping"));
    stop_running(&mut stage, options.timeout, &around, tell, interrupts)?;
    stage.is_stopped = true;
    note_stopped(app, selected)?;
    for killed in stage.containers.iter().filter(|it| it.exit_code == Some(KILLED)) {
        let label = label_of(killed, &stage.containers);
        tell(Event::Note(&format!("{label} did not end within {} seconds and was killed", options.timeout)));
    }
    hook::run(Hook::PostStop, &around.hooks, &mut stage, &around.variables, tell, interrupts)?;
    Ok(Some(stage))
}

/// Stops the containers and removes them, with the project's networks and on request its volumes.
///
/// # Errors
/// As [`stop`].
pub fn down(
    app: &mut App,
    selected: &Selected,
    options: DownOptions,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<Option<Stage>> {
    let Some(mut stage) = stop(app, selected, options.stop, tell, interrupts)? else { return Ok(None) };
    let _lock = lock::acquire(&stage.hash, &stage.name, tell, interrupts)?;
    tell(Event::Phase("removing containers and networks"));
    let around = Around::prepare(app, false, tell)?;
    if around.has_files {
        let request = Request::Down { timeout: options.stop.timeout, volumes: options.volumes };
        let composed = stage.compose("down", &request, &around.variables, tell, interrupts);
        let failure = without_compose(composed)?;
        finish(failure, tell, || remove_rest(&stage, options.volumes))?;
    } else {
        remove_rest(&stage, options.volumes)?;
    }
    stage.refresh()?;
    Ok(Some(stage))
}

/// What the compose file does not mention any more, or all of it where there is none.
fn remove_rest(stage: &Stage, volumes: bool) -> Result<()> {
    engine::remove_project(&*stage.engine, &stage.compose_name)?;
    if volumes { engine::remove_volumes(&*stage.engine, &stage.compose_name) } else { Ok(()) }
}

/// Compose's failure, where it has one: the engine can do without. Any other error stays one.
fn without_compose(composed: Result<()>) -> Result<Option<anyhow::Error>> {
    match composed {
        Err(error) if matches!(error.downcast_ref(), Some(LifecycleError::Compose { .. })) => Ok(Some(error)),
        other => other.map(|()| None),
    }
}

/// Does without Compose what it has left. Where that succeeds, its failure is worth a warning; else it is the reason.
fn finish(failure: Option<anyhow::Error>, tell: &mut Tell<'_>, rest: impl FnOnce() -> Result<()>) -> Result<()> {
    let done = rest();
    match (done, failure) {
        (Err(_), Some(failure)) => Err(failure),
        (Err(error), None) => Err(error),
        (Ok(()), failure) => {
            failure.iter().for_each(|error| tell(Event::Warning(&format!("{error:#}; done without Compose"))));
            Ok(())
        }
    }
}

/// What surrounds a stop: it works without any of it.
struct Around {
    hooks: Hooks,
    variables: Variables,
    /// The compose files can be read.
    has_files: bool,
}

impl Around {
    fn prepare(app: &mut App, hooks: bool, tell: &mut Tell<'_>) -> Result<Around> {
        let hooks = if hooks { hook::load(app)? } else { Hooks::default() };
        let has_files = match app.project() {
            Ok(project) => !project.files.is_empty(),
            Err(error) => {
                tell(Event::Warning(&format!("{error:#}; the containers are stopped without it")));
                false
            }
        };
        let resolution = exports::resolve(app, ResolveOptions { auto: false, remap: true })?;
        Ok(Around { hooks, variables: variables_of(&resolution), has_files })
    }
}

/// Compose knows the order; what is then left, the file does not mention.
fn stop_running(
    stage: &mut Stage,
    timeout: u32,
    around: &Around,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<()> {
    let request = Request::Stop { timeout };
    let composed = match around.has_files {
        true => stage.compose("stop", &request, &around.variables, tell, interrupts),
        false => Ok(()),
    };
    let failure = without_compose(composed)?;
    finish(failure, tell, || {
        stage.refresh()?;
        let left: Vec<&str> = stage.containers.iter().filter(|it| it.is_running()).map(|it| it.id.as_str()).collect();
        if left.is_empty() { Ok(()) } else { engine::stop_containers(&*stage.engine, &left, timeout) }
    })?;
    stage.refresh()?;
    if let Some(signal) = interrupts.wait(Duration::ZERO) {
        return Err(stage.interrupted(signal));
    }
    Ok(())
}

fn note_stopped(app: &mut App, selected: &Selected) -> Result<()> {
    let Some(project) = &selected.project else { return Ok(()) };
    app.registry()?.write(|writer| Ok(projects::note_stopped(writer, project.id, clock::now())?))
}

/// Stops the containers of a context that its directory is not any more: there is nothing to read around them.
///
/// # Errors
/// [`crate::engine::EngineError`].
pub fn stop_elsewhere(view: &ContextView, timeout: u32) -> Result<()> {
    let _work = lock::seize(&view.context.hash);
    let (engine, containers) = engine::find_of(&view.compose_name, None)?;
    let running: Vec<&str> = containers.iter().filter(|it| it.is_running()).map(|it| it.id.as_str()).collect();
    if running.is_empty() { Ok(()) } else { engine::stop_containers(&*engine, &running, timeout) }
}
