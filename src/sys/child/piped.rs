//! Children whose output is read side by side, in pieces as it comes.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::{LAST_GRACE, Status, Stream};
use crate::sys::signals::PACE;
use crate::sys::witness;

/// How often both pipes are read in a row at most, while there is more in them.
const ROUNDS: usize = 4;

/// A child that has been started. It is killed and waited for when this is dropped.
#[derive(Debug)]
pub struct Piped {
    child: Child,
    pipes: Vec<(Stream, File)>,
}

impl Piped {
    /// Starts the program, with nothing to read.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(program: &Path, args: &[&str]) -> io::Result<Piped> {
        witness::note_unrepeatable();
        let mut child = Command::new(program)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().map(|pipe| (Stream::Stdout, File::from(OwnedFd::from(pipe))));
        let stderr = child.stderr.take().map(|pipe| (Stream::Stderr, File::from(OwnedFd::from(pipe))));
        Ok(Piped { child, pipes: stdout.into_iter().chain(stderr).collect() })
    }

    /// Whether more may come.
    pub fn is_open(&self) -> bool {
        !self.pipes.is_empty()
    }

    /// Hands on what has been written by now, and waits for nothing. What the child wrote to one stream before it wrote
    /// to the other comes in the same call at the latest, as long as it writes no faster than this reads.
    ///
    /// # Errors
    /// What the system says.
    pub fn read(&mut self, on_bytes: &mut dyn FnMut(Stream, &[u8])) -> io::Result<()> {
        for _ in 0..ROUNDS {
            let mut count = 0;
            for index in (0..self.pipes.len()).rev() {
                count += self.read_pipe(index, on_bytes)?;
            }
            if count == 0 {
                break;
            }
        }
        Ok(())
    }

    /// How the child ended, after it closed its output; one that goes on without is killed.
    ///
    /// # Errors
    /// What the system says.
    pub fn finish(mut self) -> io::Result<Status> {
        let began = Instant::now();
        while began.elapsed() < LAST_GRACE {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Status::of(status));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        self.child.kill()?;
        self.child.wait().map(Status::of)
    }

    fn read_pipe(&mut self, index: usize, on_bytes: &mut dyn FnMut(Stream, &[u8])) -> io::Result<usize> {
        let (stream, file) = &mut self.pipes[index];
        if !is_ready(&[file.as_fd()], PollFlags::POLLIN, Duration::ZERO)? {
            return Ok(0);
        }
        let mut buffer = [0; 64 * 1024];
        match file.read(&mut buffer) {
            Ok(0) => {
                self.pipes.remove(index);
                Ok(0)
            }
            Ok(count) => {
                on_bytes(*stream, &buffer[..count]);
                Ok(count)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        // After `finish` both do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until one of the children has written or closed something, but no longer than [`PACE`].
///
/// # Errors
/// What the system says.
pub fn await_any<'a>(children: impl Iterator<Item = &'a Piped>) -> io::Result<()> {
    let pipes: Vec<BorrowedFd<'_>> = children.flat_map(|it| it.pipes.iter().map(|(_, file)| file.as_fd())).collect();
    is_ready(&pipes, PollFlags::POLLIN, PACE).map(drop)
}

/// Whether a pipe that this process writes to has nobody left who reads it.
pub fn is_forsaken(output: &impl AsFd) -> bool {
    // Nothing is asked for: the system tells of errors in any case.
    is_ready(&[output.as_fd()], PollFlags::empty(), Duration::ZERO).unwrap_or(false)
}

fn is_ready(files: &[BorrowedFd<'_>], flags: PollFlags, wait: Duration) -> io::Result<bool> {
    let mut asked: Vec<PollFd> = files.iter().map(|file| PollFd::new(*file, flags)).collect();
    match poll(&mut asked, PollTimeout::try_from(wait).unwrap_or(PollTimeout::ZERO)) {
        Ok(count) => Ok(count > 0),
        Err(Errno::EINTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use nix::sys::signal::kill;
    use nix::unistd::Pid;

    use super::*;

    fn start(script: &str) -> Piped {
        Piped::start(Path::new("/bin/sh"), &["-c", script]).unwrap()
    }

    #[test]
    fn all_that_is_written_comes_and_then_the_end() {
        let mut children = [start("seq 100000; seq 5 >&2; exit 3"), start("exec >&- 2>&-; exit 4"), start("echo x")];
        let mut read = [0; 3];
        while children.iter().any(Piped::is_open) {
            await_any(children.iter()).unwrap();
            for (child, read) in children.iter_mut().zip(&mut read) {
                child.read(&mut |_, bytes| *read += bytes.len()).unwrap();
            }
        }
        assert_eq!(read, [588_895 + 10, 0, 2]);
        assert_eq!(children.map(|child| child.finish().unwrap()), [3, 4, 0].map(Status::Code));
    }

    #[test]
    fn one_that_is_dropped_has_ended() {
        let child = start("exec sleep 60");
        let id = Pid::from_raw(child.child.id().try_into().unwrap());
        assert!(kill(id, None).is_ok());
        drop(child);
        assert!(kill(id, None).is_err());
    }

    #[test]
    fn a_pipe_without_a_reader_is_forsaken() {
        let (reader, writer) = io::pipe().unwrap();
        assert!(!is_forsaken(&writer));
        drop(reader);
        assert!(is_forsaken(&writer));
        assert!(!is_forsaken(&File::open("/dev/null").unwrap()));
    }
}
