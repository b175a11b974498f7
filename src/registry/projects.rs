//! The table `projects`: which directory goes by which hostname.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rusqlite::types::Type;
use rusqlite::{Error, OptionalExtension, Result, Row, params};

use super::Reader;
use crate::model::{Hostname, Scan};

/// A project as the registry keeps it. Times are seconds since the epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectRow {
    pub id: i64,
    pub hostname: Hostname,
    /// The project's root, absolute and without links.
    pub path: PathBuf,
    /// Where its commands run.
    pub directory: PathBuf,
    /// The allocation that is its HTTP port: `SERVICE` or `SERVICE:CONTAINER_PORT`.
    pub http_service: String,
    pub scan: Scan,
    pub registered_at: i64,
    pub updated_at: i64,
    /// When gantry last started it.
    pub started_at: Option<i64>,
    /// When gantry last started or stopped it.
    pub status_changed_at: Option<i64>,
}

/// A project to be written down.
#[derive(Clone, Debug)]
pub struct NewProject<'a> {
    pub hostname: &'a Hostname,
    pub path: &'a Path,
    pub http_service: &'a str,
    pub scan: &'a Scan,
}

const COLUMNS: &str = "id, hostname, path, directory, http_service, scan, registered_at, updated_at, started_at, \
                       status_changed_at";

impl ProjectRow {
    fn from_row(row: &Row<'_>) -> Result<ProjectRow> {
        let unreadable = |column| Error::InvalidColumnType(column, COLUMNS.to_owned(), Type::Text);
        let path = |column| Ok::<_, Error>(PathBuf::from(OsString::from_vec(row.get(column)?)));
        Ok(ProjectRow {
            id: row.get(0)?,
            hostname: row.get::<_, String>(1)?.parse().map_err(|_| unreadable(1))?,
            path: path(2)?,
            directory: path(3)?,
            http_service: row.get(4)?,
            scan: serde_json::from_str(&row.get::<_, String>(5)?).map_err(|_| unreadable(5))?,
            registered_at: row.get(6)?,
            updated_at: row.get(7)?,
            started_at: row.get(8)?,
            status_changed_at: row.get(9)?,
        })
    }
}

/// Every project, by hostname.
pub fn all(reader: &Reader) -> Result<Vec<ProjectRow>> {
    let sql = format!("SELECT {COLUMNS} FROM projects ORDER BY hostname");
    reader.prepare(&sql)?.query_map((), ProjectRow::from_row)?.collect()
}

/// The project that goes by the hostname.
pub fn of_hostname(reader: &Reader, hostname: &Hostname) -> Result<Option<ProjectRow>> {
    let sql = format!("SELECT {COLUMNS} FROM projects WHERE hostname = ?");
    reader.query_row(&sql, [hostname.as_str()], ProjectRow::from_row).optional()
}

/// The project at exactly this path.
pub fn of_path(reader: &Reader, path: &Path) -> Result<Option<ProjectRow>> {
    let sql = format!("SELECT {COLUMNS} FROM projects WHERE path = ?");
    reader.query_row(&sql, [bytes(path)], ProjectRow::from_row).optional()
}

/// The service whose allocation is the HTTP port of the project at this path.
pub fn http_service_at(reader: &Reader, path: &Path) -> Result<Option<String>> {
    reader.query_row("SELECT http_service FROM projects WHERE path = ?", [bytes(path)], |row| row.get(0)).optional()
}

/// Writes a new project down.
///
/// # Errors
/// The hostname or the path is another project's: the caller's fault, who has the lock.
pub fn insert(writer: &Reader, new: &NewProject<'_>, now: i64) -> Result<()> {
    writer.execute(
        "INSERT INTO projects (hostname, path, directory, http_service, scan, registered_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        params![
            new.hostname.as_str(),
            bytes(new.path),
            bytes(new.path),
            new.http_service,
            text_of(new.scan)?,
            now,
            now
        ],
    )?;
    Ok(())
}

/// Keeps what a new look found.
pub fn set_scan(writer: &Reader, id: i64, http_service: &str, scan: &Scan, now: i64) -> Result<()> {
    let sql = "UPDATE projects SET http_service = ?, scan = ?, updated_at = ? WHERE id = ?";
    writer.execute(sql, params![http_service, text_of(scan)?, now, id])?;
    Ok(())
}

/// Moves the project to another place.
pub fn set_path(writer: &Reader, id: i64, path: &Path, directory: &Path, now: i64) -> Result<()> {
    let sql = "UPDATE projects SET path = ?, directory = ?, updated_at = ? WHERE id = ?";
    writer.execute(sql, params![bytes(path), bytes(directory), now, id])?;
    Ok(())
}

/// Notes that gantry has just started the project.
pub fn note_started(writer: &Reader, id: i64, now: i64) -> Result<()> {
    writer.execute("UPDATE projects SET started_at = ?, status_changed_at = ? WHERE id = ?", params![now, now, id])?;
    Ok(())
}

/// Notes that gantry has just stopped the project.
pub fn note_stopped(writer: &Reader, id: i64, now: i64) -> Result<()> {
    writer.execute("UPDATE projects SET status_changed_at = ? WHERE id = ?", params![now, id])?;
    Ok(())
}

/// Forgets the project.
pub fn delete(writer: &Reader, id: i64) -> Result<()> {
    writer.execute("DELETE FROM projects WHERE id = ?", [id])?;
    Ok(())
}

fn text_of(scan: &Scan) -> Result<String> {
    serde_json::to_string(scan).map_err(|error| Error::ToSqlConversionFailure(error.into()))
}

fn bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}
