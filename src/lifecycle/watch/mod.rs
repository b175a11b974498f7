//! Watching a running project, and bringing back what dies.
//!
//! What `gantry stop` and its like do in another shell is not undone: they hold the context's lock while they work, and
//! leave a mark behind. Each look at the engine lies between two looks at the mark; where it has changed, what runs now
//! is what is expected from here on. The lock is held while something is restarted, so that neither comes in between.

mod absence;
mod guard;

use std::time::{Duration, Instant};

use anyhow::Result;

use super::event::{Event, Tell};
use super::failure::LifecycleError;
use super::lock::{self, Mark};
use super::stage::Stage;
use super::start::prepare;
use crate::app::App;
use crate::engine::{self, EngineError, Request, last_lines};
use crate::model::EngineKind;
use crate::project::Selected;
use crate::sys::signals::Interrupts;
use absence::Absence;
use guard::{Action, Guard, Slot};

/// Lines of its log that tell why a container was given up.
const LAST_LINES: u32 = 5;

/// How `watch` was asked.
#[derive(Clone, Copy, Debug)]
pub struct WatchOptions {
    /// From one look to the next.
    pub interval: Duration,
    /// Restarts of a container in a row.
    pub limit: u32,
    pub engine: Option<EngineKind>,
}

struct Watch<'a> {
    stage: Stage,
    selected: &'a Selected,
    guard: Guard,
    /// As it was when what is expected was taken from what ran.
    mark: Mark,
    absence: Absence,
}

