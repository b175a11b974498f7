//! What can be wrong with a repository, in the words that the user reads.

use std::fmt;
use std::path::Path;

/// Why a repository cannot tell what it is: what is wrong, on which path, and the way out.
#[derive(Debug)]
pub struct RepositoryError {
    message: String,
    hint: &'static str,
}

impl RepositoryError {
    /// How to mend it.
    pub fn hint(&self) -> &str {
        self.hint
    }

    pub(super) fn damaged(path: &Path, what: &str) -> RepositoryError {
        let message = format!("the git repository at {} is damaged: {what}", path.display());
        let hint = "`git status` and `git fsck` there say more; a fresh clone mends it, and so does moving the \
                    `.git` away where it is not meant to be a repository";
        RepositoryError { message, hint }
    }

    pub(super) fn reftable(path: &Path) -> RepositoryError {
        let message = format!(
            "the git repository at {} keeps its branches as a reftable, which gantry cannot read",
            path.display()
        );
        let hint = "`git refs migrate --ref-format=files` converts it; or write `identity: worktree` into gantry.yml, \
                    which needs no branch";
        RepositoryError { message, hint }
    }

    pub(super) fn lost(path: &Path) -> RepositoryError {
        let message = format!("the git directory {} is gone, and a `.git` file still leads there", path.display());
        let hint = "`git worktree repair`, run in the main repository, mends a moved worktree; `git submodule \
                    update --init` a submodule";
        RepositoryError { message, hint }
    }

    pub(super) fn unreadable(path: &Path, error: &dyn fmt::Display) -> RepositoryError {
        let message = format!("{} cannot be read: {error}", path.display());
        RepositoryError { message, hint: "gantry reads it to learn the branch and the remote: see that it can" }
    }
}

impl fmt::Display for RepositoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RepositoryError {}
