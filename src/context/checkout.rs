//! A checkout on disk: where its top level, its git directory and its configuration lie.
//!
//! The few files are read by hand rather than through libgit2's repository: that one refuses SHA-256, partial
//! clones' and other extensions, and repositories of another owner, though none of these matters to whoever reads
//! `HEAD` and `config` only. The configuration's own syntax, `include.path` among it, is libgit2's to read.
//! What a repository's files may be is said in gitrepository-layout(5).

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::failure::RepositoryError;
use super::gitconfig::GitConfig;
use super::root;
use crate::sys::files;

/// `HEAD`, a `.git` file and their like hold one line.
const LINE_LIMIT: u64 = 64 * 1024;

/// A working tree and the repository behind it.
pub(super) struct Checkout {
    /// The working tree's top level.
    pub(super) top: PathBuf,
    /// The git directory of this working tree: it holds its `HEAD`.
    pub(super) git_dir: PathBuf,
    /// The git directory that linked worktrees share: it holds branches and `config`.
    pub(super) common_dir: PathBuf,
    /// The repository's own configuration.
    pub(super) config: GitConfig,
}

impl Checkout {
    /// The checkout that `directory` lies in; `None` outside of git, and inside a git directory, which is no
    /// working tree. Adds to `inputs` what was read, and where a nearer repository would have been found.
    pub(super) fn find(directory: &Path, inputs: &mut Vec<PathBuf>) -> Result<Option<Checkout>, RepositoryError> {
        for top in root::upwards(directory) {
            let dot_git = top.join(".git");
            match git_dir_of(&dot_git).inspect_err(|_| inputs.push(dot_git.clone()))? {
                Some(git_dir) => {
                    if files::is_file(&dot_git) {
                        inputs.push(dot_git);
                    }
                    return Checkout::open(top, git_dir, inputs);
                }
                None if is_git_dir(top) => return Ok(None),
                // A directory's stamp changes with every file in it, `HEAD`'s only with what matters here.
                None => inputs.push(if files::is_dir(&dot_git) { dot_git.join("HEAD") } else { dot_git }),
            }
        }
        Ok(None)
    }

    /// The root's path below the top level; `None` where they are the same.
    pub(super) fn subdir<'a>(&self, root: &'a Path) -> Option<&'a Path> {
        root.strip_prefix(&self.top).ok().filter(|subdir| !subdir.as_os_str().is_empty())
    }

    fn open(top: &Path, git_dir: PathBuf, inputs: &mut Vec<PathBuf>) -> Result<Option<Checkout>, RepositoryError> {
        let common_dir = match read_line(&git_dir.join("commondir"))? {
            Some(line) => real_path(&git_dir, &line)?,
            None => git_dir.clone(),
        };
        // Noted first: where the repository is damaged, its mending is seen.
        inputs.extend(inputs_of(&git_dir, &common_dir));
        for (directory, name) in [(&git_dir, "HEAD"), (&common_dir, "objects"), (&common_dir, "refs")] {
            if files::link_metadata(&directory.join(name)).is_err() {
                return Err(RepositoryError::damaged(directory, &format!("it has no `{name}`")));
            }
        }
        let config = GitConfig::load(&git_dir, &common_dir)?;
        inputs.extend(config.included_files(&common_dir));
        // A linked worktree shares the configuration of a bare repository, without being bare itself.
        let is_bare = git_dir == common_dir && config.is_true("core.bare");
        Ok((!is_bare).then(|| Checkout { top: top.to_owned(), git_dir, common_dir, config }))
    }
}

/// The file's bytes without the newlines at its end; `None` where there is no such file.
pub(super) fn read_line(path: &Path) -> Result<Option<Vec<u8>>, RepositoryError> {
    match files::read_limited(path, LINE_LIMIT) {
        Ok(mut line) => {
            while line.ends_with(b"\n") || line.ends_with(b"\r") {
                line.pop();
            }
            Ok(Some(line))
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(RepositoryError::unreadable(path, &error)),
    }
}

/// Where `.git` leads: itself, or what the `gitdir:` of a worktree's or submodule's file names.
/// `None` where there is no `.git`, or only a directory that was never a repository.
fn git_dir_of(dot_git: &Path) -> Result<Option<PathBuf>, RepositoryError> {
    if files::is_dir(dot_git) {
        let unreadable = |error: io::Error| RepositoryError::unreadable(dot_git, &error);
        for name in ["HEAD", "config", "objects"] {
            if files::try_exists(&dot_git.join(name)).map_err(unreadable)? {
                return files::canonicalize(dot_git).map(Some).map_err(unreadable);
            }
        }
        return Ok(None);
    }
    let Some(line) = read_line(dot_git)? else { return Ok(None) };
    let parent = dot_git.parent().unwrap_or(dot_git);
    match line.strip_prefix(b"gitdir:") {
        Some(target) => real_path(parent, target.trim_ascii_start()).map(Some),
        None => Err(RepositoryError::damaged(parent, "its `.git` file names no git directory")),
    }
}

fn real_path(base: &Path, target: &[u8]) -> Result<PathBuf, RepositoryError> {
    let path = base.join(OsStr::from_bytes(target));
    files::canonicalize(&path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => RepositoryError::lost(&path),
        _ => RepositoryError::unreadable(&path, &error),
    })
}

/// Git's own test for a directory that is a repository without being called `.git`.
fn is_git_dir(directory: &Path) -> bool {
    files::is_file(&directory.join("HEAD"))
        && files::is_dir(&directory.join("objects"))
        && files::is_dir(&directory.join("refs"))
}

/// Every file whose change may change the context, present or not.
fn inputs_of(git_dir: &Path, common_dir: &Path) -> impl Iterator<Item = PathBuf> {
    let own = ["HEAD", "config.worktree", "rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START"];
    let own = own.map(|name| git_dir.join(name));
    own.into_iter().chain([common_dir.join("config")])
}
