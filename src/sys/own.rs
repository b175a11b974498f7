//! Files that only the user can have written, and so may be believed without a doubt: no link, nobody else's, and not
//! open to the group or to others.

use std::ffi::OsStr;
use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::fcntl::OFlag;

/// How the name starts of a file that is being written.
pub const UNFINISHED: &str = ".new-";

/// Whether the path is a directory of this user's that nobody else can write into, and no link.
pub fn is_private_dir(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir() && is_own(&found))
}

/// The bytes of a file of this user's that nobody else can write.
///
/// # Errors
/// What the system says; it is not a regular file, larger than `limit` bytes, another user's, a link, or open to others.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_NOFOLLOW;
    let mut file = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() || !is_own(&metadata) || metadata.len() > limit {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    // A file that is replaced by rename never grows: one call reads it.
    let mut bytes = vec![0; usize::try_from(metadata.len()).map_err(io::Error::other)?];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Replaces a file of which losing it costs only time: by rename, without waiting for the disk. A link in its place goes
/// away.
///
/// # Errors
/// What the system says; the old file then stands as it was.
pub fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(directory)?;
    file.write_all(contents)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Makes the directory where there is nothing, readable for the user alone. Its parent must be there.
///
/// # Errors
/// What the system says; something else is there.
pub fn make_dir(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ if is_private_dir(path) => Ok(()),
        _ => Err(io::ErrorKind::PermissionDenied.into()),
    }
}

/// Removes the directory's files that `is_ours` by their name and that were last written before the moment, in seconds
/// since the epoch. What cannot be removed stays.
pub fn remove_older(directory: &Path, moment: i64, is_ours: fn(&OsStr) -> bool) {
    if !is_private_dir(directory) {
        return;
    }
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let is_old = |found: Metadata| found.is_file() && found.mtime() < moment;
        if is_ours(&entry.file_name()) && entry.metadata().is_ok_and(is_old) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn is_own(metadata: &Metadata) -> bool {
    metadata.uid() == nix::unistd::geteuid().as_raw() && metadata.mode() & 0o022 == 0
}
