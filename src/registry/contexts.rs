//! The table `contexts`: which checkout holds which identity.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rusqlite::{OptionalExtension, Result, Row, params};

use super::Reader;
use crate::model::{ComposeProjectName, Context, ContextHash};

/// A context as the registry keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextRow {
    pub id: i64,
    pub hash: ContextHash,
    pub identity: Vec<u8>,
    /// The root of the checkout that holds the context.
    pub path: PathBuf,
    pub label: String,
    pub remote: Option<String>,
    pub branch: Option<String>,
    pub subdir: Option<String>,
    pub project_name: String,
    /// Seconds since the epoch; refreshed at most once a day.
    pub used_at: i64,
}

const COLUMNS: &str = "id, hash, identity, path, label, remote, branch, subdir, project_name, used_at";

impl ContextRow {
    fn from_row(row: &Row<'_>) -> Result<ContextRow> {
        Ok(ContextRow {
            id: row.get(0)?,
            hash: ContextHash::from_digits(row.get::<_, String>(1)?),
            identity: row.get(2)?,
            path: PathBuf::from(OsString::from_vec(row.get(3)?)),
            label: row.get(4)?,
            remote: row.get(5)?,
            branch: row.get(6)?,
            subdir: row.get(7)?,
            project_name: row.get(8)?,
            used_at: row.get(9)?,
        })
    }
}

/// The context that the checkout at `path` holds for this identity.
pub fn find(reader: &Reader, identity: &[u8], path: &Path) -> Result<Option<ContextRow>> {
    let sql = format!("SELECT {COLUMNS} FROM contexts WHERE identity = ? AND path = ?");
    reader.prepare(&sql)?.query_row(params![identity, bytes(path)], ContextRow::from_row).optional()
}

/// The context that an allocation belongs to.
pub fn of_id(reader: &Reader, id: i64) -> Result<ContextRow> {
    let sql = format!("SELECT {COLUMNS} FROM contexts WHERE id = ?");
    reader.query_row(&sql, [id], ContextRow::from_row)
}

/// The context with this hash.
pub fn of_hash(reader: &Reader, hash: &str) -> Result<Option<ContextRow>> {
    let sql = format!("SELECT {COLUMNS} FROM contexts WHERE hash = ?");
    reader.query_row(&sql, [hash], ContextRow::from_row).optional()
}

/// The context that goes by this Compose project name.
pub fn of_project_name(reader: &Reader, name: &str) -> Result<Option<ContextRow>> {
    let sql = format!("SELECT {COLUMNS} FROM contexts WHERE project_name = ?");
    reader.query_row(&sql, [name], ContextRow::from_row).optional()
}

/// Every context of this identity, whoever holds it; the one used last comes first.
pub fn of_identity(reader: &Reader, identity: &[u8]) -> Result<Vec<ContextRow>> {
    let sql = format!("SELECT {COLUMNS} FROM contexts WHERE identity = ? ORDER BY used_at DESC, id");
    reader.prepare(&sql)?.query_map([identity], ContextRow::from_row)?.collect()
}

/// The contexts that the checkout at `path` holds, branch by branch.
pub fn of_path(reader: &Reader, path: &Path) -> Result<Vec<ContextRow>> {
    let sql = format!("SELECT {COLUMNS} FROM contexts WHERE path = ? ORDER BY label, id");
    reader.prepare(&sql)?.query_map([bytes(path)], ContextRow::from_row)?.collect()
}

/// Every context, by label, then path.
pub fn all(reader: &Reader) -> Result<Vec<ContextRow>> {
    let sql = format!("SELECT {COLUMNS} FROM contexts ORDER BY label, path");
    reader.prepare(&sql)?.query_map((), ContextRow::from_row)?.collect()
}

/// Whether a context goes by this Compose project name.
pub fn project_name_is_taken(reader: &Reader, name: &ComposeProjectName) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM contexts WHERE project_name = ?)";
    reader.query_row(sql, [name.as_str()], |row| row.get(0))
}

/// Writes a new context down, held by the checkout at `context.root`.
pub fn insert(
    writer: &Reader,
    context: &Context,
    hash: &ContextHash,
    project_name: &ComposeProjectName,
    now: i64,
) -> Result<()> {
    writer.execute(
        "INSERT INTO contexts
            (hash, identity, path, label, remote, branch, subdir, project_name, created_at, used_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            hash.as_str(),
            context.identity,
            bytes(&context.root),
            context.label,
            context.remote,
            context.branch,
            context.subdir,
            project_name.as_str(),
            now,
            now,
        ],
    )?;
    Ok(())
}

/// Gives the context, ports and all, to the checkout at `path`.
pub fn hand_over(writer: &Reader, id: i64, path: &Path, now: i64) -> Result<()> {
    writer.execute("UPDATE contexts SET path = ?, used_at = ? WHERE id = ?", params![bytes(path), now, id])?;
    Ok(())
}

/// Gives the context another identity: that of a directory without git that was moved. Its hash and its Compose project
/// name stay, and with them its volumes.
pub fn rekey(writer: &Reader, id: i64, context: &Context, now: i64) -> Result<()> {
    let sql = "UPDATE contexts SET identity = ?, path = ?, label = ?, used_at = ? WHERE id = ?";
    writer.execute(sql, params![context.identity, bytes(&context.root), context.label, now, id])?;
    Ok(())
}

/// Forgets the context and all that it holds.
pub fn delete(writer: &Reader, id: i64) -> Result<()> {
    writer.execute("DELETE FROM contexts WHERE id = ?", [id])?;
    Ok(())
}

/// Notes that the context was used.
pub fn touch(writer: &Reader, id: i64, now: i64) -> Result<()> {
    writer.execute("UPDATE contexts SET used_at = ? WHERE id = ?", params![now, id])?;
    Ok(())
}

fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}
