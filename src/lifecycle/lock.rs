//! One gantry at a time changes what a context runs.

use anyhow::{Context as _, Result};

use super::event::{Event, Tell};
use crate::model::ContextHash;
use crate::sys::lock::Lock;
use crate::sys::paths;
use crate::sys::signals::Interrupts;

/// The context's lock; waits while another gantry has it, and says so.
///
/// # Errors
/// The state directory cannot be written; a signal came.
pub(super) fn acquire(hash: &ContextHash, name: &str, tell: &mut Tell<'_>, interrupts: &Interrupts) -> Result<Lock> {
    let path = path_of(hash)?;
    let on_wait = || tell(Event::Note(&format!("another gantry works on {name}; waiting for it")));
    Lock::acquire(&path, on_wait, interrupts).with_context(|| format!("{name} is being worked on"))
}

/// Where the context's lock lies.
///
/// # Errors
/// There is no home directory.
pub(super) fn path_of(hash: &ContextHash) -> Result<std::path::PathBuf> {
    Ok(paths::state_dir()?.join("locks").join(format!("{hash}.lock")))
}
