//! The branch of a checkout, also while a rebase or a bisect has detached its `HEAD`.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use anyhow::{Result, bail};

use super::checkout::{Checkout, read_line};
use super::failure::RepositoryError;
use crate::sys::files;

/// Bytes; a million branches and tags.
const PACKED_REFS_LIMIT: u64 = 256 * 1024 * 1024;

/// Whether `branch`, as [`super::detect`] names it, is still a branch of the repository at `path`, or what its
/// checkout is on now: an unborn branch, one under rebase, or the worktree's name on a detached `HEAD`.
///
/// # Errors
/// There is no repository at `path`, or it cannot be read: nothing is known then, so nothing may be removed.
pub fn branch_exists(path: &Path, branch: &str) -> Result<bool> {
    let Some(checkout) = Checkout::find(&files::canonicalize(path)?, &mut Vec::new())? else {
        bail!("{} is not in a git repository any more", path.display());
    };
    let current = checkout.branch()?;
    // A name that was not UTF-8 is known by its looks only, and so cannot be looked up.
    let unknowable = branch.contains(char::REPLACEMENT_CHARACTER);
    Ok(unknowable || current == branch.as_bytes() || checkout.has_branch(branch)?)
}

impl Checkout {
    /// The branch, without `refs/heads/`; on a `HEAD` that is detached for good, the name of the directory.
    pub(super) fn branch(&self) -> Result<Vec<u8>, RepositoryError> {
        let file = self.git_dir.join("HEAD");
        // The oldest way to write a symbolic `HEAD`, still there as `core.preferSymlinkRefs`.
        if let Some(target) = files::read_link(&file).ok().filter(|target| target.starts_with("refs")) {
            return Ok(short(target.as_os_str().as_bytes()).to_owned());
        }
        let head = read_line(&file)?.unwrap_or_default();
        if let Some(target) = head.strip_prefix(b"ref:") {
            return match target.trim_ascii() {
                b"refs/heads/.invalid" => Err(RepositoryError::reftable(&self.common_dir)),
                target if target.starts_with(b"refs/") => Ok(short(target).to_owned()),
                _ => Err(self.garbled_head()),
            };
        }
        if !is_object_id(head.trim_ascii_end()) {
            return Err(self.garbled_head());
        }
        let directory = || self.top.file_name().map_or_else(|| b"root".to_vec(), |name| name.as_bytes().to_owned());
        Ok(self.branch_being_worked_on()?.unwrap_or_else(directory))
    }

    /// What a rebase will return to, or where a bisect started. Git's own `git status` reads the same files.
    fn branch_being_worked_on(&self) -> Result<Option<Vec<u8>>, RepositoryError> {
        for name in ["rebase-merge/head-name", "rebase-apply/head-name"] {
            // A rebase of a detached `HEAD` writes `detached HEAD` here.
            if let Some(line) = read_line(&self.git_dir.join(name))?.filter(|line| line.starts_with(b"refs/")) {
                return Ok(Some(short(&line).to_owned()));
            }
        }
        let start = read_line(&self.git_dir.join("BISECT_START"))?;
        Ok(start.filter(|line| !line.is_empty() && !is_object_id(line)).map(|line| short(&line).to_owned()))
    }

    fn has_branch(&self, branch: &str) -> Result<bool> {
        let reference = format!("refs/heads/{branch}");
        if files::is_file(&self.common_dir.join(&reference)) {
            return Ok(true);
        }
        let packed = self.common_dir.join("packed-refs");
        if !files::exists(&packed) {
            return Ok(false);
        }
        let lines = files::read_limited(&packed, PACKED_REFS_LIMIT)
            .map_err(|error| RepositoryError::unreadable(&packed, &error))?;
        // `<object id> <reference>` a line, with comments (`#`) and peeled tags (`^`) between.
        let named = |line: &[u8]| {
            line.iter().position(|&byte| byte == b' ').is_some_and(|space| &line[space + 1..] == reference.as_bytes())
        };
        Ok(lines.split(|&byte| byte == b'\n').any(named))
    }

    fn garbled_head(&self) -> RepositoryError {
        RepositoryError::damaged(&self.git_dir, "its `HEAD` names neither a branch nor a commit")
    }
}

fn short(reference: &[u8]) -> &[u8] {
    reference.strip_prefix(b"refs/heads/").unwrap_or(reference)
}

/// SHA-1 or SHA-256 in hex.
fn is_object_id(text: &[u8]) -> bool {
    matches!(text.len(), 40 | 64) && text.iter().all(u8::is_ascii_hexdigit)
}
