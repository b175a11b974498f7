//! What tells a file from what it was before.
//!
//! A stamp holds everything that the kernel changes along with a file's contents, the time of change (`ctime`) among it,
//! which no program can set: `touch -d` and a restored modification time do not hide an edit. Of a directory it holds
//! only which one it is, since its times change with every file that comes and goes in it.

use std::fs::{self, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::OFlag;

/// Nanoseconds for which a file must have stood unchanged before its stamp is believed. A change is stamped with the
/// kernel's coarse clock, which lags by up to one tick (10 ms at 100 Hz): two changes within a tick look alike.
const TICK: i128 = 20_000_000;

/// The same where the file system keeps whole seconds (FAT: every second one).
const COARSE_TICK: i128 = 2_000_000_000;

const NANOSECONDS: i128 = 1_000_000_000;

/// One file or directory, as stat(2) tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    mode: u32,
    owner: u32,
    group: u32,
    /// Bytes, and nanoseconds since the epoch; of a directory all 0.
    size: u64,
    modified: i128,
    changed: i128,
}

/// What is found under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing, and the system's number for why.
    Nothing(i32),
    Found(Stamp),
    /// A link, and what it leads to.
    Link(Stamp, Result<Stamp, i32>),
}

/// A database that counts its own changes: its stamp beside the count tells it from a copy put in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter(Result<(Stamp, [u8; 10]), i32>);

impl Stamp {
    pub fn of(metadata: &Metadata) -> Stamp {
        let time = |seconds: i64, rest: i64| i128::from(seconds) * NANOSECONDS + i128::from(rest);
        let (size, modified, changed) = if metadata.is_dir() {
            (0, 0, 0)
        } else {
            let modified = time(metadata.mtime(), metadata.mtime_nsec());
            (metadata.len(), modified, time(metadata.ctime(), metadata.ctime_nsec()))
        };
        Stamp {
            device: metadata.dev(),
            inode: metadata.ino(),
            mode: metadata.mode(),
            owner: metadata.uid(),
            group: metadata.gid(),
            size,
            modified,
            changed,
        }
    }

    /// The same bytes for the same stamp.
    pub fn to_bytes(&self) -> [u8; 68] {
        let mut bytes = [0; 68];
        bytes[..8].copy_from_slice(&self.device.to_ne_bytes());
        bytes[8..16].copy_from_slice(&self.inode.to_ne_bytes());
        bytes[16..20].copy_from_slice(&self.mode.to_ne_bytes());
        bytes[20..24].copy_from_slice(&self.owner.to_ne_bytes());
        bytes[24..28].copy_from_slice(&self.group.to_ne_bytes());
        bytes[28..36].copy_from_slice(&self.size.to_ne_bytes());
        bytes[36..52].copy_from_slice(&self.modified.to_ne_bytes());
        bytes[52..].copy_from_slice(&self.changed.to_ne_bytes());
        bytes
    }

    fn is_settled_at(&self, moment: i128) -> bool {
        let tick = if self.changed % NANOSECONDS == 0 { COARSE_TICK } else { TICK };
        self.changed == 0 || self.changed + tick < moment
    }
}

impl Look {
    pub fn at(path: &Path) -> Look {
        Look::of(&fs::symlink_metadata(path), || fs::metadata(path))
    }

    /// `target` is asked only where there is a link.
    pub(super) fn of(found: &io::Result<Metadata>, target: impl FnOnce() -> io::Result<Metadata>) -> Look {
        match found {
            Ok(metadata) if metadata.is_symlink() => {
                let target = target().map(|target| Stamp::of(&target)).map_err(|error| number(&error));
                Look::Link(Stamp::of(metadata), target)
            }
            Ok(metadata) => Look::Found(Stamp::of(metadata)),
            Err(error) => Look::Nothing(number(error)),
        }
    }

    /// Whether a change after this moment (nanoseconds since the epoch) would leave another stamp.
    pub(super) fn is_settled_at(&self, moment: i128) -> bool {
        match self {
            Look::Nothing(_) => true,
            Look::Found(stamp) | Look::Link(stamp, Err(_)) => stamp.is_settled_at(moment),
            Look::Link(link, Ok(target)) => link.is_settled_at(moment) && target.is_settled_at(moment),
        }
    }

