//! Giving ports back.

use anyhow::Result;

use crate::app::App;
use crate::registry::{Allocation, ContextRow, allocations, fixed_names};

/// Gives the context's `rows` back, as far as they are still there; with `names` the fixed names as well.
///
/// # Errors
/// The registry cannot be written; then nothing is given back.
pub fn give_back(app: &mut App, context: &ContextRow, rows: &[Allocation], names: bool) -> Result<()> {
    app.registry()?.write(|writer| {
        // Compared whole: where another process was faster, SQLite may have given the number of the row away again.
        let still_there = allocations::of_context(writer, context.id)?;
        for row in rows.iter().filter(|row| still_there.contains(row)) {
            allocations::delete(writer, row.id)?;
        }
        if names {
            fixed_names::release_all(writer, context.id)?;
        }
        Ok(())
    })
}

/// Whether the context holds a name that its compose file fixes.
///
/// # Errors
/// The registry cannot be read.
pub fn has_fixed_names(app: &mut App, context: &ContextRow) -> Result<bool> {
    let Some(registry) = app.existing_registry()? else { return Ok(false) };
    Ok(!registry.read(|reader| fixed_names::of_context(reader, context.id))?.is_empty())
}
