//! The registry: which context holds which port, for the whole machine, in one SQLite file.
//!
//! **Locking.** Choosing a port and writing it down is one `BEGIN IMMEDIATE` transaction ([`Registry::write`]), so two
//! processes never see the same port as free. Readers take no part in that: a rollback journal lets them in except in
//! the moment of commit, and the busy timeout covers that moment and a queue of a hundred writers.
//!
//! **Durability.** `synchronous=FULL` with a rollback journal: a booking that was told is on the disk. The journal mode
//! is never WAL, because the memo reads the file's change counter (offset 24), which WAL does not keep, and because a
//! process that opens an idle WAL database pays for recovery.
//!
//! **The first booking** makes the registry in its own transaction ([`Registry::write`]): one journal and one `fsync`
//! of the file instead of two, and whoever is stopped before the commit leaves an empty file, which is none.
//!
//! **Compatibility.** `PRAGMA user_version` counts the migrations in [`migrations`], which are append-only. A registry
//! with a higher number belongs to a newer gantry and is refused, never changed; one that is damaged, or that is not
//! ours, likewise. `application_id` tells ours from any other SQLite file.
//!
//! **Cost.** It holds slow truth only. What changes at every call belongs in another file, because every commit here
//! makes each memo on the machine stale. Two thirds of what opening it and a first query compute is SQLite reading the
//! schema's text, so tables and indexes are few; a new registry costs less than half of the first booking, the journal
//! and its four `fsync`s aside.
//!
//! The room never chooses a port and never looks at a checkout: it keeps what it is told.

pub mod allocations;
pub mod contexts;
mod error;
pub mod fixed_names;
mod migrations;
pub mod projects;
pub mod pruned;
pub mod ranges;
pub mod reserves;
pub mod settings;
pub mod trusted;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

pub use allocations::Allocation;
pub use contexts::ContextRow;
pub use error::{Cause, RegistryError};
pub use projects::ProjectRow;

use crate::sys::{files, witness};
use migrations::State;

/// Long enough for a hundred writers that each wait for a slow disk.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// Pages of 4 KiB: some six hundred allocations, which take half a millisecond; three thousand would take four.
const CHECKED_PAGES: u32 = 40;

/// An open registry.
#[derive(Debug)]
pub struct Registry {
    connection: Connection,
    path: PathBuf,
    /// Why nothing can be written, where that is so.
    read_only: Option<Cause>,
    /// The file has no tables until the first [`Registry::write`].
    is_empty: bool,
    has_written: bool,
}

/// What the rooms around a transaction see of it.
pub type Reader = Connection;

/// What the tables answer with.
pub type SqlResult<T> = rusqlite::Result<T>;

impl Registry {
    /// Opens the registry for [`Registry::write`], which makes it where there is none, and brings an older one up to
    /// date. Where it exists but cannot be written (a read-only home), it opens for reading, and [`Registry::write`]
    /// says why.
    ///
    /// # Errors
    /// It cannot be made or read, is damaged, is not ours, or belongs to a newer version.
    pub fn open(path: &Path) -> Result<Registry, RegistryError> {
        match open_for_writing(path) {
            Err(RegistryError { cause: cause @ (Cause::ReadOnly | Cause::Denied(_)), .. }) if files::is_file(path) => {
                let mut registry = open_for_reading(path)?;
                registry.read_only = Some(cause);
                Ok(registry)
            }
            opened => opened,
        }
    }

    /// Opens the registry for reading; `None` where there is none yet, or nothing in it.
    ///
    /// # Errors
    /// As [`Registry::open`].
    pub fn open_existing(path: &Path) -> Result<Option<Registry>, RegistryError> {
        match files::database_exists(path) {
            Ok(false) => Ok(None),
            Ok(true) => Ok(Some(Registry::open(path)?).filter(Registry::is_readable)),
            Err(error) => Err(RegistryError::new(path, Cause::Denied(error))),
        }
    }

    /// Whether it has its tables: a new one gets them from the first [`Registry::write`] that succeeds.
    pub fn is_readable(&self) -> bool {
        !self.is_empty
    }

    /// Whether it may be written, as far as opening it has shown.
    pub fn is_writable(&self) -> bool {
        self.read_only.is_none()
    }

    /// Whether a [`Registry::write`] has succeeded.
    pub fn has_written(&self) -> bool {
        self.has_written
    }

    /// For reading; each statement sees one committed state.
    pub fn reader(&self) -> &Reader {
        &self.connection
    }

