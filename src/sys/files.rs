//! Reading files that a stranger may have left, and replacing files so that a reader never sees half of one.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use nix::fcntl::OFlag;

/// The file's bytes.
///
/// # Errors
/// What the system says; `InvalidInput` for anything that is not a regular file (a pipe would block for ever);
/// `FileTooLarge` above `limit` bytes.
pub fn read_limited(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = OpenOptions::new().read(true).custom_flags((OFlag::O_NONBLOCK | OFlag::O_NOCTTY).bits()).open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(limit)).unwrap_or(0));
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {limit} bytes")));
    }
    Ok(bytes)
}

/// Replaces `path` by write, fsync, rename, keeping its permissions; a new file gets `mode`.
/// A link is followed, so that a linked dotfile stays a link.
///
/// # Errors
/// What the system says; the old file then stands as it was.
pub fn replace(path: &Path, contents: &[u8], mode: u32) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| match fs::read_link(path) {
        // The link's file is not there yet.
        Ok(target) => path.parent().unwrap_or(Path::new(".")).join(target),
        Err(_) => path.to_owned(),
    });
    let mode = fs::metadata(&path).map_or(mode, |metadata| metadata.permissions().mode());
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".gantry-").tempfile_in(directory)?;
    file.write_all(contents)?;
    file.as_file().set_permissions(fs::Permissions::from_mode(mode & 0o7777))?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    fs::File::open(directory)?.sync_all()
}

/// Removes the file.
///
/// # Errors
/// What the system says.
pub fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}

/// What changes when the file does: its device, inode, size and time of change. `None` where it cannot be told.
pub fn stamp(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    let (device, inode, size) = (metadata.dev(), metadata.ino(), metadata.size());
    Some(format!("{device}:{inode}:{size}:{}.{:09}", metadata.ctime(), metadata.ctime_nsec()))
}

/// Makes the directory and its parents, readable for the user alone; one that exists stays as it is.
///
/// # Errors
/// What the system says.
pub fn make_private_dir(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes the directory and its parents with the user's own mask.
///
/// # Errors
/// What the system says.
pub fn make_dir(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Makes an empty file that only the user may read, or takes such rights from others where it exists.
///
/// # Errors
/// What the system says; something that is not a regular file.
pub fn make_private_file(path: &Path) -> io::Result<()> {
    // Asked before it is opened: a pipe that nobody reads would block for ever.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(mode & 0o700))?;
    }
    Ok(())
}
