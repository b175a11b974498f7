//! A context: what ports belong to.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// The first 12 hex digits of the MD5 of an identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ContextHash(String);

/// What the checkout itself says of its context, before the registry is asked who holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The bytes that are hashed: `<remote>:<branch>`, keyed by worktree `<remote>@<top level>`, either with
    /// `:<subdir>` behind it; or an absolute path.
    pub identity: Vec<u8>,
    /// The project's root: the directory that holds the compose file, else the git top level, else the directory.
    pub root: PathBuf,
    /// `<repo>/<branch>`; it may hold any character.
    pub label: String,
    /// The remote's URL as configured, without credentials.
    pub remote: Option<String>,
    /// The branch, also during a rebase or bisect; the worktree's name on a detached HEAD; `None` without git, and
    /// where the context is keyed by worktree.
    pub branch: Option<String>,
    /// The root below the git top level, `/`-separated; `None` where they are the same or there is no git.
    pub subdir: Option<String>,
    /// The files of the repository that decide all this: `HEAD`, `config`, and what a rebase or bisect leaves.
    pub inputs: Vec<PathBuf>,
}

/// A Compose project name: lower case letters, digits, `-` and `_`, starting with a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ComposeProjectName(String);

impl ContextHash {
    /// Trusts `digits`: they come from `context` or from the registry.
    pub fn from_digits(digits: impl Into<String>) -> ContextHash {
        ContextHash(digits.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ComposeProjectName {
    /// `None` where Compose would refuse the name.
    pub fn new(name: impl Into<String>) -> Option<ComposeProjectName> {
        let name = name.into();
        let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        (starts_well && name.chars().all(fits)).then_some(ComposeProjectName(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ContextHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ComposeProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
