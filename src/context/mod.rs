//! Which context a directory belongs to, as its checkout tells it: the only room that knows git2.
//!
//! It reads files and nothing else: it starts no process, runs nothing that a repository configures, writes
//! nothing, and does not know the registry. Whether another checkout holds the same context is decided above.
//!
//! `GIT_DIR` and its kin are not heeded: they are set while git runs a hook, and the answer must be the same there.

mod branch;
mod checkout;
mod failure;
mod gitconfig;
mod name;
mod remote;
mod root;

#[cfg(test)]
mod tests;

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use md5::{Digest, Md5};

use crate::config::{self, Identity};
use crate::model::{Context, ContextHash};
use crate::sys::files;

pub use branch::branch_exists;
pub use failure::RepositoryError;
pub use name::project_name;
pub use remote::is_checkout_of;

use checkout::Checkout;
use remote::RemoteUrl;

/// The context of `directory`, which must exist.
///
/// The same for every directory of a project, through links as well. `inputs` names every file that was decisive,
/// and every place where one would have been.
///
/// # Errors
/// [`RepositoryError`] where the repository is damaged or of a kind that cannot be read;
/// [`config::ConfigError`] where `gantry.yml` is wrong.
pub fn detect(directory: &Path) -> Result<Context> {
    // Read without git as well: a mistake in the file shows wherever it lies.
    let configured = |root: &Path| Ok(config::load_project_config(root)?.identity);
    detect_by(directory, &configured, &mut Vec::new())
}

/// Where git keeps the repository that the directory is a checkout of, which linked worktrees share; `None` outside of
/// git, and where it cannot be read.
pub fn common_dir(directory: &Path) -> Option<PathBuf> {
    let checkout = Checkout::find(directory, &mut Vec::new()).ok()??;
    Some(files::canonicalize(&checkout.common_dir).unwrap_or(checkout.common_dir))
}

/// What the context may be while [`detect`] fails: one for each identity that a broken `gantry.yml` may have meant,
/// none where the repository itself cannot be read. With it the files whose mending may change the answer.
pub fn detect_despite(directory: &Path) -> (Vec<Context>, Vec<PathBuf>) {
    let mut inputs = Vec::new();
    let contexts = [Identity::Branch, Identity::Worktree]
        .into_iter()
        .filter_map(|identity| detect_by(directory, &|_| Ok(identity), &mut inputs).ok())
        .collect();
    (contexts, inputs)
}

fn detect_by(
    directory: &Path,
    identity_of: &dyn Fn(&Path) -> Result<Identity>,
    inputs: &mut Vec<PathBuf>,
) -> Result<Context> {
    let directory =
        files::canonicalize(directory).with_context(|| format!("{} cannot be entered", directory.display()))?;
    let checkout = Checkout::find(&directory, inputs)?;
    let top = checkout.as_ref().map(|checkout| checkout.top.as_path());
    let root = root::find(&directory, top, inputs);
    let identity = identity_of(&root)?;
    let inputs = inputs.clone();
    match checkout {
        None => Ok(outside_git(root, inputs)),
        Some(checkout) => match identity {
            Identity::Branch => by_branch(&checkout, root, inputs),
            Identity::Worktree => Ok(by_worktree(&checkout, root, inputs)),
        },
    }
}

/// The first 12 hex digits of the identity's MD5.
pub fn hash_of(identity: &[u8]) -> ContextHash {
    let digest = Md5::digest(identity);
    ContextHash::from_digits(digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// The identity of a second live checkout of one remote and branch: `<identity>@<root>`.
pub fn sibling_identity(context: &Context) -> Vec<u8> {
    [&context.identity, b"@".as_slice(), context.root.as_os_str().as_bytes()].concat()
}

fn outside_git(root: PathBuf, inputs: Vec<PathBuf>) -> Context {
    let identity = root.as_os_str().as_bytes().to_owned();
    Context { identity, label: directory_name(&root), root, remote: None, branch: None, subdir: None, inputs }
}

fn by_branch(checkout: &Checkout, root: PathBuf, inputs: Vec<PathBuf>) -> Result<Context> {
    let branch = checkout.branch()?;
    let remote = checkout.remote_url(Some(&branch));
    let identity = match &remote {
        Some(remote) => with_subdir([remote.bytes(), b":", &branch].concat(), checkout, &root),
        None => root.as_os_str().as_bytes().to_owned(),
    };
    let branch = String::from_utf8_lossy(&branch).into_owned();
    let label = format!("{}/{branch}", repository_name(remote.as_ref(), checkout));
    Ok(in_checkout(checkout, root, inputs, Keys { identity, label, remote, branch: Some(branch) }))
}

/// The branch is left out altogether: a context that survives a branch switch must not die with a branch.
fn by_worktree(checkout: &Checkout, root: PathBuf, inputs: Vec<PathBuf>) -> Context {
    let remote = checkout.remote_url(None);
    let identity = match &remote {
        Some(remote) => {
            let top = checkout.top.as_os_str().as_bytes();
            with_subdir([remote.bytes(), b"@", top].concat(), checkout, &root)
        }
        None => root.as_os_str().as_bytes().to_owned(),
    };
    let label = format!("{}/{}", repository_name(remote.as_ref(), checkout), directory_name(&checkout.top));
    in_checkout(checkout, root, inputs, Keys { identity, label, remote, branch: None })
}

/// What tells one context of a checkout from another.
struct Keys {
    identity: Vec<u8>,
    label: String,
    remote: Option<RemoteUrl>,
    branch: Option<String>,
}

fn in_checkout(checkout: &Checkout, root: PathBuf, inputs: Vec<PathBuf>, keys: Keys) -> Context {
    let Keys { identity, label, remote, branch } = keys;
    let subdir = checkout.subdir(&root).map(|subdir| subdir.to_string_lossy().into_owned());
    Context { identity, root, label, remote: remote.map(|url| url.to_string()), branch, subdir, inputs }
}

fn with_subdir(identity: Vec<u8>, checkout: &Checkout, root: &Path) -> Vec<u8> {
    match checkout.subdir(root) {
        Some(subdir) => [&identity, b":".as_slice(), subdir.as_os_str().as_bytes()].concat(),
        None => identity,
    }
}

fn repository_name(remote: Option<&RemoteUrl>, checkout: &Checkout) -> String {
    remote.and_then(RemoteUrl::repository_name).unwrap_or_else(|| directory_name(&checkout.top))
}

/// The last component; a filesystem's root has none.
fn directory_name(path: &Path) -> String {
    path.file_name().map_or_else(|| "root".to_owned(), |name| name.to_string_lossy().into_owned())
}
