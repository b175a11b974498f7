//! What a child writes, read as it comes and handed on line by line.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::process::Child;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::lines::Lines;

/// How long a pipe is listened to after the child's end: what runs on in the background may keep it open for ever.
const LINGER: Duration = Duration::from_millis(200);

/// Bytes that are read after the child's end at most: as much as Linux lets a pipe hold.
pub(super) const PIPE: usize = 1024 * 1024;

/// Where a line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// The pipes that are still open.
#[derive(Debug)]
pub(super) struct Pipes(Vec<Pipe>);

#[derive(Debug)]
struct Pipe {
    stream: Stream,
    file: File,
    lines: Lines,
}

impl Pipes {
    /// Takes those that the child has.
    pub(super) fn of(child: &mut Child) -> Pipes {
        let stdout = child.stdout.take().map(|pipe| Pipe::new(Stream::Stdout, pipe.into()));
        let stderr = child.stderr.take().map(|pipe| Pipe::new(Stream::Stderr, pipe.into()));
        Pipes(stdout.into_iter().chain(stderr).collect())
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Reads what is there, after waiting for it this long at most: how many bytes came.
    pub(super) fn read(&mut self, wait: Duration, on_line: &mut dyn FnMut(Stream, &[u8])) -> io::Result<usize> {
        let mut asked: Vec<PollFd> =
            self.0.iter().map(|pipe| PollFd::new(pipe.file.as_fd(), PollFlags::POLLIN)).collect();
        match poll(&mut asked, PollTimeout::try_from(wait).unwrap_or(PollTimeout::ZERO)) {
            Ok(_) => {}
            Err(Errno::EINTR) => return Ok(0),
            Err(error) => return Err(error.into()),
        }
        let is_ready: Vec<bool> = asked.iter().map(|asked| asked.any() == Some(true)).collect();
        let mut count = 0;
        for index in (0..is_ready.len()).rev().filter(|index| is_ready[*index]) {
            match self.0[index].read(on_line)? {
                Some(read) => count += read,
                None => drop(self.0.remove(index)),
            }
        }
        Ok(count)
    }

    /// Reads what the child has left in its pipes.
    pub(super) fn drain(&mut self, on_line: &mut dyn FnMut(Stream, &[u8])) -> io::Result<()> {
        let ended = Instant::now();
        let mut count = 0;
        while !self.0.is_empty() && count < PIPE {
            let wait = LINGER.saturating_sub(ended.elapsed());
            let read = self.read(wait, on_line)?;
            if read == 0 && wait.is_zero() {
                break;
            }
            count += read;
        }
        for pipe in &mut self.0 {
            pipe.finish(on_line);
        }
        Ok(())
    }
}

impl Pipe {
    fn new(stream: Stream, pipe: OwnedFd) -> Pipe {
        Pipe { stream, file: pipe.into(), lines: Lines::default() }
    }

    /// How many bytes came; `None` at the end.
    fn read(&mut self, on_line: &mut dyn FnMut(Stream, &[u8])) -> io::Result<Option<usize>> {
        let mut buffer = [0; 8 * 1024];
        match self.file.read(&mut buffer) {
            Ok(0) => {
                self.finish(on_line);
                Ok(None)
            }
            Ok(count) => {
                self.lines.push(&buffer[..count], &mut |line| on_line(self.stream, line));
                Ok(Some(count))
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Some(0)),
            Err(error) => Err(error),
        }
    }

    fn finish(&mut self, on_line: &mut dyn FnMut(Stream, &[u8])) {
        self.lines.finish(&mut |line| on_line(self.stream, line));
    }
}
