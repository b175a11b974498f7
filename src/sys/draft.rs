//! A file that somebody asked for by name, written from its beginning to its end.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{files, witness};

/// A file that is being written.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    replaces: bool,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// Lies beside the file, and becomes it when it is whole; without that it goes.
    Beside(BufWriter<NamedTempFile>),
    /// Is the file.
    Open(File),
}

impl Draft {
    /// Begins the file at `path`; one that is there stays unless this `replaces` it. It can be read under its name once
    /// it is whole or, where it `grows`, from now on. A pipe or a device is written to as it is.
    ///
    /// # Errors
    /// What the system says; `AlreadyExists`.
    pub fn begin(path: &Path, replaces: bool, grows: bool) -> io::Result<Draft> {
        witness::note_unrepeatable();
        let found = files::metadata(path).ok();
        if found.is_some() && !replaces {
            return Err(ErrorKind::AlreadyExists.into());
        }
        // So that a link to a file stays one.
        let path = found.as_ref().and_then(|_| path.canonicalize().ok()).unwrap_or_else(|| path.to_owned());
        let kind = if grows || found.as_ref().is_some_and(|found| !found.is_file()) {
            let mut options = OpenOptions::new();
            options.write(true).truncate(replaces).create(replaces).create_new(!replaces);
            Kind::Open(options.open(&path)?)
        } else {
            let directory = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let permissions = found.map_or_else(|| Permissions::from_mode(0o666), |found| found.permissions());
            let mut builder = tempfile::Builder::new();
            let builder = builder.prefix(".gantry-").permissions(permissions);
            Kind::Beside(BufWriter::new(builder.tempfile_in(directory)?))
        };
        Ok(Draft { path, replaces, kind })
    }

    /// The file is whole.
    ///
    /// # Errors
    /// What the system says; `AlreadyExists` where somebody else has made one of that name meanwhile.
    pub fn finish(self) -> io::Result<()> {
        let Kind::Beside(file) = self.kind else { return Ok(()) };
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        let persisted = if self.replaces { file.persist(&self.path) } else { file.persist_noclobber(&self.path) };
        persisted.map(drop).map_err(|error| error.error)
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.kind {
            Kind::Beside(file) => file.write(bytes),
            Kind::Open(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.kind {
            Kind::Beside(file) => file.flush(),
            Kind::Open(file) => file.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_there_when_it_is_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lines");
        let names = || fs::read_dir(directory.path()).unwrap().count();
        let mut draft = Draft::begin(&path, false, false).unwrap();
        draft.write_all(b"new").unwrap();
        assert!(!path.exists());
        drop(draft);
        assert_eq!(names(), 0, "nothing is left of half a file");
        let mut draft = Draft::begin(&path, false, false).unwrap();
        draft.write_all(b"new").unwrap();
        draft.finish().unwrap();
        assert_eq!((fs::read(&path).unwrap(), names()), (b"new".to_vec(), 1));
        for grows in [false, true] {
            assert_eq!(Draft::begin(&path, false, grows).unwrap_err().kind(), ErrorKind::AlreadyExists);
        }
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let mut draft = Draft::begin(&link, true, false).unwrap();
        draft.write_all(b"newer").unwrap();
        draft.finish().unwrap();
        assert!(link.is_symlink() && fs::read(&path).unwrap() == b"newer");
        let mut draft = Draft::begin(&path, true, true).unwrap();
        draft.write_all(b"grows").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"grows");
    }

    #[test]
    fn a_device_is_written_to() {
        let mut draft = Draft::begin(Path::new("/dev/full"), true, false).unwrap();
        assert_eq!(draft.write(b"x").unwrap_err().kind(), ErrorKind::StorageFull);
    }
}
