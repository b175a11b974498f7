//! The table `trusted`: the files whose commands the user lets gantry run, with the content that was trusted.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rusqlite::{Result, params};

use super::Reader;

/// Whether the file was trusted with just this content.
pub fn contains(reader: &Reader, path: &Path, content: &[u8]) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM trusted WHERE path = ? AND content = ?)";
    reader.query_row(sql, params![path.as_os_str().as_bytes(), content], |row| row.get(0))
}

/// Trusts the file with this content, in place of any that was trusted before.
pub fn insert(writer: &Reader, path: &Path, content: &[u8]) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO trusted (path, content) VALUES (?, ?)";
    writer.execute(sql, params![path.as_os_str().as_bytes(), content])?;
    Ok(())
}

/// Trusts the file no more; says whether it was trusted.
pub fn delete(writer: &Reader, path: &Path) -> Result<bool> {
    Ok(writer.execute("DELETE FROM trusted WHERE path = ?", [path.as_os_str().as_bytes()])? > 0)
}
