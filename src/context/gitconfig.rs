//! A repository's configuration, read by libgit2, which knows its syntax and follows its `include.path`.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use git2::{Config, ConfigLevel};

use super::failure::RepositoryError;
use crate::sys::{files, paths};

/// Bytes; every branch has its section, and some repositories have thousands.
const SIZE_LIMIT: u64 = 16 * 1024 * 1024;

/// The entries of `config`, and of `config.worktree` where the repository has it on. The user's and the system's
/// own files are left out: a remote or an upstream that is set for all repositories tells none from another.
pub(super) struct GitConfig(Vec<Entry>);

/// A name as git writes it, section and key in lower case (`remote.Origin.url`), and its value.
type Entry = (Vec<u8>, Vec<u8>);

impl GitConfig {
    pub(super) fn load(git_dir: &Path, common_dir: &Path) -> Result<GitConfig, RepositoryError> {
        let mut config = GitConfig(load_file(&common_dir.join("config"), ConfigLevel::Local)?);
        if config.is_true("extensions.worktreeconfig") {
            config.0.extend(load_file(&git_dir.join("config.worktree"), ConfigLevel::Worktree)?);
        }
        Ok(config)
    }

    /// Names and values, in the order of the files.
    pub(super) fn entries(&self) -> impl DoubleEndedIterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_slice(), value.as_slice()))
    }

    /// The value that counts where a name may have one only.
    pub(super) fn last(&self, name: &[u8]) -> Option<&[u8]> {
        self.entries().rev().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        let value = self.last(name.as_bytes()).and_then(|value| std::str::from_utf8(value).ok());
        value.is_some_and(|value| Config::parse_bool(value).unwrap_or(false))
    }

    /// Files that `include.path` names; relative ones lie beside the `config` in `common_dir`.
    pub(super) fn included_files(&self, common_dir: &Path) -> impl Iterator<Item = PathBuf> {
        let included = self.entries().filter(|(name, _)| *name == b"include.path");
        included.filter_map(|(_, path)| match path.strip_prefix(b"~/") {
            Some(below_home) => Some(paths::home_dir().ok()?.join(OsStr::from_bytes(below_home))),
            None => Some(common_dir.join(OsStr::from_bytes(path))),
        })
    }
}

/// Git takes a repository without a configuration, and so does this.
fn load_file(file: &Path, level: ConfigLevel) -> Result<Vec<Entry>, RepositoryError> {
    match files::read_limited(file, SIZE_LIMIT) {
        // libgit2 opens the file itself, and would wait for ever on a pipe.
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(RepositoryError::unreadable(file, &error)),
    }
    let mut entries = Vec::new();
    let mut read = || {
        let mut config = Config::new()?;
        config.add_file(file, level, false)?;
        config.entries(None)?.for_each(|entry| {
            // A name without a value is a short way to say `true`.
            let value = if entry.has_value() { entry.value_bytes() } else { b"true" };
            entries.push((entry.name_bytes().to_owned(), value.to_owned()));
        })
    };
    read().map_err(|error: git2::Error| RepositoryError::unreadable(file, &error.message()))?;
    Ok(entries)
}
