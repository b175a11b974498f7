//! The table `fixed_names`: names of containers, volumes and networks that only one context on the machine can use.

use rusqlite::{OptionalExtension, Result, params};

use super::Reader;
use crate::model::{FixedKind, FixedName};

/// The context that uses the name.
pub fn holder(reader: &Reader, name: &FixedName) -> Result<Option<i64>> {
    holder_of(reader, name.kind, &name.name)
}

/// The context that uses the name of this kind.
pub fn holder_of(reader: &Reader, kind: FixedKind, name: &str) -> Result<Option<i64>> {
    let sql = "SELECT context_id FROM fixed_names WHERE kind = ? AND name = ?";
    reader.query_row(sql, [kind.as_str(), name], |row| row.get(0)).optional()
}

/// The kinds and names that the context uses.
pub fn of_context(reader: &Reader, context_id: i64) -> Result<Vec<(String, String)>> {
    let sql = "SELECT kind, name FROM fixed_names WHERE context_id = ? ORDER BY kind, name";
    reader.prepare(sql)?.query_map([context_id], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// Gives the name to the context, whoever had it.
pub fn take(writer: &Reader, name: &FixedName, context_id: i64) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO fixed_names (kind, name, context_id) VALUES (?, ?, ?)";
    writer.execute(sql, params![name.kind.as_str(), name.name, context_id])?;
    Ok(())
}

/// Frees a name that the context no longer uses.
pub fn release(writer: &Reader, kind: &str, name: &str, context_id: i64) -> Result<()> {
    let sql = "DELETE FROM fixed_names WHERE kind = ? AND name = ? AND context_id = ?";
    writer.execute(sql, params![kind, name, context_id])?;
    Ok(())
}

/// Frees every name of the context.
pub fn release_all(writer: &Reader, context_id: i64) -> Result<()> {
    writer.execute("DELETE FROM fixed_names WHERE context_id = ?", [context_id])?;
    Ok(())
}

/// Whether the context uses the name of this kind.
pub fn is_of(names: &[FixedName], kind: &str, name: &str) -> bool {
    names.iter().any(|wanted| FixedKind::as_str(wanted.kind) == kind && wanted.name == name)
}
