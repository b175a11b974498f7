//! The table `allocations`: which port a service of a context holds. A port is held once on the machine.

use rusqlite::types::Type;
use rusqlite::{Error, OptionalExtension, Result, Row, params};

use super::Reader;
use crate::model::{Port, PortRange, PortSet, Protocol, ServiceName};

/// One port, and what holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    pub id: i64,
    pub context_id: i64,
    pub service: ServiceName,
    /// `None` for a service that was booked by name, without a compose file.
    pub container_port: Option<Port>,
    pub protocol: Protocol,
    /// Counts from 0 where one service publishes one container port several times.
    pub ordinal: u32,
    /// The name of the range that the port was looked for in.
    pub kind: String,
    pub port: Port,
    /// The variable that carries the port; `None` while the compose file does not mention it.
    pub variable: Option<String>,
}

/// An allocation to be written down.
#[derive(Clone, Debug)]
pub struct NewAllocation<'a> {
    pub context_id: i64,
    pub service: &'a ServiceName,
    pub container_port: Option<Port>,
    pub protocol: Protocol,
    pub ordinal: u32,
    pub kind: &'a str,
    pub port: Port,
    pub variable: Option<&'a str>,
}

const COLUMNS: &str = "id, context_id, service, container_port, protocol, ordinal, kind, port, variable";

impl Allocation {
    fn from_row(row: &Row<'_>) -> Result<Allocation> {
        let unreadable = |column| Error::InvalidColumnType(column, COLUMNS.to_owned(), Type::Text);
        Ok(Allocation {
            id: row.get(0)?,
            context_id: row.get(1)?,
            service: ServiceName::new(row.get::<_, String>(2)?),
            container_port: Port::new(row.get(3)?),
            protocol: row.get::<_, String>(4)?.parse().map_err(|_| unreadable(4))?,
            ordinal: row.get(5)?,
            kind: row.get(6)?,
            port: Port::new(row.get(7)?).ok_or_else(|| unreadable(7))?,
            variable: row.get(8)?,
        })
    }
}

/// The context's allocations, in the order in which they were booked.
pub fn of_context(reader: &Reader, context_id: i64) -> Result<Vec<Allocation>> {
    let sql = format!("SELECT {COLUMNS} FROM allocations WHERE context_id = ? ORDER BY id");
    reader.prepare(&sql)?.query_map([context_id], Allocation::from_row)?.collect()
}

/// Every allocation on the machine, by port.
pub fn all(reader: &Reader) -> Result<Vec<Allocation>> {
    let sql = format!("SELECT {COLUMNS} FROM allocations ORDER BY port");
    reader.prepare(&sql)?.query_map((), Allocation::from_row)?.collect()
}

/// Who holds the port.
pub fn of_port(reader: &Reader, port: Port) -> Result<Option<Allocation>> {
    let sql = format!("SELECT {COLUMNS} FROM allocations WHERE port = ?");
    reader.prepare(&sql)?.query_row([port.number()], Allocation::from_row).optional()
}

/// Adds every held port of the range. Where many are held they stand side by side, and SQLite counts ports four times as
/// fast as it hands them over: a part that is full is not read one by one.
pub fn ports_in(reader: &Reader, range: PortRange, held: &mut PortSet) -> Result<()> {
    const PART: u16 = 256;
    let mut count = reader.prepare("SELECT count(*) FROM allocations WHERE port BETWEEN ? AND ?")?;
    let mut list = reader.prepare("SELECT port FROM allocations WHERE port BETWEEN ? AND ?")?;
    let end = range.end.number();
    for first in (range.start.number()..=end).step_by(usize::from(PART)) {
        let last = first.saturating_add(PART - 1).min(end);
        let number: u16 = count.query_row([first, last], |row| row.get(0))?;
        if number == last - first + 1 {
            (first..=last).for_each(|port| held.insert(port));
        } else if number > 0 {
            let mut rows = list.query([first, last])?;
            while let Some(row) = rows.next()? {
                held.insert(row.get(0)?);
            }
        }
    }
    Ok(())
}

/// Books the port.
///
/// # Errors
/// Somebody holds the port, or the context has the service already: both are the caller's fault, who has the lock.
pub fn insert(writer: &Reader, new: &NewAllocation<'_>, now: i64) -> Result<()> {
    writer.execute(
        "INSERT INTO allocations
            (context_id, service, container_port, protocol, ordinal, kind, port, variable, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            new.context_id,
            new.service.as_str(),
            new.container_port.map_or(0, Port::number),
            new.protocol.as_str(),
            new.ordinal,
            new.kind,
            new.port.number(),
            new.variable,
            now,
        ],
    )?;
    Ok(())
}

/// Says what the allocation now stands for in the compose file.
pub fn describe(writer: &Reader, id: i64, new: &NewAllocation<'_>) -> Result<()> {
    writer.execute(
        "UPDATE allocations SET service = ?, container_port = ?, protocol = ?, ordinal = ?, kind = ?, variable = ? WHERE id = ?",
        params![
            new.service.as_str(),
            new.container_port.map_or(0, Port::number),
            new.protocol.as_str(),
            new.ordinal,
            new.kind,
            new.variable,
            id,
        ],
    )?;
    Ok(())
}

/// Takes the variable from every allocation of the context, so that they can be named anew without clashing.
pub fn clear_variables(writer: &Reader, context_id: i64) -> Result<()> {
    writer.execute("UPDATE allocations SET variable = NULL WHERE context_id = ?", [context_id])?;
    Ok(())
}

/// Gives the allocation another port.
///
/// # Errors
/// As [`insert`].
pub fn set_port(writer: &Reader, id: i64, port: Port) -> Result<()> {
    writer.execute("UPDATE allocations SET port = ? WHERE id = ?", [i64::from(port.number()), id])?;
    Ok(())
}

/// Gives the port back.
pub fn delete(writer: &Reader, id: i64) -> Result<()> {
    writer.execute("DELETE FROM allocations WHERE id = ?", [id])?;
    Ok(())
}
