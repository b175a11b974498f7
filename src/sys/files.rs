//! Reading files that a stranger may have left, and replacing files so that a reader never sees half of one.

use std::ffi::OsString;
use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;

use super::stamp::{Counter, Look, Stamp};
use super::witness;

/// What stat(2) says of the place, links followed.
///
/// # Errors
/// What the system says.
pub fn metadata(path: &Path) -> io::Result<Metadata> {
    let found = link_metadata(path)?;
    if found.is_symlink() { fs::metadata(path) } else { Ok(found) }
}

/// What lstat(2) says of the place, a link taken as it is.
///
/// # Errors
/// What the system says.
pub fn link_metadata(path: &Path) -> io::Result<Metadata> {
    let found = fs::symlink_metadata(path);
    if witness::is_listening() {
        witness::note_place(path, &Look::of(&found, || fs::metadata(path)));
    }
    found
}

/// Whether something is there, links followed; `false` also where that cannot be told.
pub fn exists(path: &Path) -> bool {
    metadata(path).is_ok()
}

/// Whether something is there, links followed.
///
/// # Errors
/// It cannot be told.
pub fn try_exists(path: &Path) -> io::Result<bool> {
    match metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether a regular file is there, links followed.
pub fn is_file(path: &Path) -> bool {
    metadata(path).is_ok_and(|found| found.is_file())
}

/// Whether a directory is there, links followed.
pub fn is_dir(path: &Path) -> bool {
    metadata(path).is_ok_and(|found| found.is_dir())
}

/// Whether a link is there, dangling or not.
pub fn is_link(path: &Path) -> bool {
    link_metadata(path).is_ok_and(|found| found.is_symlink())
}

/// The path without links. That it leads to the same directory later is what a witness notes of it.
///
/// # Errors
/// What the system says.
pub fn canonicalize(path: &Path) -> io::Result<PathBuf> {
    let is_there = link_metadata(path).is_ok();
    fs::canonicalize(path).inspect_err(|_| note_passing(is_there))
}

/// What the link says.
///
/// # Errors
/// What the system says; it is not a link.
pub fn read_link(path: &Path) -> io::Result<PathBuf> {
    let is_link = is_link(path);
    fs::read_link(path).inspect_err(|_| note_passing(is_link))
}

/// The names in the directory.
///
/// # Errors
/// What the system says.
pub fn names_in(path: &Path) -> io::Result<Vec<OsString>> {
    // No stamp tells what a directory holds.
    witness::note_unrepeatable();
    fs::read_dir(path)?.map(|entry| Ok(entry?.file_name())).collect()
}

/// Whether the database is there. That it has the same contents is what its own count of changes says (four bytes at
/// offset 24 of SQLite's file format), which two commits within a tick of the clock leave different too.
///
/// Not to be asked while this process has the database locked: closing it gives POSIX locks back.
///
/// # Errors
/// It cannot be told.
pub fn database_exists(path: &Path) -> io::Result<bool> {
    if witness::is_listening() {
        witness::note_counter(path, &Counter::of(path));
    }
    path.try_exists()
}

/// The file's bytes.
///
/// # Errors
/// What the system says; `InvalidInput` for anything that is not a regular file (a pipe would block for ever);
/// `FileTooLarge` above `limit` bytes.
pub fn read_limited(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let is_there = witness::is_listening() && metadata(path).is_ok();
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path);
    let file = file.inspect_err(|_| note_passing(is_there))?;
    let metadata = file.metadata().inspect_err(|_| note_passing(true))?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(limit)).unwrap_or(0));
    file.take(limit + 1).read_to_end(&mut bytes).inspect_err(|_| note_passing(true))?;
    // What the kernel makes up while it is read (/proc) has no stamp.
    if bytes.len() as u64 != metadata.len() {
        witness::note_unrepeatable();
    }
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {limit} bytes")));
    }
    Ok(bytes)
}

/// What is there and cannot be read may be readable the next time without leaving a trace in its stamp: a disk that
/// stumbles, too many open files, a group that the user has joined.
fn note_passing(is_there: bool) {
    if is_there {
        witness::note_unrepeatable();
    }
}

/// Replaces `path` by write, fsync, rename, keeping its permissions; a new file gets `mode`.
/// A link is followed, so that a linked dotfile stays a link.
///
/// # Errors
/// What the system says; the old file then stands as it was.
pub fn replace(path: &Path, contents: &[u8], mode: u32) -> io::Result<()> {
    witness::note_unrepeatable();
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
    // Asked first: on a read-only file system, removing what is not there is an error of another kind.
    link_metadata(path)?;
    witness::note_unrepeatable();
    fs::remove_file(path)
}

/// Removes the directory, which must be empty.
///
/// # Errors
/// What the system says.
pub fn remove_dir(path: &Path) -> io::Result<()> {
    witness::note_unrepeatable();
    fs::remove_dir(path)
}

/// Gives the file another name, in the place of what goes by that one.
///
/// # Errors
/// What the system says.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    witness::note_unrepeatable();
    fs::rename(from, to)
}

/// Whether the regular file can be written by this user.
pub fn is_writable(path: &Path) -> bool {
    is_file(path) && OpenOptions::new().append(true).open(path).is_ok()
}

/// Whether somebody else than its owner has any right to it.
pub fn is_open_to_others(path: &Path) -> bool {
    metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

/// Takes every right to it from everybody but its owner; what is not there stays so.
///
/// # Errors
/// What the system says.
pub fn close_to_others(path: &Path) -> io::Result<()> {
    if !is_open_to_others(path) {
        return Ok(());
    }
    witness::note_unrepeatable();
    let mode = fs::metadata(path)?.permissions().mode();
    fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o700))
}

/// Whether it is a Unix socket.
pub fn is_socket(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.file_type().is_socket()
}

/// What changes when the file does, links followed, as text. `None` where it cannot be told.
pub fn stamp(path: &Path) -> Option<String> {
    let stamp = Stamp::of(&metadata(path).ok()?);
    Some(stamp.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect())
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
