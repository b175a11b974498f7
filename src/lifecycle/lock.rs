//! One gantry at a time changes what a context runs, and leaves a mark of it: a count in the lock's file, odd while it
//! works and even afterwards. Who watches the context tells by it what was changed on purpose, however quickly.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::event::{Event, Tell};
use super::failure::LifecycleError;
use crate::model::ContextHash;
use crate::sys::lock::Lock;
use crate::sys::signals::Interrupts;
use crate::sys::{env, files, paths};

/// The variable that tells a hook's commands which context is locked for them.
pub(super) const LOCKED: &str = "GANTRY_LOCKED";

/// More than any count is long.
const LENGTH: u64 = 64;

/// Work on what a context runs, which lasts until this is dropped.
#[derive(Debug)]
pub(super) struct Work {
    lock: Lock,
    count: u64,
}

/// What the last work on a context has left behind; nothing where nobody has worked on it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark(Option<u64>);

/// The context's lock, with the mark; waits while another gantry has it, and says so.
///
/// # Errors
/// The state directory cannot be written; a signal came.
pub(super) fn acquire(hash: &ContextHash, name: &str, tell: &mut Tell<'_>, interrupts: &Interrupts) -> Result<Work> {
    let lock = acquire_unmarked(hash, name, tell, interrupts)?;
    Ok(Work::begin(lock, mark(hash)?))
}

/// The context's lock for who only looks, or brings back what ran.
///
/// # Errors
/// As [`acquire`].
pub(super) fn acquire_unmarked(
    hash: &ContextHash,
    name: &str,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<Lock> {
    if env::var(LOCKED).as_deref() == Some(hash.as_str()) {
        return Err(LifecycleError::InHook { name: name.to_owned() }.into());
    }
    let on_wait = || tell(Event::Note(&format!("another gantry works on {name}; waiting for it")));
    Lock::acquire(&path_of(hash)?, on_wait, interrupts).with_context(|| format!("{name} is being worked on"))
}

/// As [`acquire_unmarked`], where nobody has it.
///
/// # Errors
/// The state directory cannot be written.
pub(super) fn try_acquire_unmarked(hash: &ContextHash) -> Result<Option<Lock>> {
    Lock::try_acquire(&path_of(hash)?).context("the context's lock cannot be taken")
}

/// The mark of the last work on the context.
///
/// # Errors
/// There is no home directory.
pub(super) fn mark(hash: &ContextHash) -> Result<Mark> {
    // What is not there, or no count, says nothing.
    let content = files::read_limited(&path_of(hash)?, LENGTH).unwrap_or_default();
    Ok(Mark(std::str::from_utf8(&content).ok().and_then(|text| text.parse().ok())))
}

/// Where the context's lock lies.
///
/// # Errors
/// There is no home directory.
pub(super) fn path_of(hash: &ContextHash) -> Result<PathBuf> {
    Ok(paths::state_dir()?.join("locks").join(format!("{hash}.lock")))
}

impl Mark {
    /// Somebody works on it, unless he was killed: the lock knows.
    pub(super) fn is_of_work(self) -> bool {
        self.0.is_none_or(|count| count % 2 == 1)
    }
}

impl Work {
    fn begin(lock: Lock, mark: Mark) -> Work {
        // One that was killed at its work has left an odd count.
        let count = mark.0.unwrap_or(0).wrapping_add(1) | 1;
        // Where it cannot be written, only a watch in another shell loses by it.
        let _ = lock.leave(&count.to_string());
        Work { lock, count }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = self.lock.leave(&self.count.wrapping_add(1).to_string());
    }
}
