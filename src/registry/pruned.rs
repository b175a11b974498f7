//! The tables `pruned_contexts` and `pruned_allocations`: what the last prune removed, so that it can be put back once.

use rusqlite::{OptionalExtension, Result, params};

use super::Reader;
use crate::model::Port;

/// What an undo did with one allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    pub label: String,
    pub service: String,
    pub port: Port,
    /// `false` where somebody else holds the port by now, or the context has booked the service anew.
    pub back: bool,
}

/// Moves the allocations to the pruned ones, and with them each context of `context_ids` that then holds none.
/// What an earlier prune left is forgotten.
pub fn remove(writer: &Reader, context_ids: &[i64], allocation_ids: &[i64]) -> Result<()> {
    if context_ids.is_empty() {
        // Another prune was faster: what it removed can still be put back.
        return Ok(());
    }
    forget(writer)?;
    for id in context_ids {
        writer.execute(
            "INSERT INTO pruned_contexts
                (id, hash, identity, path, label, remote, branch, subdir, project_name, created_at, used_at)
             SELECT id, hash, identity, path, label, remote, branch, subdir, project_name, created_at, used_at
             FROM contexts WHERE id = ?",
            [id],
        )?;
    }
    for id in allocation_ids {
        writer.execute(
            "INSERT INTO pruned_allocations
                (id, context_id, service, container_port, protocol, ordinal, kind, port, variable, created_at)
             SELECT id, context_id, service, container_port, protocol, ordinal, kind, port, variable, created_at
             FROM allocations WHERE id = ?",
            [id],
        )?;
        writer.execute("DELETE FROM allocations WHERE id = ?", [id])?;
    }
    for id in context_ids {
        let sql = "DELETE FROM contexts WHERE id = ? AND NOT EXISTS
                   (SELECT 1 FROM allocations WHERE context_id = contexts.id)";
        writer.execute(sql, [id])?;
    }
    Ok(())
}

/// Puts back what the last prune removed, by label and port, and forgets it.
pub fn restore(writer: &Reader) -> Result<Vec<Restored>> {
    let mut restored = Vec::new();
    let contexts: Vec<(i64, String)> = writer
        .prepare("SELECT id, label FROM pruned_contexts ORDER BY label, id")?
        .query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_>>()?;
    for (pruned_id, label) in contexts {
        let context_id = restore_context(writer, pruned_id)?;
        let allocations: Vec<(i64, String, u16)> = writer
            .prepare("SELECT id, service, port FROM pruned_allocations WHERE context_id = ? ORDER BY port")?
            .query_map([pruned_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_>>()?;
        for (id, service, port) in allocations {
            let Some(port) = Port::new(port) else { continue };
            let back = match context_id {
                Some(context_id) => restore_allocation(writer, id, context_id)?,
                None => false,
            };
            restored.push(Restored { label: label.clone(), service, port, back });
        }
    }
    forget(writer)?;
    Ok(restored)
}

/// The context's row: the one that lives again meanwhile, else the pruned one put back. `None` where another context
/// has taken its hash or its project name.
fn restore_context(writer: &Reader, pruned_id: i64) -> Result<Option<i64>> {
    let live = "SELECT contexts.id FROM contexts JOIN pruned_contexts AS old
                ON contexts.identity = old.identity AND contexts.path = old.path WHERE old.id = ?";
    if let Some(id) = writer.query_row(live, [pruned_id], |row| row.get(0)).optional()? {
        return Ok(Some(id));
    }
    let inserted = writer.execute(
        "INSERT OR IGNORE INTO contexts
            (hash, identity, path, label, remote, branch, subdir, project_name, created_at, used_at)
         SELECT hash, identity, path, label, remote, branch, subdir, project_name, created_at, used_at
         FROM pruned_contexts WHERE id = ?",
        [pruned_id],
    )?;
    Ok((inserted > 0).then(|| writer.last_insert_rowid()))
}

fn restore_allocation(writer: &Reader, pruned_id: i64, context_id: i64) -> Result<bool> {
    let inserted = writer.execute(
        "INSERT OR IGNORE INTO allocations
            (context_id, service, container_port, protocol, ordinal, kind, port, variable, created_at)
         SELECT ?, service, container_port, protocol, ordinal, kind, port, variable, created_at
         FROM pruned_allocations WHERE id = ?",
        params![context_id, pruned_id],
    )?;
    Ok(inserted > 0)
}

fn forget(writer: &Reader) -> Result<()> {
    writer.execute_batch("DELETE FROM pruned_allocations; DELETE FROM pruned_contexts;")
}
