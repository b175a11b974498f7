//! What the containers of a project write: what there is in order of time, then what comes as it comes.
//!
//! The lines come from the engine's own `logs`, one child a container, so that they are the same on every engine and
//! without a compose file. No container's lines are held but the next few: the children wait until theirs are due.

mod follow;
mod tap;

use anyhow::{Result, anyhow};

use crate::engine::{Container, ContainerState};
use crate::lifecycle::Stage;
use crate::logs::{Level, Line, Moment};
use crate::sys::child::await_any;
use crate::sys::clock;
use tap::Tap;

/// Which lines.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// None of them: those of every service.
    pub services: Vec<String>,
    /// The last so many of each container.
    pub tail: Option<u64>,
    pub since: Option<Moment>,
    pub until: Option<Moment>,
    /// Also those that are still to come.
    pub follow: bool,
}

/// What is told meanwhile.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    Line(&'a Line, Option<Level>),
    /// Nothing comes for a while.
    Pause,
    Note(&'a str),
    Warning(&'a str),
}

/// Who is told; an error ends it all.
pub type Tell<'a> = dyn FnMut(Event<'_>) -> Result<()> + 'a;

/// Tells the lines, until there are no more, or `is_over`.
///
/// # Errors
/// What `tell` says; the engine is gone, or does not tell what a container has written.
pub fn tail(stage: Stage, request: &Request, tell: &mut Tell<'_>, is_over: &dyn Fn() -> bool) -> Result<()> {
    let mut taps: Vec<Tap> = tapped(&stage.containers, request);
    let arguments = arguments_of(request);
    for tap in &mut taps {
        tap.open(stage.engine.program(), &arguments)?;
    }
    tell_in_order(&mut taps, tell, is_over)?;
    if is_over() {
        return Ok(());
    }
    taps.iter_mut().filter_map(Tap::complaint).try_for_each(|complaint| tell(Event::Warning(&complaint)))?;
    if request.follow {
        return follow::follow(stage, request, taps, tell, is_over);
    }
    require_all(&stage, taps.iter().filter(|tap| tap.is_lost))
}

/// # Errors
/// Lines are missing. An engine that has died says so by itself; what has gone meanwhile is nobody's fault.
fn require_all<'a>(stage: &Stage, lost: impl Iterator<Item = &'a Tap>) -> Result<()> {
    let mut lost = lost.peekable();
    if lost.peek().is_none() {
        return Ok(());
    }
    let now = stage.engine.containers(Some(&stage.compose_name))?;
    let is_there = |tap: &&Tap| now.iter().any(|container| container.id == tap.id);
    let labels: Vec<&str> = lost.filter(is_there).map(|tap| tap.source.label.as_str()).collect();
    if labels.is_empty() { Ok(()) } else { Err(anyhow!("lines are missing: those of {}", labels.join(", "))) }
}

/// The options of `logs` for what there is by now.
fn arguments_of(request: &Request) -> Vec<String> {
    let now = clock::now();
    let options = [
        ("--tail", request.tail.map(|number| number.to_string())),
        ("--since", request.since.as_ref().map(|moment| moment.text(now))),
        ("--until", request.until.as_ref().map(|moment| moment.text(now))),
    ];
    options.into_iter().filter_map(|(name, value)| Some([name.to_owned(), value?])).flatten().collect()
}

fn tapped(containers: &[Container], request: &Request) -> Vec<Tap> {
    let is_wanted = |it: &&Container| request.services.is_empty() || request.services.contains(&it.service);
    containers.iter().filter(is_wanted).map(|container| Tap::new(container, containers)).collect()
}

/// Merges what the containers have written until nothing is left.
fn tell_in_order(taps: &mut [Tap], tell: &mut Tell<'_>, is_over: &dyn Fn() -> bool) -> Result<()> {
    loop {
        // The next line can be told once the next one of every container is known.
        while !taps.iter().any(|tap| tap.is_awaited()) {
            if !tell_earliest(taps, tell)? {
                return tell(Event::Pause);
            }
        }
        if is_over() {
            return Ok(());
        }
        let mut is_dry = true;
        for tap in taps.iter_mut().filter(|tap| tap.is_awaited()) {
            is_dry &= !tap.read()?;
        }
        if is_dry {
            tell(Event::Pause)?;
            await_any(taps.iter().filter(|tap| tap.is_awaited()).filter_map(Tap::child))?;
        }
    }
}

/// Tells the earliest line that has come; `false` where none has.
fn tell_earliest(taps: &mut [Tap], tell: &mut Tell<'_>) -> Result<bool> {
    let earliest = taps.iter_mut().filter_map(|tap| Some((tap.next_time()?, tap))).min_by_key(|(time, _)| *time);
    let Some((_, tap)) = earliest else { return Ok(false) };
    if let Some((line, level)) = tap.pop() {
        tell(Event::Line(&line, level))?;
    }
    Ok(true)
}

/// Whether more may come from the container by itself.
fn is_alive(container: &Container) -> bool {
    container.is_running() || container.state == ContainerState::Paused
}
