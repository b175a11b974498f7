//! Locks between processes: a file that one of them holds at a time, flock(2). The system gives it back when the process
//! ends, however it ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use nix::fcntl::OFlag;

use super::signals::{Interrupts, PACE};
use super::{files, witness};

/// A lock that is held until this is dropped. The file stays: whoever waits has it open.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock, and waits as long as another process (or another `Lock` of this one) holds it; `on_wait` is
    /// called once before that.
    ///
    /// # Errors
    /// `Interrupted` where a signal came while it waited; what the system says; `InvalidInput` where the path is
    /// something else than a file.
    pub fn acquire(path: &Path, on_wait: impl FnOnce(), interrupts: &Interrupts) -> io::Result<Lock> {
        if let Some(lock) = Lock::try_acquire(path)? {
            return Ok(lock);
        }
        on_wait();
        loop {
            if interrupts.wait(PACE).is_some() {
                return Err(io::ErrorKind::Interrupted.into());
            }
            if let Some(lock) = Lock::try_acquire(path)? {
                return Ok(lock);
            }
        }
    }

    /// Takes the lock where nobody holds it.
    ///
    /// # Errors
    /// As [`acquire`](Lock::acquire).
    pub fn try_acquire(path: &Path) -> io::Result<Option<Lock>> {
        witness::note_unrepeatable();
        let file = open(path)?;
        match file.try_lock() {
            // Somebody may have removed the file meanwhile: then the next one to come would lock another.
            Ok(()) => Ok(is_at(&file, path)?.then_some(Lock { file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Writes this into the file, instead of what it holds, for who reads it without taking the lock; for a moment the
    /// file is empty.
    ///
    /// # Errors
    /// What the system says.
    pub fn leave(&self, words: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        (&self.file).write_all(words.as_bytes())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone would leave it to a child that another thread is just starting, until that has its program.
        let _ = self.file.unlock();
    }
}

/// The file, made where there is none, for the user alone; no link is followed.
fn open(path: &Path) -> io::Result<File> {
    if let Some(directory) = path.parent() {
        files::make_private_dir(directory)?;
    }
    // A pipe that nobody writes to would block for ever.
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_NOFOLLOW;
    let file = OpenOptions::new().create(true).append(true).mode(0o600).custom_flags(flags.bits()).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(file)
}

fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let held = file.metadata()?;
    Ok(fs::symlink_metadata(path).is_ok_and(|found| (found.dev(), found.ino()) == (held.dev(), held.ino())))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::process::{Command, Stdio};
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn one_holds_it_at_a_time() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("locks/one.lock");
        let first = Lock::try_acquire(&path).unwrap().unwrap();
        assert!(Lock::try_acquire(&path).unwrap().is_none());
        assert!(Lock::try_acquire(&path.with_file_name("two.lock")).unwrap().is_some());
        drop(first);
        let third = Lock::try_acquire(&path).unwrap().unwrap();
        for words in ["eleven", "12"] {
            third.leave(words).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), words);
        }
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn who_comes_second_waits() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("one.lock");
        let first = Lock::acquire(&path, || panic!("nobody holds it"), &Interrupts::default()).unwrap();
        let (says_waiting, waits) = mpsc::channel();
        let second = thread::spawn({
            let path = path.clone();
            move || Lock::acquire(&path, || says_waiting.send(()).unwrap(), &Interrupts::default())
        });
        waits.recv().unwrap();
        drop(first);
        let second = second.join().unwrap().unwrap();
        let interrupts = Interrupts::default();
        let error = Lock::acquire(&path, || interrupts.pretend(2), &interrupts).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::Interrupted);
        drop(second);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_child_does_not_inherit_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().canonicalize().unwrap().join("one.lock");
        let _lock = Lock::try_acquire(&path).unwrap().unwrap();
        let holds = |pid: u32| {
            let open = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
            open.map(|entry| fs::read_link(entry.path())).any(|place| place.is_ok_and(|place| place == path))
        };
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        assert!(holds(std::process::id()));
        assert!(!holds(child.id()));
        drop(child.stdin.take());
        child.wait().unwrap();
    }

    #[test]
    fn what_is_no_file_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let place = |name: &str| directory.path().join(name);
        nix::unistd::mkfifo(&place("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        std::os::unix::fs::symlink(place("elsewhere"), place("link")).unwrap();
        fs::create_dir(place("directory")).unwrap();
        for name in ["pipe", "link", "directory"] {
            assert!(Lock::try_acquire(&place(name)).is_err(), "{name}");
        }
        assert!(!place("elsewhere").exists());
    }

    #[test]
    fn a_removed_file_locks_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("one.lock");
        let file = open(&path).unwrap();
        assert!(is_at(&file, &path).unwrap());
        fs::remove_file(&path).unwrap();
        assert!(!is_at(&file, &path).unwrap());
        let _other = open(&path).unwrap();
        assert!(!is_at(&file, &path).unwrap());
    }
}
