//! The table `reserves`: ports that the user keeps for something else.

use rusqlite::Result;

use super::Reader;
use super::ranges::range_at;
use crate::model::PortRange;

/// Every reserve, ascending.
pub fn all(reader: &Reader) -> Result<Vec<PortRange>> {
    let mut statement = reader.prepare("SELECT first, last FROM reserves ORDER BY first, last")?;
    let rows = statement.query_map((), |row| range_at(row, 0))?;
    rows.filter_map(Result::transpose).collect()
}

/// Keeps the ports from being given out; says whether that is new.
pub fn insert(writer: &Reader, range: PortRange) -> Result<bool> {
    let sql = "INSERT OR IGNORE INTO reserves (first, last) VALUES (?, ?)";
    Ok(writer.execute(sql, (range.start.number(), range.end.number()))? > 0)
}

/// Lets the ports be given out again; says whether exactly this range was reserved.
pub fn delete(writer: &Reader, range: PortRange) -> Result<bool> {
    let sql = "DELETE FROM reserves WHERE first = ? AND last = ?";
    Ok(writer.execute(sql, (range.start.number(), range.end.number()))? > 0)
}
