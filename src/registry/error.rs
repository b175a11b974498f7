//! What can be wrong with a registry.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::sys::witness;

/// What is wrong with which registry.
#[derive(Debug)]
pub struct RegistryError {
    pub path: PathBuf,
    pub cause: Cause,
}

/// What is wrong; the faces choose the way out by it.
#[derive(Debug)]
pub enum Cause {
    /// The directory or the file cannot be made or opened.
    Denied(io::Error),
    /// The file system or the file is read-only.
    ReadOnly,
    /// No space is left.
    Full,
    /// Another process has held the lock for longer than the busy timeout.
    Busy,
    /// SQLite finds the file malformed, or it is no database.
    Damaged(String),
    /// A database, but of another program.
    Foreign,
    /// Migrated by a newer gantry: `found` migrations, of which this one knows `known`.
    Newer { found: u32, known: u32 },
    /// Not migrated, and opened for reading only.
    Outdated,
    /// Anything else that SQLite says.
    Sqlite(rusqlite::Error),
}

impl RegistryError {
    pub fn new(path: &Path, cause: Cause) -> RegistryError {
        // A lock or a full disk passes without leaving a trace in any file that was looked at.
        witness::note_unrepeatable();
        RegistryError { path: path.to_owned(), cause }
    }

    pub fn from_sqlite(path: &Path, error: rusqlite::Error) -> RegistryError {
        RegistryError::new(path, Cause::from_sqlite(error))
    }
}

impl Cause {
    pub fn from_io(error: io::Error) -> Cause {
        match error.kind() {
            io::ErrorKind::ReadOnlyFilesystem => Cause::ReadOnly,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Cause::Full,
            _ => Cause::Denied(error),
        }
    }

    pub fn from_sqlite(error: rusqlite::Error) -> Cause {
        match error.sqlite_error_code() {
            Some(ErrorCode::ReadOnly) => Cause::ReadOnly,
            Some(ErrorCode::DiskFull) => Cause::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Cause::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Cause::Damaged(error.to_string()),
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Cause::Denied(io::Error::new(io::ErrorKind::PermissionDenied, error.to_string()))
            }
            _ if is_nonsense(&error) => Cause::Damaged(error.to_string()),
            _ => Cause::Sqlite(error),
        }
    }

    /// The same cause once more; what a cause carries is not `Clone`, its text is.
    pub(super) fn duplicate(&self) -> Cause {
        match self {
            Cause::Denied(error) => Cause::Denied(io::Error::new(error.kind(), error.to_string())),
            _ => Cause::ReadOnly,
        }
    }
}

/// A value that gantry never wrote there: SQLite can read the page, but something has changed it.
fn is_nonsense(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error};
    matches!(error, FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..) | Utf8Error(..))
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.cause {
            Cause::Denied(error) => write!(f, "the registry {path} cannot be opened: {error}"),
            Cause::ReadOnly => write!(f, "the registry {path} is read-only, so nothing new can be booked"),
            Cause::Full => write!(f, "the registry {path} cannot be written: no space is left on the device"),
            Cause::Busy => {
                write!(f, "the registry {path} is locked: another process has been writing for half a minute")
            }
            Cause::Damaged(detail) => write!(f, "the registry {path} is damaged: {detail}"),
            Cause::Foreign => write!(f, "{path} is a database of another program, not a registry"),
            Cause::Newer { found, known } => write!(
                f,
                "the registry {path} was written by a newer gantry (its schema is {found}, this gantry knows {known})"
            ),
            Cause::Outdated => {
                write!(f, "the registry {path} is of an older version and cannot be written to update it")
            }
            Cause::Sqlite(error) => write!(f, "the registry {path} failed: {error}"),
        }
    }
}

impl std::error::Error for RegistryError {}