/// Watches the project that `app` stands in until a signal comes, and starts what dies. Expected is what runs at the
/// beginning, and whatever comes up later.
///
/// # Errors
/// [`LifecycleError::NotRunning`] where nothing runs at the beginning, [`LifecycleError::NothingLeft`] where nothing
/// does any more; [`EngineError`] where the engine has been away for a minute.
pub fn watch(
    app: &mut App,
    selected: &Selected,
    options: WatchOptions,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<()> {
    let mut watch = Watch::begin(app, selected, options, tell, interrupts)?;
    loop {
        let looked = watch.look(tell);
        // Ctrl-C has ended the engine's program too, and what it left half said counts for nothing.
        if interrupts.received().is_some() {
            return Ok(());
        }
        let pause = match looked {
            Ok(actions) => {
                watch.act(app, actions, tell, interrupts)?;
                let due = watch.guard.next_due().map(|due| due.saturating_duration_since(Instant::now()));
                due.map_or(options.interval, |due| due.min(options.interval))
            }
            Err(error) if error.downcast_ref().is_some_and(EngineError::is_unreachable) => watch.miss(error, tell)?,
            Err(error) => return Err(error),
        };
        if interrupts.received().is_none() && watch.guard.is_over(Instant::now()) {
            let given_up = watch.guard.given_up().map(|slot| watch.label(slot)).collect();
            return Err(LifecycleError::NothingLeft { name: selected.name.clone(), given_up }.into());
        }
        if interrupts.wait(pause).is_some() {
            return Ok(());
        }
    }
}

impl<'a> Watch<'a> {
    fn begin(
        app: &mut App,
        selected: &'a Selected,
        options: WatchOptions,
        tell: &mut Tell<'_>,
        interrupts: &Interrupts,
    ) -> Result<Watch<'a>> {
        let mut stage = Stage::require(app, selected, options.engine)?;
        // What another gantry is just starting or stopping is awaited.
        let _lock = lock::acquire_unmarked(&stage.hash, &stage.name, tell, interrupts)?;
        let mark = lock::mark(&stage.hash)?;
        stage.refresh()?;
        let guard = Guard::new(options.limit, Instant::now(), &stage.containers);
        if guard.watched().next().is_none() {
            return Err(LifecycleError::NotRunning { name: selected.name.clone() }.into());
        }
        let watch = Watch { stage, selected, guard, mark, absence: Absence::default() };
        tell(Event::Note(&format!("watching {}: {}", selected.name, watch.watched())));
        Ok(watch)
    }

    /// Asks the engine, unless another gantry is at work.
    fn look(&mut self, tell: &mut Tell<'_>) -> Result<Vec<Action>> {
        let mark = lock::mark(&self.stage.hash)?;
        if mark.is_of_work() && lock::try_acquire_unmarked(&self.stage.hash)?.is_none() {
            return Ok(Vec::new());
        }
        self.stage.refresh()?;
        if lock::mark(&self.stage.hash)? != mark {
            return Ok(Vec::new());
        }
        if self.absence.end() {
            tell(Event::Note(&format!("{} answers again", self.stage.engine.kind())));
        }
        let now = Instant::now();
        if mark != self.mark {
            self.mark = mark;
            self.guard.expect(now, &self.stage.containers);
            tell(Event::Note(&format!("another gantry has changed what runs; watching {}", self.watched())));
        }
        Ok(self.guard.judge(now, &self.stage.containers))
    }

    /// The engine does not answer: how long to wait for it.
    fn miss(&mut self, error: anyhow::Error, tell: &mut Tell<'_>) -> Result<Duration> {
        if !self.absence.has_begun() {
            tell(Event::Warning(&format!("{error:#}; waiting for it")));
        }
        self.absence.note(Instant::now()).ok_or(error)
    }

    fn act(&mut self, app: &mut App, actions: Vec<Action>, tell: &mut Tell<'_>, interrupts: &Interrupts) -> Result<()> {
        let mut restarts = Vec::new();
        for action in actions {
            self.say(&action, tell);
            if let Action::Restart { slot, id } = action {
                restarts.push((slot, id));
            }
        }
        if restarts.is_empty() {
            return Ok(());
        }
        // Somebody else at work: the next look tells what came of it.
        let Some(_lock) = lock::try_acquire_unmarked(&self.stage.hash)? else { return Ok(()) };
        if lock::mark(&self.stage.hash)? != self.mark {
            return Ok(());
        }
        for (slot, id) in restarts {
            if interrupts.received().is_some() {
                break;
            }
            self.restart(app, &slot, id.as_deref(), tell, interrupts);
        }
        Ok(())
    }

    /// One that cannot be started counts as one that ended at once.
    fn restart(&mut self, app: &mut App, slot: &Slot, id: Option<&str>, tell: &mut Tell<'_>, interrupts: &Interrupts) {
        let started = match id {
            Some(id) => engine::start_container(&*self.stage.engine, id),
            None => self.make(app, slot, interrupts),
        };
        if let Err(error) = started {
            let is_interrupted = interrupts.received().is_some();
            // The engine is away: the next look tells it, and this is tried again when it is back.
            if is_interrupted || self.stage.engine.containers(Some(&self.stage.compose_name)).is_err() {
                return;
            }
            tell(Event::Warning(&format!("{} cannot be started: {error:#}", self.label(slot))));
        }
        self.guard.note_restart(slot);
    }

    /// Has Compose make the container anew, beside those that the service has.
    fn make(&mut self, app: &mut App, slot: &Slot, interrupts: &Interrupts) -> Result<()> {
        let (_, variables) = prepare(app, self.selected, Some(self.stage.engine.kind()), &mut |_| {})?;
        let there: Vec<Slot> = self.stage.containers.iter().map(Slot::of).collect();
        let of_service = |other: &&Slot| other.service == slot.service;
        let gone = self.guard.watched().filter(of_service).filter(|slot| !there.contains(slot)).count();
        let number = there.iter().filter(of_service).count() + gone;
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let request = Request::Scale(&[(&slot.service, number)]);
        self.stage.compose("restart", &request, &variables, &mut |_| {}, interrupts)
    }

    fn say(&self, action: &Action, tell: &mut Tell<'_>) {
        let mut note = |slot: &Slot, text: &str| tell(Event::Note(&format!("{} {text}", self.label(slot))));
        match action {
            Action::Died { slot, how, pause } => {
                note(slot, &format!("{how}; starting it in {} s", pause.as_secs()));
            }
            Action::Restart { slot, id: Some(_) } => note(slot, "is started"),
            Action::Restart { slot, id: None } => note(slot, "is made anew"),
            Action::Done(slot) => note(slot, "has ended with status 0 and is left alone"),
            Action::Joined(slot) => note(slot, "came up and is watched too"),
            Action::Back(slot) => note(slot, "runs again"),
            Action::Unhealthy(slot) => note(slot, "is unhealthy by its own check; it is left running"),
            Action::Healthy(slot) => note(slot, "is healthy again"),
            Action::GaveUp { slot, how, id } => {
                note(slot, &format!("{how}, once too often in a row; giving up on it"));
                let lines = id.as_deref().map(|id| last_lines(&*self.stage.engine, id, LAST_LINES));
                for line in lines.unwrap_or_default() {
                    note(slot, &format!("| {line}"));
                }
            }
        }
    }

    /// The service, with its number where there are several.
    fn label(&self, slot: &Slot) -> String {
        let watched = self.guard.watched().chain(self.guard.given_up());
        match watched.filter(|other| other.service == slot.service).count() {
            ..=1 if slot.number == 1 => slot.service.clone(),
            _ => format!("{}-{}", slot.service, slot.number),
        }
    }

    fn watched(&self) -> String {
        let labels: Vec<String> = self.guard.watched().map(|slot| self.label(slot)).collect();
        if labels.is_empty() { "nothing".to_owned() } else { labels.join(", ") }
    }
}