    /// The same bytes for the same look.
    pub fn write_to(&self, bytes: &mut Vec<u8>) {
        match self {
            Look::Nothing(error) => bytes.extend(error.to_ne_bytes()),
            Look::Found(stamp) => bytes.extend(stamp.to_bytes()),
            Look::Link(link, target) => {
                bytes.extend(link.to_bytes());
                match target {
                    Ok(target) => bytes.extend(target.to_bytes()),
                    Err(error) => bytes.extend(error.to_ne_bytes()),
                }
            }
        }
    }
}

impl Counter {
    /// From here on SQLite's file format ("The Database Header", 1.3) has the format's versions for writing and for
    /// reading, a byte each, and after four more bytes the change counter, in four.
    const OFFSET: u64 = 18;

    /// The version of a database with a write-ahead log, into which changes go without being counted.
    const WAL: u8 = 2;

    pub fn of(path: &Path) -> Counter {
        Counter(Counter::read(path).map_err(|error| number(&error)))
    }

    /// Whether every change is counted.
    pub fn is_reliable(&self) -> bool {
        self.0
            .as_ref()
            .map_or_else(|&error| error == Errno::ENOENT as i32, |(_, header)| header[..2] != [Counter::WAL; 2])
    }

    /// The same bytes for the same count.
    pub fn write_to(&self, bytes: &mut Vec<u8>) {
        match &self.0 {
            Ok((stamp, count)) => {
                bytes.extend(stamp.to_bytes());
                bytes.extend(count);
            }
            Err(error) => bytes.extend(error.to_ne_bytes()),
        }
    }

    fn read(path: &Path) -> io::Result<(Stamp, [u8; 10])> {
        // A pipe that nobody writes to would block for ever.
        let file = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?;
        let stamp = Stamp::of(&file.metadata()?);
        let mut count = [0; 10];
        // One that was made and not yet written has no header.
        match file.read_exact_at(&mut count, Counter::OFFSET) {
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
            _ => Ok((stamp, count)),
        }
    }
}

fn number(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATE: i128 = 1_000 * NANOSECONDS;

    fn stamp(changed: i128) -> Stamp {
        Stamp { device: 1, inode: 2, mode: 3, owner: 4, group: 5, size: 6, modified: 7, changed }
    }

    #[test]
    fn a_stamp_is_believed_when_the_clock_has_ticked() {
        #[track_caller]
        fn check(changed: i128, expected: bool) {
            assert_eq!(Look::Found(stamp(changed)).is_settled_at(LATE), expected, "{changed}");
        }
        check(LATE - TICK - 1, true);
        check(LATE - TICK, false);
        check(LATE - 1, false);
        // The clock was set back, or another machine's runs ahead.
        check(LATE + 1, false);
        check(LATE + 1_000 * NANOSECONDS, false);
        // A file system that keeps whole seconds.
        check(LATE - NANOSECONDS, false);
        check(LATE - 3 * NANOSECONDS, true);
        // A directory's times do not count.
        check(0, true);
    }

    #[test]
    fn a_link_is_as_settled_as_what_it_leads_to() {
        let (old, new) = (stamp(1), stamp(LATE - 1));
        assert!(Look::Link(old.clone(), Ok(old.clone())).is_settled_at(LATE));
        assert!(Look::Link(old.clone(), Err(2)).is_settled_at(LATE));
        assert!(!Look::Link(old.clone(), Ok(new.clone())).is_settled_at(LATE));
        assert!(!Look::Link(new, Ok(old)).is_settled_at(LATE));
        assert!(Look::Nothing(2).is_settled_at(LATE));
    }

    #[test]
    fn every_difference_is_in_the_bytes() {
        let base = stamp(8);
        let others = [
            Stamp { device: 0, ..base.clone() },
            Stamp { inode: 0, ..base.clone() },
            Stamp { mode: 0, ..base.clone() },
            Stamp { owner: 0, ..base.clone() },
            Stamp { group: 0, ..base.clone() },
            Stamp { size: 0, ..base.clone() },
            Stamp { modified: 0, ..base.clone() },
            Stamp { changed: 0, ..base.clone() },
        ];
        let bytes = |look: &Look| {
            let mut bytes = Vec::new();
            look.write_to(&mut bytes);
            bytes
        };
        let mut looks: Vec<Look> = others.into_iter().chain([base.clone()]).map(Look::Found).collect();
        looks.extend([
            Look::Nothing(2),
            Look::Nothing(13),
            Look::Link(base.clone(), Err(2)),
            Look::Link(base, Err(13)),
        ]);
        let mut all: Vec<Vec<u8>> = looks.iter().map(bytes).collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), looks.len());
    }
}
