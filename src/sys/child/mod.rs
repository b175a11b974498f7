//! A child that runs for long: its lines are handed on as they come, and it ends with its time or with an interruption.

mod group;
mod lines;
mod piped;
mod pipes;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use group::{is_in_foreground, lives};
use pipes::Pipes;

use super::signals::{Interrupts, PACE};
use super::witness;

pub use piped::{Piped, await_any, is_forsaken};
pub use pipes::Stream;

/// How soon the loop looks first whether the child has ended; each look takes twice as long as the one before, up to
/// [`PACE`].
const FIRST_PACE: Duration = Duration::from_millis(1);

/// How long a child may take to end after SIGKILL, which it cannot refuse.
const LAST_GRACE: Duration = Duration::from_secs(2);

/// A program, and how to start it.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// A path, or a name that is looked for on `PATH`.
    pub program: &'a OsStr,
    pub args: &'a [OsString],
    pub directory: &'a Path,
    /// The environment is this process's own, with these variables set or, where there is no value, without them.
    pub variables: &'a [(String, Option<String>)],
    /// Its own process group, so that its children end with it when it is stopped. The terminal's Ctrl-C then reaches
    /// it through this process alone.
    pub own_group: bool,
}

/// How long a child may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until it is asked to end.
    pub time: Option<Duration>,
    /// From then on, until it is killed.
    pub grace: Duration,
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    pub cause: Cause,
    pub status: Status,
}

/// What made a child end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nothing from here.
    Ended,
    TimedOut,
    /// By this signal to this process.
    Interrupted(i32),
}

/// What a child left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Code(i32),
    /// The signal that killed it.
    Signal(i32),
}

impl Status {
    pub fn is_success(self) -> bool {
        self == Status::Code(0)
    }

    fn of(status: ExitStatus) -> Status {
        // A child that was waited for has one or the other.
        status.code().map_or_else(|| Status::Signal(status.signal().unwrap_or(0)), Status::Code)
    }
}

/// A child that has been started.
#[derive(Debug)]
pub struct Supervised {
    child: Child,
    pipes: Pipes,
    own_group: bool,
    /// Once it has been waited for.
    status: Option<Status>,
}

/// A child's way out.
#[derive(Debug)]
struct Stopping {
    cause: Cause,
    /// What it is still to be sent, after a grace each; `None` where only the grace is left.
    steps: VecDeque<Option<Signal>>,
    next: Instant,
}

impl Supervised {
    /// # Errors
    /// What the system says; `NotFound` where there is no such program, or no such directory.
    pub fn start(start: &Start) -> io::Result<Supervised> {
        witness::note_unrepeatable();
        let mut command = Command::new(start.program);
        command.args(start.args).current_dir(start.directory);
        for (name, value) in start.variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if start.own_group {
            command.process_group(0);
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let pipes = Pipes::of(&mut child);
        Ok(Supervised { child, pipes, own_group: start.own_group, status: None })
    }

    /// Waits for the child's end, and hands each line on meanwhile: without its end, in pieces where it is longer than
    /// 16 KiB, as the bytes that a stranger wrote.
    ///
    /// A signal that came before counts: what has to run in spite of one, such as a tidying up, gets
    /// `Interrupts::default()`.
    ///
    /// # Errors
    /// What the system says; `TimedOut` where even SIGKILL did not end it (another user's, or stuck in the kernel).
    pub fn run(
        mut self,
        limits: &Limits,
        interrupts: &Interrupts,
        on_line: &mut dyn FnMut(Stream, &[u8]),
    ) -> io::Result<End> {
        let began = Instant::now();
        let mut pace = FIRST_PACE;
        let mut stopping: Option<Stopping> = None;
        let status = loop {
            if let (None, Some(signal)) = (&stopping, interrupts.received()) {
                stopping = Some(self.interrupted(signal));
            }
            if let Some(status) = self.ended(stopping.is_some())? {
                break status;
            }
            if stopping.is_none() && limits.time.is_some_and(|time| began.elapsed() >= time) {
                stopping = Some(Stopping::new(Cause::TimedOut, Some(Signal::SIGTERM)));
            }
            if let Some(stopping) = &mut stopping
                && Instant::now() >= stopping.next
                && let Some(status) = self.advance(stopping, limits.grace)?
            {
                break status;
            }
            let open = self.pipes.count();
            self.pipes.read(pace, on_line)?;
            // A child that closes its output is about to end.
            pace = if self.pipes.count() < open { FIRST_PACE } else { PACE.min(pace * 2) };
        };
        self.pipes.drain(on_line)?;
        // A Ctrl-C at the terminal may have ended the child before it was seen here.
        let unseen = || interrupts.received().map_or(Cause::Ended, Cause::Interrupted);
        Ok(End { cause: stopping.map_or_else(unseen, |stopping| stopping.cause), status })
    }

    fn interrupted(&self, signal: i32) -> Stopping {
        let cause = Cause::Interrupted(signal);
        let signal = Signal::try_from(signal).unwrap_or(Signal::SIGTERM);
        if signal == Signal::SIGINT && !self.own_group && is_in_foreground() {
            // The terminal has sent it to the child too, and many a program takes a second one for impatience.
            let mut stopping = Stopping::new(cause, None);
            stopping.steps.insert(1, Some(Signal::SIGTERM));
            return stopping;
        }
        Stopping::new(cause, Some(signal))
    }

    /// The child's status once it has ended; where it is being stopped, once its group has.
    fn ended(&mut self, is_stopping: bool) -> io::Result<Option<Status>> {
        if self.status.is_none() {
            self.status = self.child.try_wait()?.map(Status::of);
        }
        Ok(self.status.filter(|_| !(is_stopping && self.own_group && lives(self.target()))))
    }

    /// Takes the next step; the status where there is none left and only the group has not ended.
    fn advance(&self, stopping: &mut Stopping, grace: Duration) -> io::Result<Option<Status>> {
        match stopping.steps.pop_front() {
            Some(step) => {
                stopping.next = Instant::now() + if step == Some(Signal::SIGKILL) { LAST_GRACE } else { grace };
                if let Some(signal) = step {
                    let _ = kill(self.target(), signal);
                    // It may be standing still, as what reads from a terminal in the background does.
                    let _ = kill(self.target(), Signal::SIGCONT);
                }
                Ok(None)
            }
            // What is left of the group has been killed, and the child has ended.
            None if self.status.is_some() => Ok(self.status),
            None => Err(io::Error::new(io::ErrorKind::TimedOut, "the process does not end, even when it is killed")),
        }
    }

    /// The child or, as a negative number, its group. A child has not been waited for while it is sent something, so the
    /// number is still its own; a group's is, as long as one of its processes is there.
    fn target(&self) -> Pid {
        let id = self.child.id().cast_signed();
        Pid::from_raw(if self.own_group { -id } else { id })
    }
}

impl Stopping {
    fn new(cause: Cause, first: Option<Signal>) -> Stopping {
        Stopping { cause, steps: VecDeque::from([first, Some(Signal::SIGKILL)]), next: Instant::now() }
    }
}
