//! A registry that is full of other contexts, made from the released schema: booking 40,000 ports takes too long.

use std::path::Path;

use rusqlite::{Connection, params};

use crate::size::Size;

const SCHEMA: &str = include_str!("../registry/v1.sql");

/// What the checkout's first service prefers; the next one the next number.
pub const FIRST_PREFERRED: u16 = 20_000;

/// The default range and all that lies above the preferred ports, up to what 40,000 ports need.
const RANGE: std::ops::Range<u16> = 10_000..19_990;

/// The held ports in the order in which they are taken: first what the checkout prefers, so that each of its services
/// has to look for another one, then the range in which they look, but for its end.
fn held_ports() -> impl Iterator<Item = u16> {
    let preferred = FIRST_PREFERRED..FIRST_PREFERRED + 5;
    let above = preferred.end..u16::MAX;
    // Browsers block it, so gantry never gives it out.
    preferred.chain(RANGE.filter(|port| *port != 10_080)).chain(above)
}

/// Writes the registry.
pub fn write(path: &Path, size: Size) {
    let mut connection = Connection::open(path).unwrap();
    connection.execute_batch(SCHEMA).unwrap();
    for table in ["contexts", "allocations", "fixed_names", "ranges", "reserves"] {
        connection.execute_batch(&format!("DELETE FROM {table}")).unwrap();
    }
    let transaction = connection.transaction().unwrap();
    add_contexts(&transaction, size);
    add_allocations(&transaction, size);
    transaction.commit().unwrap();
}

fn add_contexts(connection: &Connection, size: Size) {
    let sql =
        "INSERT INTO contexts (id, hash, identity, path, label, remote, branch, project_name, created_at, used_at)
               VALUES (?1, ?2, ?3, ?4, ?5, 'https://git.example.org/other.git', ?6, ?7, 1790000000, 1790000000)";
    let mut insert = connection.prepare(sql).unwrap();
    for number in 1..=size.contexts {
        let branch = format!("feature-{number}");
        let identity = format!("https://git.example.org/other.git:{branch}").into_bytes();
        let path = format!("/home/user/src/{branch}").into_bytes();
        let (hash, label, project) = (format!("{number:012x}"), format!("other/{branch}"), format!("other-{branch}"));
        insert.execute(params![number, hash, identity, path, label, branch, project]).unwrap();
    }
}

fn add_allocations(connection: &Connection, size: Size) {
    let sql = "INSERT INTO allocations
               (context_id, service, container_port, protocol, ordinal, kind, port, variable, created_at)
               VALUES (?1, ?2, 7000, 'tcp', 0, 'default', ?3, ?4, 1790000000)";
    let mut insert = connection.prepare(sql).unwrap();
    for (number, port) in (0..size.ports).zip(held_ports()) {
        let (context, service) = (number % size.contexts + 1, number / size.contexts);
        let (name, variable) = (format!("s{service}"), format!("S{service}_PORT"));
        insert.execute(params![context, name, port, variable]).unwrap();
    }
}
