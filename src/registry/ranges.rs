//! The table `ranges`: where the user wants a kind of service or a single service to look for ports.

use rusqlite::{OptionalExtension, Result, Row};

use super::Reader;
use crate::model::{Port, PortRange};

/// The range that the user set for this service or kind.
pub fn find(reader: &Reader, service: &str) -> Result<Option<PortRange>> {
    let sql = "SELECT first, last FROM ranges WHERE service = ?";
    let range = reader.query_row(sql, [service], |row| range_at(row, 0)).optional()?;
    Ok(range.flatten())
}

/// Every range that the user set, by name.
pub fn all(reader: &Reader) -> Result<Vec<(String, PortRange)>> {
    let mut statement = reader.prepare("SELECT service, first, last FROM ranges ORDER BY service")?;
    let rows = statement.query_map((), |row| Ok((row.get(0)?, range_at(row, 1)?)))?;
    rows.filter_map(|row: Result<(String, Option<PortRange>)>| match row {
        Ok((service, range)) => range.map(|range| Ok((service, range))),
        Err(error) => Some(Err(error)),
    })
    .collect()
}

/// Sets the range; allocations outside it stay.
pub fn set(writer: &Reader, service: &str, range: PortRange) -> Result<()> {
    let sql = "INSERT INTO ranges (service, first, last) VALUES (?, ?, ?)
               ON CONFLICT (service) DO UPDATE SET first = excluded.first, last = excluded.last";
    writer.execute(sql, (service, range.start.number(), range.end.number()))?;
    Ok(())
}

/// Goes back to the default; says whether a range was set.
pub fn unset(writer: &Reader, service: &str) -> Result<bool> {
    Ok(writer.execute("DELETE FROM ranges WHERE service = ?", [service])? > 0)
}

/// The range in two columns from `column` on; the table's checks leave no row without one.
pub(super) fn range_at(row: &Row<'_>, column: usize) -> Result<Option<PortRange>> {
    let ends = (Port::new(row.get(column)?), Port::new(row.get(column + 1)?));
    Ok(if let (Some(start), Some(end)) = ends { PortRange::new(start, end) } else { None })
}
