//! Which project a context is another one of.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::registry::ContextRow;

/// A repository, and the directory of a nested project in it.
pub(super) type Repository = (Home, Option<String>);

/// What tells a repository from others: its remote, and where it has none, where git keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Home {
    Remote(String),
    Directory(PathBuf),
}

/// Where git keeps what directories are checkouts of, each looked up once: a table has many contexts and few directories,
/// and each look reads the repository's files.
pub(super) struct Repositories<'a> {
    look: &'a dyn Fn(&Path) -> Option<PathBuf>,
    known: RefCell<BTreeMap<PathBuf, Option<PathBuf>>>,
}

/// A project, as far as contexts are its own.
#[derive(Debug)]
pub(super) struct Claimant<'a> {
    pub(super) project_id: i64,
    pub(super) directory: &'a Path,
    /// What its other contexts share.
    pub(super) repository: Option<&'a Repository>,
}

impl<'a> Repositories<'a> {
    pub(super) fn new(look: &'a dyn Fn(&Path) -> Option<PathBuf>) -> Repositories<'a> {
        Repositories { look, known: RefCell::default() }
    }

    /// `None` where there is no remote and no git.
    pub(super) fn find(&self, remote: Option<&str>, subdir: Option<&str>, path: &Path) -> Option<Repository> {
        let home = match remote {
            Some(remote) => Home::Remote(remote.to_owned()),
            None => Home::Directory(self.clone_of(path)?),
        };
        Some((home, subdir.map(str::to_owned)))
    }

    /// Where git keeps what the directory is a checkout of.
    fn clone_of(&self, path: &Path) -> Option<PathBuf> {
        self.known.borrow_mut().entry(path.to_owned()).or_insert_with(|| (self.look)(path)).clone()
    }
}

/// The project in whose directory the context is, else of those of its repository the one whose directory is a checkout of
/// the same clone, else the first that was registered.
pub(super) fn owner_of(
    context: &ContextRow,
    claimants: &[Claimant<'_>],
    repositories: &Repositories<'_>,
) -> Option<i64> {
    if let Some(claimant) = claimants.iter().find(|claimant| claimant.directory == context.path) {
        return Some(claimant.project_id);
    }
    let repository = repositories.find(context.remote.as_deref(), context.subdir.as_deref(), &context.path)?;
    let sharers = || claimants.iter().filter(|claimant| claimant.repository == Some(&repository));
    let first = || sharers().map(|claimant| claimant.project_id).min();
    if sharers().nth(1).is_none() {
        return first();
    }
    let clone = repositories.clone_of(&context.path);
    let is_of_clone = |claimant: &&Claimant<'_>| clone.is_some() && repositories.clone_of(claimant.directory) == clone;
    sharers().filter(is_of_clone).map(|claimant| claimant.project_id).min().or_else(first)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::model::ContextHash;

    fn context(id: i64, path: &str, remote: Option<&str>) -> ContextRow {
        ContextRow {
            id,
            hash: ContextHash::from_digits("abcdef012345"),
            identity: Vec::new(),
            path: path.into(),
            label: String::new(),
            remote: remote.map(str::to_owned),
            branch: None,
            subdir: None,
            project_name: String::new(),
            used_at: 0,
        }
    }

    #[test]
    fn a_worktree_is_of_its_own_clone() {
        // `/one` and `/two` are clones of one remote, with worktrees in there.
        let look = |path: &Path| path.ancestors().nth(path.components().count() - 2).map(|top| top.join(".git"));
        let repositories = Repositories::new(&look);
        let shop = (Home::Remote("r".to_owned()), None);
        let claimant = |project_id, directory: &'static str| Claimant {
            project_id,
            directory: Path::new(directory),
            repository: Some(&shop),
        };
        let claimants = [claimant(9, "/one"), claimant(4, "/two")];
        let owner = |path: &str| owner_of(&context(1, path, Some("r")), &claimants, &repositories);
        assert_eq!((owner("/one/wt"), owner("/two/wt"), owner("/three/wt")), (Some(9), Some(4), Some(4)));
    }

    #[test]
    fn each_directory_is_looked_up_once() {
        let looks = Cell::new(0);
        let look = |path: &Path| {
            looks.set(looks.get() + 1);
            path.parent().map(|parent| parent.join(".git"))
        };
        let repositories = Repositories::new(&look);
        let (remote, local) = ("git@example.com:shop.git", Home::Directory("/src/.git".into()));
        let (shop, api) = ((Home::Remote(remote.to_owned()), None), (local, None));
        let claimants = [
            Claimant { project_id: 3, directory: Path::new("/shop"), repository: Some(&shop) },
            Claimant { project_id: 1, directory: Path::new("/src/api"), repository: Some(&api) },
            Claimant { project_id: 2, directory: Path::new("/src/two"), repository: Some(&api) },
        ];
        let check = |path: &str, remote: Option<&str>, expected: Option<i64>| {
            let found: Vec<_> =
                (0..4).map(|id| owner_of(&context(id, path, remote), &claimants, &repositories)).collect();
            assert_eq!(found, [expected; 4], "{path}");
        };
        check("/shop-x", Some(remote), Some(3));
        check("/src/two", None, Some(2));
        assert_eq!(looks.get(), 0);
        check("/src/x", None, Some(1));
        check("/elsewhere/x", None, None);
        assert_eq!(looks.get(), 4, "two contexts, and the two that could have the first of them");
    }
}
