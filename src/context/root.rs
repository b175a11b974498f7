//! The project's root: the nearest directory upwards that holds a compose file or a `gantry.yml`.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::sys::{files, paths};
use crate::{compose, config};

/// The root of the project that `directory` lies in, not above `top`, the top level of its checkout.
///
/// Without git the search goes on to the home directory, and elsewhere to the filesystem's root, as Compose's own
/// does; without any find, the root is the checkout's top level, or `directory` itself.
pub(super) fn find(directory: &Path, top: Option<&Path>, inputs: &mut Vec<PathBuf>) -> PathBuf {
    // Within a checkout nobody asks for it, and finding it out may take a child process.
    let home = || paths::home_dir().and_then(|home| Ok(files::canonicalize(&home)?)).ok();
    let home = if top.is_none() { home() } else { None };
    find_below(directory, top, home.as_deref(), inputs)
}

/// `directory` and the directories above it, as far as they lie on one filesystem: git's own limit, which keeps
/// a project from being found across a mount.
pub(super) fn upwards(directory: &Path) -> impl Iterator<Item = &Path> {
    let device = |path: &Path| files::metadata(path).ok().map(|metadata| metadata.dev());
    let own = device(directory);
    directory.ancestors().take_while(move |ancestor| device(ancestor) == own)
}

fn find_below(directory: &Path, top: Option<&Path>, home: Option<&Path>, inputs: &mut Vec<PathBuf>) -> PathBuf {
    let last = top.or(home);
    for candidate in upwards(directory) {
        if top.is_none() && candidate != directory && is_open_to_strangers(candidate) {
            break;
        }
        let places = compose::FILE_NAMES.into_iter().chain([config::FILE_NAME]).map(|name| candidate.join(name));
        let first_new = inputs.len();
        inputs.extend(places);
        // A dangling link counts: that the file is missing is for its reader to say.
        if inputs[first_new..].iter().any(|place| files::link_metadata(place).is_ok()) {
            return candidate.to_owned();
        }
        if Some(candidate) == last {
            break;
        }
    }
    top.unwrap_or(directory).to_owned()
}

/// `/tmp` and its like: a compose file that anyone may have put there does not make a project of what lies below.
fn is_open_to_strangers(directory: &Path) -> bool {
    files::metadata(directory).is_ok_and(|metadata| metadata.permissions().mode() & 0o1002 == 0o1002)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the tests make the files that are found")]
mod tests {
    use super::*;
    use std::fs;

    /// `files` lie in a directory of their own; the search starts at `start` and may know a `top` and a `home`.
    #[track_caller]
    fn check(files: &[&str], start: &str, top: Option<&str>, home: Option<&str>, expected: &str) {
        let directory = tempfile::tempdir().expect("a directory");
        let base = directory.path().canonicalize().expect("its real path");
        for file in files.iter().copied().chain([&*format!("{start}/.keep")]) {
            let file = base.join(file);
            fs::create_dir_all(file.parent().expect("a parent")).expect("made");
            fs::write(file, "").expect("written");
        }
        let at = |path: Option<&str>| path.map(|path| base.join(path));
        let mut inputs = Vec::new();
        let found = find_below(&base.join(start), at(top).as_deref(), at(home).as_deref(), &mut inputs);
        assert_eq!(found, base.join(expected), "{files:?} from {start}");
        assert!(inputs.contains(&found.join("gantry.yml")), "the root's own places are inputs");
    }

    #[test]
    fn the_nearest_directory_that_holds_one() {
        for name in ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml", "gantry.yml"] {
            let file = format!("a/b/{name}");
            check(&[&file], "a/b/c/d", Some("a"), None, "a/b");
            check(&[&file], "a/b/c/d", None, None, "a/b");
            check(&[&file, "a/compose.yaml"], "a/b", Some("a"), None, "a/b");
        }
        check(&["a/compose.override.yaml"], "a/b", None, None, "a/b");
    }

    #[test]
    fn never_above_the_top_level_or_the_home_directory() {
        check(&["compose.yaml"], "a/b", Some("a"), None, "a");
        check(&["compose.yaml"], "a/b", None, Some("a"), "a/b");
        check(&["a/compose.yaml"], "a/b", None, Some("a"), "a");
        check(&[], "a/b", Some("a"), Some("a/b"), "a");
    }

    #[test]
    fn a_file_in_a_directory_open_to_all_catches_nobody_else() {
        let directory = tempfile::tempdir().expect("a directory");
        let (open, mine) = (directory.path(), directory.path().join("mine"));
        fs::create_dir(&mine).expect("made");
        fs::write(open.join("compose.yaml"), "").expect("written");
        assert_eq!(find_below(&mine, None, None, &mut Vec::new()), open);
        fs::set_permissions(open, fs::Permissions::from_mode(0o1777)).expect("opened");
        assert_eq!(find_below(&mine, None, None, &mut Vec::new()), mine);
        assert_eq!(find_below(open, None, None, &mut Vec::new()), open);
    }
}
