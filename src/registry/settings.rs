//! The table `settings`: what the user chose for the whole machine, by name.

use rusqlite::{OptionalExtension, Result};

use super::Reader;

/// The setting's value; `None` where it is as it comes.
pub fn value(reader: &Reader, name: &str) -> Result<Option<String>> {
    reader.query_row("SELECT value FROM settings WHERE name = ?", [name], |row| row.get(0)).optional()
}

/// Keeps the value, or goes back to what comes without one.
pub fn set(writer: &Reader, name: &str, value: Option<&str>) -> Result<()> {
    match value {
        Some(value) => writer.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", [name, value])?,
        None => writer.execute("DELETE FROM settings WHERE name = ?", [name])?,
    };
    Ok(())
}
