//! The schema, as the list of steps that lead to it. Append only: a step that was released is never edited.

use rusqlite::{Connection, Transaction};

use super::error::Cause;

/// "gntr" in ASCII: SQLite's `application_id`, so that another program's database is never migrated.
const APPLICATION_ID: i32 = 0x676e_7472;

/// The step at index `n` leads from `user_version` `n` to `n + 1`.
const STEPS: [&str; 4] = [
    // Identities and paths are bytes: neither has to be UTF-8. `container_port` 0 stands for a service that was booked
    // by name, without a compose file. `variable` is NULL while the compose file does not mention the allocation.
    "CREATE TABLE contexts (
        id INTEGER PRIMARY KEY,
        hash TEXT NOT NULL UNIQUE,
        identity BLOB NOT NULL,
        path BLOB NOT NULL,
        label TEXT NOT NULL,
        remote TEXT,
        branch TEXT,
        subdir TEXT,
        project_name TEXT NOT NULL UNIQUE,
        created_at INTEGER NOT NULL,
        used_at INTEGER NOT NULL,
        UNIQUE (identity, path)
    ) STRICT;
    CREATE TABLE allocations (
        id INTEGER PRIMARY KEY,
        context_id INTEGER NOT NULL REFERENCES contexts (id) ON DELETE CASCADE,
        service TEXT NOT NULL,
        container_port INTEGER NOT NULL CHECK (container_port BETWEEN 0 AND 65535),
        protocol TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        kind TEXT NOT NULL,
        port INTEGER NOT NULL UNIQUE CHECK (port BETWEEN 1 AND 65535),
        variable TEXT,
        created_at INTEGER NOT NULL,
        UNIQUE (context_id, service, container_port, protocol, ordinal),
        UNIQUE (context_id, variable)
    ) STRICT;
    CREATE TABLE fixed_names (
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        context_id INTEGER NOT NULL REFERENCES contexts (id) ON DELETE CASCADE,
        PRIMARY KEY (kind, name)
    ) STRICT;
    CREATE TABLE ranges (
        service TEXT PRIMARY KEY,
        first INTEGER NOT NULL CHECK (first BETWEEN 1 AND 65535),
        last INTEGER NOT NULL CHECK (last BETWEEN first AND 65535)
    ) STRICT;
    CREATE TABLE reserves (
        first INTEGER NOT NULL CHECK (first BETWEEN 1 AND 65535),
        last INTEGER NOT NULL CHECK (last BETWEEN first AND 65535),
        PRIMARY KEY (first, last)
    ) STRICT;
    CREATE TABLE pruned_contexts (
        id INTEGER PRIMARY KEY,
        hash TEXT NOT NULL,
        identity BLOB NOT NULL,
        path BLOB NOT NULL,
        label TEXT NOT NULL,
        remote TEXT,
        branch TEXT,
        subdir TEXT,
        project_name TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        used_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE pruned_allocations (
        id INTEGER PRIMARY KEY,
        context_id INTEGER NOT NULL REFERENCES pruned_contexts (id) ON DELETE CASCADE,
        service TEXT NOT NULL,
        container_port INTEGER NOT NULL,
        protocol TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        kind TEXT NOT NULL,
        port INTEGER NOT NULL,
        variable TEXT,
        created_at INTEGER NOT NULL
    ) STRICT;",
    // Each booking asks which names its context has; without this it would read those of all contexts.
    "CREATE INDEX fixed_names_by_context ON fixed_names (context_id);",
    // A project's HTTP port is an allocation of the context that its directory is; `http_service` names it as `gantry
    // get` takes it. `scan` is JSON: what the last look found, read as a whole and never asked for in parts. `trusted`
    // keeps each trusted file's whole content, so that no hash has to be believed.
    "CREATE TABLE projects (
        id INTEGER PRIMARY KEY,
        hostname TEXT NOT NULL UNIQUE,
        path BLOB NOT NULL UNIQUE,
        directory BLOB NOT NULL,
        http_service TEXT NOT NULL,
        scan TEXT NOT NULL,
        registered_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        started_at INTEGER,
        status_changed_at INTEGER
    ) STRICT;
    CREATE TABLE trusted (
        path BLOB PRIMARY KEY,
        content BLOB NOT NULL
    ) STRICT;",
    // Few and of different kinds, so a row each and text as the user gave it.
    "CREATE TABLE settings (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT;",
];

/// The `user_version` that this program writes.
pub(super) fn latest() -> u32 {
    u32::try_from(STEPS.len()).unwrap_or(u32::MAX)
}

/// How far a database has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// There is nothing in it yet.
    Empty,
    /// Of an earlier gantry.
    Older,
    Current,
}

/// What [`migrate`] would have to do. It asks several questions, so within the caller's transaction.
///
/// # Errors
/// A newer or a foreign database, or a damaged one.
pub(super) fn state(connection: &Connection) -> Result<State, Cause> {
    match version(connection)? {
        found if found > latest() => Err(Cause::Newer { found, known: latest() }),
        0 if is_empty(connection)? => Ok(State::Empty),
        0 => Err(Cause::Foreign),
        _ if application_id(connection)? != APPLICATION_ID => Err(Cause::Foreign),
        found if found < latest() => Ok(State::Older),
        _ => Ok(State::Current),
    }
}

/// Brings an empty or an older database up to [`latest`], within the caller's transaction.
///
/// # Errors
/// A full disk, or a damaged database.
pub(super) fn migrate(transaction: &Transaction<'_>) -> Result<(), Cause> {
    for step in STEPS.iter().skip(version(transaction)? as usize) {
        transaction.execute_batch(step).map_err(Cause::from_sqlite)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(Cause::from_sqlite)?;
    transaction.pragma_update(None, "user_version", latest()).map_err(Cause::from_sqlite)
}

fn version(connection: &Connection) -> Result<u32, Cause> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(Cause::from_sqlite)
}

fn application_id(connection: &Connection) -> Result<i32, Cause> {
    connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(Cause::from_sqlite)
}

fn is_empty(connection: &Connection) -> Result<bool, Cause> {
    let tables = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)";
    connection.query_row(tables, (), |row| row.get(0)).map_err(Cause::from_sqlite)
}
