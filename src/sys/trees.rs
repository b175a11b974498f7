//! Directories that are written whole under a name of their own, and links that say which one counts.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use tempfile::TempDir;

use super::{files, own, witness};

/// A directory for the user alone that goes when this is dropped, unless it was kept.
#[derive(Debug)]
pub struct Unfinished(TempDir);

impl Unfinished {
    /// Makes one in the directory, which is made where there is none.
    ///
    /// # Errors
    /// What the system says.
    pub fn begin_in(directory: &Path) -> io::Result<Unfinished> {
        witness::note_unrepeatable();
        files::make_private_dir(directory)?;
        let private = fs::Permissions::from_mode(0o700);
        tempfile::Builder::new().prefix(own::UNFINISHED).permissions(private).tempdir_in(directory).map(Unfinished)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// It is whole: from now on it goes by this name, and what it holds is on the disk.
    ///
    /// # Errors
    /// What the system says; something else goes by that name.
    pub fn keep_as(self, path: &Path) -> io::Result<()> {
        for entry in fs::read_dir(self.path())? {
            fs::File::open(entry?.path())?.sync_all()?;
        }
        fs::rename(self.path(), path)?;
        // It has another name now, so there is nothing to remove under the old one.
        let _ = self.0.keep();
        fs::File::open(path.parent().unwrap_or(path))?.sync_all()
    }
}

/// Lets the link lead to the target; whoever follows it meanwhile finds the old one or the new one.
///
/// # Errors
/// What the system says; something that is not a link goes by that name.
pub fn point(link: &Path, target: &OsStr) -> io::Result<()> {
    witness::note_unrepeatable();
    let unfinished = Unfinished::begin_in(link.parent().unwrap_or(Path::new(".")))?;
    let new = unfinished.path().join("link");
    symlink(target, &new)?;
    fs::rename(new, link)
}

/// Removes the directory and all that is in it; links are removed, not followed.
///
/// # Errors
/// What the system says.
pub fn remove(path: &Path) -> io::Result<()> {
    files::link_metadata(path)?;
    witness::note_unrepeatable();
    fs::remove_dir_all(path)
}

/// Removes the directory where it is empty; says whether it was.
pub fn remove_empty(path: &Path) -> bool {
    witness::note_unrepeatable();
    fs::remove_dir(path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_one_or_the_other() {
        let directory = tempfile::tempdir().unwrap();
        let place = |name: &str| directory.path().join("all").join(name);
        for name in ["one", "two"] {
            let unfinished = Unfinished::begin_in(&place("")).unwrap();
            fs::write(unfinished.path().join("file"), name).unwrap();
            unfinished.keep_as(&place(name)).unwrap();
            point(&place("current"), name.as_ref()).unwrap();
            assert_eq!(fs::read_to_string(place("current/file")).unwrap(), name);
        }
        assert_eq!(fs::metadata(place("one")).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(place("")).unwrap().count(), 3, "nothing unfinished is left");
        drop(Unfinished::begin_in(&place("")).unwrap());
        assert_eq!(fs::read_dir(place("")).unwrap().count(), 3);
        assert!(!remove_empty(&place("one")) && place("one").exists());
        remove(&place("one")).unwrap();
        assert!(!place("one").exists() && remove(&place("one")).is_err());
    }
}