    /// Runs `work` in one `BEGIN IMMEDIATE` transaction: all of it is kept, or on an error nothing. A new registry gets
    /// its tables in the same one.
    ///
    /// # Errors
    /// The registry is read-only, damaged, busy for longer than half a minute, or the disk is full; or what `work`
    /// says.
    pub fn write<T>(&mut self, work: impl FnOnce(&Transaction<'_>) -> anyhow::Result<T>) -> anyhow::Result<T> {
        witness::note_unrepeatable();
        if let Some(cause) = &self.read_only {
            return Err(RegistryError::new(&self.path, cause.duplicate()).into());
        }
        let path = self.path.clone();
        let named = |error: anyhow::Error| match error.downcast::<rusqlite::Error>() {
            Ok(error) => RegistryError::from_sqlite(&path, error).into(),
            Err(error) => error,
        };
        self.leave_wal();
        self.connection.pragma_update(None, "synchronous", "FULL").map_err(|error| named(error.into()))?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| named(error.into()))?;
        // Asked again under the lock: another process may have made it meanwhile.
        let prepared = match self.is_empty.then(|| migrations::state(&transaction)) {
            Some(Ok(State::Empty | State::Older)) => migrations::migrate(&transaction),
            Some(Err(cause)) => Err(cause),
            _ => require_sound(&transaction),
        };
        prepared.map_err(|cause| RegistryError::new(&path, cause))?;
        let value = work(&transaction).map_err(named)?;
        transaction.commit().map_err(|error| named(error.into()))?;
        self.is_empty = false;
        self.has_written = true;
        Ok(value)
    }

    /// Some tool may have given the file a write-ahead log, whose commits the change counter does not count. Where others
    /// have it open that stays, and no memo is believed until the next time.
    fn leave_wal(&self) {
        let mode = self.connection.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0));
        if mode.is_ok_and(|mode| mode == "wal") {
            let _ = self.connection.pragma_update(None, "journal_mode", "DELETE");
        }
    }

    /// Runs `work` on the reader and names the registry in what SQLite complains of.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn read<T>(&self, work: impl FnOnce(&Reader) -> rusqlite::Result<T>) -> anyhow::Result<T> {
        work(&self.connection).map_err(|error| RegistryError::from_sqlite(&self.path, error).into())
    }
}

/// Refuses to write into a damaged file: a booking on top of it would hide the damage, or give a port out twice. All of
/// a common registry is looked at; of one beyond [`CHECKED_PAGES`], SQLite looks at the pages that it touches, so that
/// forty thousand held ports cost a booking no more than ten do.
fn require_sound(connection: &Connection) -> Result<(), Cause> {
    let pages: u32 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).map_err(Cause::from_sqlite)?;
    if pages > CHECKED_PAGES {
        return Ok(());
    }
    let found: rusqlite::Result<String> = connection.query_row("PRAGMA integrity_check(1)", (), |row| row.get(0));
    match found {
        Ok(text) if text == "ok" => Ok(()),
        Ok(text) => Err(Cause::Damaged(text)),
        Err(error) => Err(Cause::from_sqlite(error)),
    }
}

fn open_for_writing(path: &Path) -> Result<Registry, RegistryError> {
    let denied = |error| RegistryError::new(path, Cause::from_io(error));
    if let Some(directory) = path.parent() {
        files::make_private_dir(directory).map_err(denied)?;
    }
    // SQLite would make it with the user's mask; its journal takes over the rights of the file.
    files::make_private_file(path).map_err(denied)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut registry = connect(path, flags)?;
    let named = |cause| RegistryError::new(path, cause);
    match state(&registry.connection).map_err(named)? {
        State::Current => {}
        State::Empty => registry.is_empty = true,
        State::Older => update(&mut registry.connection).map_err(named)?,
    }
    Ok(registry)
}

/// In one transaction: between two of its questions another process might make the registry.
fn state(connection: &Connection) -> Result<State, Cause> {
    let transaction = connection.unchecked_transaction().map_err(Cause::from_sqlite)?;
    migrations::state(&transaction)
}

fn update(connection: &mut Connection) -> Result<(), Cause> {
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(Cause::from_sqlite)?;
    // Another process may have done it meanwhile.
    if migrations::state(&transaction)? == State::Older {
        migrations::migrate(&transaction)?;
    }
    transaction.commit().map_err(Cause::from_sqlite)
}

fn open_for_reading(path: &Path) -> Result<Registry, RegistryError> {
    let registry = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    match state(&registry.connection) {
        Ok(State::Current) => Ok(registry),
        Ok(State::Empty) => Ok(Registry { is_empty: true, ..registry }),
        Ok(State::Older) => Err(RegistryError::new(path, Cause::Outdated)),
        Err(cause) => Err(RegistryError::new(path, cause)),
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Registry, RegistryError> {
    let named = |error| RegistryError::from_sqlite(path, error);
    let connection = Connection::open_with_flags(path, flags).map_err(named)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(named)?;
    // The pragma's own switch, without its SQL.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true).map_err(named)?;
    Ok(Registry { connection, path: path.to_owned(), read_only: None, is_empty: false, has_written: false })
}

#[cfg(test)]
mod tests;
