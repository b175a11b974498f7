//! Stopping a project, and taking it down.

use std::time::{Duration, Instant};

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
use crate::engine::{self, Container, Request};
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
    let _work = lock::acquire(&stage.hash, &stage.name, tell, interrupts)?;
    stage.refresh()?;
    stop_held(app, &mut stage, options, tell, interrupts)?;
    Ok(Some(stage))
}

/// The stop itself, while the context is locked.
///
/// # Errors
/// As [`stop`].
pub(super) fn stop_held(
    app: &mut App,
    stage: &mut Stage,
    options: StopOptions,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<()> {
    let running: Vec<String> = stage.containers.iter().filter(|it| it.is_alive()).map(|it| it.id.clone()).collect();
    if running.is_empty() {
        return Ok(());
    }
    let around = Around::prepare(app, stage, options.hooks, tell)?;
    hook::run(Hook::PreStop, &around.hooks, stage, &around.variables, tell, interrupts)?;
    tell(Event::Phase("stopping"));
    let began = Instant::now();
    if let Err(error) = stop_running(stage, options.timeout, &around, tell, interrupts) {
        // Ctrl-C ends the engine's own program too, which then says nothing.
        return Err(interrupts.received().map_or(error, |signal| stage.interrupted(signal)));
    }
    stage.is_stopped = true;
    note_stopped(app, stage, tell);
    // One whose `stop_signal` is SIGKILL ends so at once, as it is asked to.
    let was_waited_for = began.elapsed() >= Duration::from_secs(options.timeout.into());
    let is_killed = |it: &&Container| was_waited_for && it.exit_code == Some(KILLED) && running.contains(&it.id);
    for killed in stage.containers.iter().filter(is_killed) {
        let label = label_of(killed, &stage.containers);
        tell(Event::Note(&format!("{label} did not end within {} seconds and was killed", options.timeout)));
    }
    hook::run(Hook::PostStop, &around.hooks, stage, &around.variables, tell, interrupts)
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
    let Some(mut stage) = Stage::open(app, selected, options.stop.engine)? else { return Ok(None) };
    let _work = lock::acquire(&stage.hash, &stage.name, tell, interrupts)?;
    stage.refresh()?;
    stop_held(app, &mut stage, options.stop, tell, interrupts)?;
    tell(Event::Phase("removing containers and networks"));
    let around = Around::prepare(app, &stage, false, tell)?;
    let removed = remove(&mut stage, &around, options, tell, interrupts);
    if let Err(error) = removed {
        return Err(interrupts.received().map_or(error, |signal| stage.interrupted(signal)));
    }
    stage.refresh()?;
    Ok(Some(stage))
}

fn remove(
    stage: &mut Stage,
    around: &Around,
    options: DownOptions,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<()> {
    if !stage.foreign.is_empty() {
        let own: Vec<&Container> = stage.containers.iter().collect();
        return engine::discard(&*stage.engine, &own, options.stop.timeout);
    }
    if !around.has_files {
        return remove_rest(stage, options.volumes);
    }
    let request = Request::Down { timeout: options.stop.timeout, volumes: options.volumes };
    let composed = stage.compose("down", &request, &around.variables, tell, interrupts);
    let failure = without_compose(composed)?;
    finish(failure, tell, || remove_rest(stage, options.volumes))
}

/// What the compose file does not mention any more, or all of it where there is none.
fn remove_rest(stage: &Stage, volumes: bool) -> Result<()> {
    engine::remove_project(&*stage.engine, &stage.compose_name, volumes)?;
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
    fn prepare(app: &mut App, stage: &Stage, hooks: bool, tell: &mut Tell<'_>) -> Result<Around> {
        if stage.is_gone {
            return Ok(Around { hooks: Hooks::default(), variables: Variables::new(), has_files: false });
        }
        // A gantry.yml that cannot be read says no hooks; what it runs is stopped all the same.
        let hooks = if hooks && app.config().is_ok() { hook::load(app)? } else { Hooks::default() };
        if let Some(directory) = stage.foreign.iter().find_map(|it| it.directory.as_ref()) {
            let other = directory.display();
            tell(Event::Warning(&format!(
                "{other} runs containers under the name {} too; they are left alone",
                stage.compose_name
            )));
        }
        let has_files = match app.project() {
            Ok(project) => !project.files.is_empty(),
            Err(error) => {
                tell(Event::Warning(&format!("{error:#}; the containers are stopped without it")));
                false
            }
        };
        let resolution = exports::resolve(app, ResolveOptions { auto: false, remap: true, certs: false })?;
        let variables = variables_of(app, &resolution)?;
        // Compose knows no checkouts: it would take the other's containers for its own.
        Ok(Around { hooks, variables, has_files: has_files && stage.foreign.is_empty() })
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
        let left: Vec<&str> = stage.containers.iter().filter(|it| it.is_alive()).map(|it| it.id.as_str()).collect();
        if left.is_empty() { Ok(()) } else { engine::stop_containers(&*stage.engine, &left, timeout) }
    })?;
    stage.refresh()?;
    if let Some(signal) = interrupts.wait(Duration::ZERO) {
        return Err(stage.interrupted(signal));
    }
    Ok(())
}

/// A registry that cannot be written loses the time of the stop, and nothing else.
fn note_stopped(app: &mut App, stage: &Stage, tell: &mut Tell<'_>) {
    let Some(project) = &stage.project else { return };
    let noted = app
        .registry()
        .and_then(|registry| registry.write(|writer| Ok(projects::note_stopped(writer, project.id, clock::now())?)));
    if let Err(error) = noted {
        tell(Event::Warning(&format!("{error:#}")));
    }
}

/// Stops the containers of a context that its directory is not any more: there is nothing to read around them.
///
/// # Errors
/// [`crate::engine::EngineError`]; a signal came.
pub fn stop_elsewhere(view: &ContextView, timeout: u32, tell: &mut Tell<'_>, interrupts: &Interrupts) -> Result<()> {
    let _work = lock::acquire(&view.context.hash, &view.context.label, tell, interrupts)?;
    for name in &view.compose_names {
        let (engine, containers) = engine::find_of(name, None)?;
        let running: Vec<&str> = containers.iter().filter(|it| it.is_alive()).map(|it| it.id.as_str()).collect();
        if !running.is_empty() {
            engine::stop_containers(&*engine, &running, timeout)?;
        }
    }
    Ok(())
}
