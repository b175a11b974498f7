//! Trust stores, in words: which there are, and what one says of a CA.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Serialize;

/// A store that can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Store {
    /// What curl, git, Python and most programs go by.
    System,
    /// Firefox's and Chromium's.
    Nss,
    Java,
}

/// Whether somebody trusts the CA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    Trusted,
    NotTrusted,
    /// There is no such program or profile.
    Absent,
    /// It could not be asked.
    Unknown,
}

/// What a store says of a CA.
#[derive(Debug, Default)]
pub(super) struct Holding {
    /// The CA is in it, or in a part of it.
    pub is_held: bool,
    /// Why the store, or a part of it, cannot be asked.
    pub unknown: Vec<String>,
}

/// What has to be done so that a store trusts a CA.
#[derive(Debug, Default)]
pub(super) struct Lack {
    /// Something is to be changed.
    pub is_open: bool,
    /// A part of it trusts the CA already.
    pub is_trusted: bool,
    /// Why the store, or a part of it, cannot be changed.
    pub closed: Vec<String>,
}

/// A change that was made, or begun, so that it can be put back.
#[derive(Debug)]
pub(super) enum Done {
    /// The CA was put into a store that did not hold it.
    Store(Store),
    /// Into a database that gave it this trust before, or none.
    Database {
        directory: PathBuf,
        before: Option<String>,
    },
    MadeDatabase,
}

impl Store {
    pub const ALL: [Store; 3] = [Store::System, Store::Nss, Store::Java];

    pub const fn as_str(self) -> &'static str {
        match self {
            Store::System => "system",
            Store::Nss => "nss",
            Store::Java => "java",
        }
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Store {
    type Err = String;

    fn from_str(text: &str) -> Result<Store, String> {
        Store::ALL
            .into_iter()
            .find(|store| store.as_str() == text)
            .ok_or_else(|| format!("`{}` is no trust store: system, nss, java, or none", text.escape_debug()))
    }
}

impl Trust {
    pub const fn as_str(self) -> &'static str {
        match self {
            Trust::Trusted => "trusted",
            Trust::NotTrusted => "not trusted",
            Trust::Absent => "not there",
            Trust::Unknown => "unknown",
        }
    }
}
