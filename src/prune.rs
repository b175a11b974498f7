//! Giving back what nobody needs: contexts whose checkout is gone, whose branch is gone, or that were long unused.
//!
//! A port on which somebody listens is never given back unless that is forced, and what was removed can be put back
//! once. Two processes may prune at once: what is removed is judged again in the transaction that removes it.

use anyhow::Result;

use crate::app::App;
use crate::context::{branch_exists, is_checkout_of};
use crate::listeners::{self, Listening};
use crate::memo;
use crate::registry::pruned::{self, Restored};
use crate::registry::{Allocation, ContextRow, Reader, SqlResult, allocations, contexts};
use crate::remap;
use crate::sys::{clock, files};

/// What counts as unneeded.
#[derive(Clone, Copy, Debug, Default)]
pub struct PruneOptions {
    /// Also what was not used for so many days.
    pub stale_days: Option<u32>,
    /// Also ports on which somebody listens.
    pub force: bool,
}

/// What would be removed, and what would have been but for a listener.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub removals: Vec<Removal>,
    pub kept: Vec<(String, Allocation)>,
}

/// One context that is unneeded, and the allocations that it gives back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    pub context: ContextRow,
    pub reason: Reason,
    pub allocations: Vec<Allocation>,
}

/// Why a context is unneeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    PathGone,
    /// The path is there, but it is no checkout of the context's remote any more.
    OtherProject,
    BranchGone,
    Unused {
        days: i64,
    },
}

/// Judges every context; changes nothing.
///
/// # Errors
/// The registry or the kernel's tables cannot be read.
pub fn plan(app: &mut App, options: PruneOptions) -> Result<Plan> {
    let Some(registry) = app.existing_registry()? else { return Ok(Plan::default()) };
    let listening = listeners::listening()?;
    registry.read(|reader| judge_all(reader, options, &listening))
}

/// Removes what `plan` names and is still unneeded; says what that was. Memos that nobody uses go along.
///
/// # Errors
/// The registry cannot be written; then nothing is removed.
pub fn apply(app: &mut App, plan: &Plan, options: PruneOptions) -> Result<Plan> {
    memo::prune();
    if plan.removals.is_empty() {
        return Ok(plan.clone());
    }
    let listening = listeners::listening()?;
    let removed = app.registry()?.write(|writer| {
        let mut now = judge_all(writer, options, &listening)?;
        now.removals.retain(|removal| plan.removals.contains(removal));
        let contexts: Vec<i64> = now.removals.iter().map(|removal| removal.context.id).collect();
        let rows = now.removals.iter().flat_map(|removal| &removal.allocations);
        let allocations: Vec<i64> = rows.map(|row| row.id).collect();
        pruned::remove(writer, &contexts, &allocations)?;
        Ok(now)
    })?;
    let keeps_a_port = |context: &ContextRow| removed.kept.iter().any(|(_, row)| row.context_id == context.id);
    for Removal { context, .. } in removed.removals.iter().filter(|removal| !keeps_a_port(&removal.context)) {
        // One that cannot be removed harms nobody: no shell is told of it any more.
        let _ = remap::remove(&context.hash);
    }
    Ok(removed)
}

/// Puts back what the last prune removed.
///
/// # Errors
/// The registry cannot be written.
pub fn undo(app: &mut App) -> Result<Vec<Restored>> {
    match app.existing_registry()? {
        Some(registry) => registry.write(|writer| Ok(pruned::restore(writer)?)),
        None => Ok(Vec::new()),
    }
}

fn judge_all(reader: &Reader, options: PruneOptions, listening: &Listening) -> SqlResult<Plan> {
    let mut plan = Plan::default();
    for context in contexts::all(reader)? {
        let Some(reason) = reason(&context, options) else { continue };
        let (kept, unneeded): (Vec<_>, Vec<_>) = allocations::of_context(reader, context.id)?
            .into_iter()
            .partition(|row| !options.force && listening.contains(row.port, row.protocol));
        let has_kept = !kept.is_empty();
        plan.kept.extend(kept.into_iter().map(|row| (context.label.clone(), row)));
        if !(has_kept && unneeded.is_empty()) {
            plan.removals.push(Removal { context, reason, allocations: unneeded });
        }
    }
    Ok(plan)
}

/// Whether the context's checkout or branch is gone.
pub fn is_gone(context: &ContextRow) -> bool {
    reason(context, PruneOptions::default()).is_some()
}

/// Why the context is unneeded; `None` where it is not, or where that cannot be told.
fn reason(context: &ContextRow, options: PruneOptions) -> Option<Reason> {
    match files::try_exists(&context.path) {
        Ok(false) => return Some(Reason::PathGone),
        Ok(true) => {}
        // A directory that may not be searched says nothing about what lies in it.
        Err(_) => return None,
    }
    if !is_checkout_of(&context.path, context.remote.as_deref()) {
        return Some(Reason::OtherProject);
    }
    if let (Some(_), Some(branch)) = (&context.remote, &context.branch)
        && !branch_exists(&context.path, branch).unwrap_or(true)
    {
        return Some(Reason::BranchGone);
    }
    let days = (clock::now() - context.used_at) / clock::DAY;
    (options.stale_days.is_some_and(|limit| days >= i64::from(limit))).then_some(Reason::Unused { days })
}
