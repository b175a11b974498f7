//! A repository's configuration, read by libgit2, which knows its syntax and follows its `include.path`.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use git2::{Config, ConfigLevel};

use super::failure::RepositoryError;
use crate::sys::{files, paths, witness};

/// Bytes; every branch has its section, and some repositories have thousands.
const SIZE_LIMIT: u64 = 16 * 1024 * 1024;

/// Readings after which a configuration that names other files each time is taken as it is.
const READINGS: usize = 4;

/// The entries of `config`, and of `config.worktree` where the repository has it on. The user's and the system's
/// own files are left out: a remote or an upstream that is set for all repositories tells none from another.
pub(super) struct GitConfig(Vec<Entry>);

/// A name as git writes it, section and key in lower case (`remote.Origin.url`), and its value.
type Entry = (Vec<u8>, Vec<u8>);

impl GitConfig {
    pub(super) fn load(git_dir: &Path, common_dir: &Path) -> Result<GitConfig, RepositoryError> {
        let mut looked_at = Vec::new();
        for _ in 0..READINGS {
            let config = GitConfig::read(git_dir, common_dir)?;
            let included = config.included_files(common_dir);
            // libgit2 opens these itself. What counts was read after the look at every file that was read.
            if included == looked_at {
                return Ok(config);
            }
            included.iter().for_each(|file| drop(files::link_metadata(file)));
            looked_at = included;
        }
        witness::note_unrepeatable();
        GitConfig::read(git_dir, common_dir)
    }

    fn read(git_dir: &Path, common_dir: &Path) -> Result<GitConfig, RepositoryError> {
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

    /// Files that `include.path` names. A relative one lies beside the file that names it, and which one that is libgit2
    /// does not tell: every place counts that may be meant.
    pub(super) fn included_files(&self, common_dir: &Path) -> Vec<PathBuf> {
        let mut directories = vec![common_dir.to_owned()];
        let mut included = Vec::new();
        for (_, path) in self.entries().filter(|(name, _)| *name == b"include.path") {
            let found: Vec<PathBuf> = match path.strip_prefix(b"~/") {
                Some(below_home) => {
                    paths::home_dir().map(|home| home.join(OsStr::from_bytes(below_home))).into_iter().collect()
                }
                None => directories.iter().map(|directory| directory.join(OsStr::from_bytes(path))).collect(),
            };
            directories.extend(found.iter().filter_map(|file| Some(file.parent()?.to_owned())));
            directories.sort_unstable();
            directories.dedup();
            included.extend(found);
        }
        included
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
    // It may have been an included file that could not be opened just now.
    read()
        .inspect_err(|_| witness::note_unrepeatable())
        .map_err(|error: git2::Error| RepositoryError::unreadable(file, &error.message()))?;
    Ok(entries)
}
