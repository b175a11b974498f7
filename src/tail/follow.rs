//! What is still to come, from containers that come and go.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TryRecvError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::tap::Tap;
use super::{Event, Request, Tell, arguments_of, is_alive, tapped, tell_earliest};
use crate::engine::{Container, ContainerState, Engine};
use crate::lifecycle::Stage;
use crate::sys::child::await_any;

/// How often the engine is asked which containers there are.
const PAUSE: Duration = Duration::from_secs(1);

/// How long nothing may run: a restart takes a moment.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks the engine again and again, beside what goes on here.
struct Watch {
    /// Has it asked at once; without it, it ends.
    waker: Option<SyncSender<()>>,
    news: Receiver<Result<Vec<Container>>>,
}

/// The containers that are followed.
struct Following<'a> {
    engine: Arc<dyn Engine>,
    request: &'a Request,
    taps: Vec<Tap>,
}

/// Tells what comes, until `is_over` or nothing runs any more.
///
/// # Errors
/// As [`super::tail`].
pub(super) fn follow(
    stage: Stage,
    request: &Request,
    taps: Vec<Tap>,
    tell: &mut Tell<'_>,
    is_over: &dyn Fn() -> bool,
) -> Result<()> {
    let mut following = Following { engine: Arc::from(stage.engine), request, taps };
    let options = arguments_of(request);
    for tap in following.taps.iter_mut().filter(|tap| tap.is_alive && !tap.is_lost) {
        tap.reopen(following.engine.program(), &options)?;
    }
    let watch = Watch::start(Arc::clone(&following.engine), stage.compose_name);
    let mut alive_at = Instant::now();
    while !is_over() {
        await_any(following.taps.iter().filter_map(Tap::child))?;
        if following.read()? {
            watch.wake();
        }
        while tell_earliest(&mut following.taps, tell)? {}
        tell(Event::Pause)?;
        if let Some(containers) = watch.news()? {
            following.update(&containers, tell)?;
            if containers.iter().any(is_alive) {
                alive_at = Instant::now();
            }
        }
        if alive_at.elapsed() >= PATIENCE && following.taps.iter().all(|tap| tap.child().is_none()) {
            return tell(Event::Note(&format!("nothing of {} runs any more", stage.name)));
        }
    }
    Ok(())
}

impl Following<'_> {
    /// Takes what has come; whether a container has ended.
    fn read(&mut self) -> Result<bool> {
        let mut has_ended = false;
        for tap in self.taps.iter_mut().filter(|tap| tap.child().is_some()) {
            tap.read()?;
            has_ended |= tap.child().is_none();
        }
        Ok(has_ended)
    }

    /// Lets go of containers that are gone, and listens to those that have come or run again.
    fn update(&mut self, containers: &[Container], tell: &mut Tell<'_>) -> Result<()> {
        let is_there = |tap: &Tap| containers.iter().any(|it| it.id == tap.id);
        for tap in self.taps.iter().filter(|tap| !is_there(tap) && tap.child().is_none()) {
            tell(Event::Note(&format!("{} is gone", tap.source.label)))?;
        }
        self.taps.retain(|tap| is_there(tap) || tap.child().is_some());
        for container in containers {
            if let Some(tap) = self.taps.iter_mut().find(|tap| tap.id == container.id) {
                tap.rename(container, containers);
                meet(tap, container, self.engine.as_ref(), tell)?;
            }
        }
        let is_new = |tap: &Tap| !self.taps.iter().any(|known| known.id == tap.id);
        let new: Vec<Tap> = tapped(containers, self.request).into_iter().filter(is_new).collect();
        for mut tap in new {
            tell(Event::Note(&format!("{} has come", tap.source.label)))?;
            tap.reopen(self.engine.program(), &[])?;
            self.taps.push(tap);
        }
        Ok(())
    }
}

/// Tells what has become of a known container, and listens again where it runs again.
fn meet(tap: &mut Tap, container: &Container, engine: &dyn Engine, tell: &mut Tell<'_>) -> Result<()> {
    let label = tap.source.label.clone();
    // What is about to end, and to restart, writes on meanwhile.
    let is_alive = is_alive(container);
    let writes = is_alive || tap.child().is_some();
    let was_alive = std::mem::replace(&mut tap.is_alive, writes);
    if was_alive && !tap.is_alive {
        let code = container.exit_code.map(|code| format!(" ({code})")).unwrap_or_default();
        tell(Event::Note(&format!("{label} has ended{code}")))?;
    }
    if let Some(complaint) = tap.complaint() {
        tell(Event::Warning(&complaint))?;
    }
    if tap.is_lost || tap.child().is_some() || !is_alive || container.state == ContainerState::Restarting {
        return Ok(());
    }
    tell(Event::Note(&format!("{label} runs again")))?;
    let since = container.started_at.iter().flat_map(|time| ["--since".to_owned(), time.clone()]);
    tap.reopen(engine.program(), &since.collect::<Vec<_>>())
}

impl Watch {
    fn start(engine: Arc<dyn Engine>, project: String) -> Watch {
        let (waker, woken) = mpsc::sync_channel(1);
        let (sender, news) = mpsc::channel();
        thread::spawn(move || {
            loop {
                let found = engine.containers(Some(&project));
                if found.is_err() | sender.send(found).is_err() {
                    return;
                }
                if woken.recv_timeout(PAUSE) == Err(RecvTimeoutError::Disconnected) {
                    return;
                }
            }
        });
        Watch { waker: Some(waker), news }
    }

    fn wake(&self) {
        // Full: it is about to ask anyway.
        let _ = self.waker.as_ref().map(|waker| waker.try_send(()));
    }

    /// The containers, where they have been asked for since the last call.
    fn news(&self) -> Result<Option<Vec<Container>>> {
        match self.news.try_recv() {
            Ok(found) => found.map(Some),
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => Ok(None),
        }
    }
}

impl Drop for Watch {
    /// Gives a question that is under way a moment to end, so that it leaves no child behind.
    fn drop(&mut self) {
        self.waker = None;
        while self.news.recv_timeout(PAUSE).is_ok() {}
    }
}
