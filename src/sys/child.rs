//! A child that runs for long: its lines are handed on as they come, and it ends with its time or with an interruption.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpgrp, tcgetpgrp};

use super::lines::Lines;
use super::signals::{Interrupts, PACE};
use super::witness;

/// How soon the loop looks first whether the child has ended; each look takes twice as long as the one before, up to
/// [`PACE`].
const FIRST_PACE: Duration = Duration::from_millis(1);

/// How long a pipe is listened to after the child's end: what runs on in the background may keep it open for ever.
const LINGER: Duration = Duration::from_millis(200);

/// Bytes that are read after the child's end at most: as much as Linux lets a pipe hold.
const PIPE: usize = 1024 * 1024;

/// How long a child may take to end after SIGKILL, which it cannot refuse.
const LAST_GRACE: Duration = Duration::from_secs(2);

/// A program, and how to start it.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// A path, or a name that is looked for on `PATH`.
    pub program: &'a OsStr,
    pub args: &'a [OsString],
    pub directory: &'a Path,
    /// The environment is this process's own, with these variables set or, where there is no value, without them.
    pub variables: &'a [(String, Option<String>)],
    pub stdin: Input,
    pub stdout: Output,
    pub stderr: Output,
    /// Its own process group, so that its children end with it when it is stopped. The terminal's Ctrl-C then reaches
    /// it through this process alone, and reading from the terminal would stop it: give it no input.
    pub own_group: bool,
}

/// What a child reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    Empty,
    Inherited,
}

/// Where a child writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// To this process, line by line.
    Lines,
    Inherited,
}

/// Where a line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// How long a child may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until it is asked to end.
    pub time: Option<Duration>,
    /// From then on, until it is killed.
    pub grace: Duration,
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    pub cause: Cause,
    pub status: Status,
}

/// What made a child end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nothing from here.
    Ended,
    TimedOut,
    /// By this signal to this process.
    Interrupted(i32),
}

/// What a child left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Code(i32),
    /// The signal that killed it.
    Signal(i32),
}

impl Status {
    pub fn is_success(self) -> bool {
        self == Status::Code(0)
    }

    /// As a shell says it: the code, or 128 and the signal's number.
    pub fn as_code(self) -> i32 {
        match self {
            Status::Code(code) => code,
            Status::Signal(signal) => 128 + signal,
        }
    }

    fn of(status: ExitStatus) -> Status {
        // A child that was waited for has one or the other.
        status.code().map_or_else(|| Status::Signal(status.signal().unwrap_or(0)), Status::Code)
    }
}

/// A child that has been started.
#[derive(Debug)]
pub struct Supervised {
    child: Child,
    pipes: Vec<Pipe>,
    own_group: bool,
    /// Once it has been waited for.
    status: Option<Status>,
}

#[derive(Debug)]
struct Pipe {
    stream: Stream,
    file: File,
    lines: Lines,
}

/// A child's way out.
#[derive(Debug)]
struct Stopping {
    cause: Cause,
    /// What it is still to be sent, after a grace each; `None` where only the grace is left.
    steps: VecDeque<Option<Signal>>,
    next: Instant,
}

impl Supervised {
    /// # Errors
    /// What the system says; `NotFound` where there is no such program, or no such directory.
    pub fn start(start: &Start) -> io::Result<Supervised> {
        witness::note_unrepeatable();
        let mut command = Command::new(start.program);
        command.args(start.args).current_dir(start.directory);
        for (name, value) in start.variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if start.own_group {
            command.process_group(0);
        }
        let output = |output| if output == Output::Lines { Stdio::piped() } else { Stdio::inherit() };
        let stdin = if start.stdin == Input::Empty { Stdio::null() } else { Stdio::inherit() };
        let mut child = command.stdin(stdin).stdout(output(start.stdout)).stderr(output(start.stderr)).spawn()?;
        let stdout = child.stdout.take().map(|pipe| Pipe::new(Stream::Stdout, pipe.into()));
        let stderr = child.stderr.take().map(|pipe| Pipe::new(Stream::Stderr, pipe.into()));
        let pipes = stdout.into_iter().chain(stderr).collect();
        Ok(Supervised { child, pipes, own_group: start.own_group, status: None })
    }

    /// Waits for the child's end, and hands each line on meanwhile: without its end, in pieces where it is longer than
    /// 16 KiB, as the bytes that a stranger wrote.
    ///
    /// A signal that came before counts: what has to run in spite of one, such as a tidying up, gets
    /// `Interrupts::default()`.
    ///
    /// # Errors
    /// What the system says; `TimedOut` where even SIGKILL did not end it (another user's, or stuck in the kernel).
    pub fn run(
        mut self,
        limits: &Limits,
        interrupts: &Interrupts,
        on_line: &mut dyn FnMut(Stream, &[u8]),
    ) -> io::Result<End> {
        let began = Instant::now();
        let mut pace = FIRST_PACE;
        let mut stopping: Option<Stopping> = None;
        let status = loop {
            if let (None, Some(signal)) = (&stopping, interrupts.received()) {
                stopping = Some(self.interrupted(signal));
            }
            if let Some(status) = self.ended(stopping.is_some())? {
                break status;
            }
            if stopping.is_none() && limits.time.is_some_and(|time| began.elapsed() >= time) {
                stopping = Some(Stopping::new(Cause::TimedOut, Some(Signal::SIGTERM)));
            }
            if let Some(stopping) = &mut stopping
                && Instant::now() >= stopping.next
                && let Some(status) = self.advance(stopping, limits.grace)?
            {
                break status;
            }
            let open = self.pipes.len();
            self.read(pace, on_line)?;
            // A child that closes its output is about to end.
            pace = if self.pipes.len() < open { FIRST_PACE } else { PACE.min(pace * 2) };
        };
        self.drain(on_line)?;
        // A Ctrl-C at the terminal may have ended the child before it was seen here.
        let unseen = || interrupts.received().map_or(Cause::Ended, Cause::Interrupted);
        Ok(End { cause: stopping.map_or_else(unseen, |stopping| stopping.cause), status })
    }

    fn interrupted(&self, signal: i32) -> Stopping {
        let cause = Cause::Interrupted(signal);
        let signal = Signal::try_from(signal).unwrap_or(Signal::SIGTERM);
        if signal == Signal::SIGINT && !self.own_group && is_in_foreground() {
            // The terminal has sent it to the child too, and many a program takes a second one for impatience.
            let mut stopping = Stopping::new(cause, None);
            stopping.steps.insert(1, Some(Signal::SIGTERM));
            return stopping;
        }
        Stopping::new(cause, Some(signal))
    }

    /// The child's status once it has ended; where it is being stopped, once its group has.
    fn ended(&mut self, is_stopping: bool) -> io::Result<Option<Status>> {
        if self.status.is_none() {
            self.status = self.child.try_wait()?.map(Status::of);
        }
        Ok(self.status.filter(|_| !(is_stopping && self.own_group && lives(self.target()))))
    }

    /// Takes the next step; the status where there is none left and only the group has not ended.
    fn advance(&self, stopping: &mut Stopping, grace: Duration) -> io::Result<Option<Status>> {
        match stopping.steps.pop_front() {
            Some(step) => {
                stopping.next = Instant::now() + if step == Some(Signal::SIGKILL) { LAST_GRACE } else { grace };
                if let Some(signal) = step {
                    let _ = kill(self.target(), signal);
                    // It may be standing still, as what reads from a terminal in the background does.
                    let _ = kill(self.target(), Signal::SIGCONT);
                }
                Ok(None)
            }
            // What is left of the group has been killed, and the child has ended.
            None if self.status.is_some() => Ok(self.status),
            None => Err(io::Error::new(io::ErrorKind::TimedOut, "the process does not end, even when it is killed")),
        }
    }

    /// The child or, as a negative number, its group. A child has not been waited for while it is sent something, so the
    /// number is still its own; a group's is, as long as one of its processes is there.
    fn target(&self) -> Pid {
        let id = self.child.id().cast_signed();
        Pid::from_raw(if self.own_group { -id } else { id })
    }

    /// Reads what is there, after waiting for it this long at most: how many bytes came.
    fn read(&mut self, wait: Duration, on_line: &mut dyn FnMut(Stream, &[u8])) -> io::Result<usize> {
        let mut asked: Vec<PollFd> =
            self.pipes.iter().map(|pipe| PollFd::new(pipe.file.as_fd(), PollFlags::POLLIN)).collect();
        match poll(&mut asked, PollTimeout::try_from(wait).unwrap_or(PollTimeout::ZERO)) {
            Ok(_) => {}
            Err(Errno::EINTR) => return Ok(0),
            Err(error) => return Err(error.into()),
        }
        let is_ready: Vec<bool> = asked.iter().map(|asked| asked.any() == Some(true)).collect();
        let mut count = 0;
        for index in (0..is_ready.len()).rev().filter(|index| is_ready[*index]) {
            match self.pipes[index].read(on_line)? {
                Some(read) => count += read,
                None => drop(self.pipes.remove(index)),
            }
        }
        Ok(count)
    }

    /// Reads what the child has left in its pipes.
    fn drain(&mut self, on_line: &mut dyn FnMut(Stream, &[u8])) -> io::Result<()> {
        let ended = Instant::now();
        let mut count = 0;
        while !self.pipes.is_empty() && count < PIPE {
            let wait = LINGER.saturating_sub(ended.elapsed());
            let read = self.read(wait, on_line)?;
            if read == 0 && wait.is_zero() {
                break;
            }
            count += read;
        }
        for pipe in &mut self.pipes {
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

impl Stopping {
    fn new(cause: Cause, first: Option<Signal>) -> Stopping {
        Stopping { cause, steps: VecDeque::from([first, Some(Signal::SIGKILL)]), next: Instant::now() }
    }
}

/// Whether a process of the group runs; `group` is its number with a minus. Those that have ended do not count: in a
/// container, the first process may be one that never asks how its children ended.
fn lives(group: Pid) -> bool {
    if kill(group, None).is_err() {
        return false;
    }
    // Where there is no /proc, being there has to do.
    let Ok(processes) = fs::read_dir("/proc") else { return true };
    let runs = |entry: fs::DirEntry| -> Option<bool> {
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        // proc_pid_stat(5): number, (name), state, parent, group. The name may hold anything.
        let mut fields = stat.rsplit_once(") ")?.1.split(' ');
        let is_over = matches!(fields.next()?, "Z" | "X");
        Some(!is_over && fields.nth(1)?.parse() == Ok(-group.as_raw()))
    };
    !cfg!(target_os = "linux") || processes.flatten().any(|entry| runs(entry) == Some(true))
}

/// Whether this process's group is the one that the terminal sends its Ctrl-C to.
fn is_in_foreground() -> bool {
    let owners = [tcgetpgrp(io::stdin()), tcgetpgrp(io::stdout()), tcgetpgrp(io::stderr())];
    owners.contains(&Ok(getpgrp()))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};

    use super::*;

    const FOREVER: Duration = Duration::from_secs(60);
    const LIMITS: Limits = Limits { time: Some(FOREVER), grace: FOREVER };

    fn start(script: &str, own_group: bool) -> Supervised {
        let args = ["-c", script].map(OsString::from);
        let variables = [("GIVEN".to_owned(), Some("yes".to_owned())), ("HOME".to_owned(), None)];
        let start = Start {
            program: "sh".as_ref(),
            args: &args,
            directory: Path::new("/"),
            variables: &variables,
            stdin: Input::Empty,
            stdout: Output::Lines,
            stderr: Output::Lines,
            own_group,
        };
        Supervised::start(&start).unwrap()
    }

    /// How it ends, and what it printed; `interrupts` by the line `ready`.
    fn run(script: &str, own_group: bool, limits: Limits, signal: Signal) -> (End, Vec<(Stream, String)>) {
        let interrupts = Interrupts::default();
        let mut lines = Vec::new();
        let mut on_line = |stream, line: &[u8]| {
            let line = String::from_utf8_lossy(line).into_owned();
            if line == "ready" {
                interrupts.pretend(signal as i32);
            } else {
                lines.push((stream, line));
            }
        };
        let end = start(script, own_group).run(&limits, &interrupts, &mut on_line).unwrap();
        (end, lines)
    }

    #[test]
    fn lines_come_with_the_end() {
        let check = |script: &str, status: Status, expected: &[(Stream, &str)]| {
            let (end, mut lines) = run(script, false, LIMITS, Signal::SIGINT);
            // Between the two streams there is no order.
            lines.sort_by_key(|(stream, _)| *stream == Stream::Stderr);
            let lines: Vec<_> = lines.iter().map(|(stream, line)| (*stream, line.as_str())).collect();
            assert_eq!((end, lines.as_slice()), (End { cause: Cause::Ended, status }, expected), "{script}");
        };
        check("true", Status::Code(0), &[]);
        check("exit 7", Status::Code(7), &[]);
        check("kill -9 $$", Status::Signal(9), &[]);
        check(
            "echo one; echo wrong >&2; printf 'two\\r\\nthree'",
            Status::Code(0),
            &[(Stream::Stdout, "one"), (Stream::Stdout, "two"), (Stream::Stdout, "three"), (Stream::Stderr, "wrong")],
        );
        check(
            "pwd; echo $GIVEN${HOME-none}; cat",
            Status::Code(0),
            &[(Stream::Stdout, "/"), (Stream::Stdout, "yesnone")],
        );
        // The end comes after the output, and the output after the end.
        check("exec >&- 2>&-; exit 3", Status::Code(3), &[]);
        check("(echo late; exec sleep 5) & exit 4", Status::Code(4), &[(Stream::Stdout, "late")]);
    }

    #[test]
    fn nothing_of_much_output_is_lost() {
        let count = 50_000;
        let (end, lines) = run(&format!("seq {count}; seq {count} >&2"), false, LIMITS, Signal::SIGINT);
        assert_eq!(end.status, Status::Code(0));
        for wanted in [Stream::Stdout, Stream::Stderr] {
            let found = lines.iter().filter(|(stream, _)| *stream == wanted).map(|(_, line)| line.clone());
            assert!(found.eq((1..=count).map(|number| number.to_string())), "{wanted:?}");
        }
    }

    #[test]
    fn what_writes_on_without_end_is_left_behind() {
        let (end, lines) = run("yes & exit 5", true, LIMITS, Signal::SIGINT);
        assert_eq!((end.cause, end.status), (Cause::Ended, Status::Code(5)));
        assert!(lines.len() <= 2 * PIPE);
    }

    #[test]
    fn time_ends_it() {
        let check = |script: &str, own_group| {
            let limits = Limits { time: Some(Duration::from_millis(50)), grace: FOREVER };
            let (end, _) = run(script, own_group, limits, Signal::SIGINT);
            assert_eq!(end, End { cause: Cause::TimedOut, status: Status::Signal(15) }, "{script}");
        };
        check("exec sleep 60", false);
        check("sleep 60; exit 1", true);
        check("kill -STOP $$", false);
    }

    #[test]
    fn an_interruption_is_forwarded() {
        let check = |script: &str, own_group, signal: Signal, grace, status| {
            let (end, lines) = run(script, own_group, Limits { time: None, grace }, signal);
            assert_eq!(end, End { cause: Cause::Interrupted(signal as i32), status }, "{script} {lines:?}");
        };
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
            let name = signal.as_str().trim_start_matches("SIG");
            let script = format!("trap 'exit 8' {name}; echo ready; while :; do sleep 0.01; done");
            check(&script, true, signal, FOREVER, Status::Code(8));
        }
        let term = Signal::SIGTERM;
        check("echo ready; exec sleep 60", false, term, FOREVER, Status::Signal(15));
        check("trap '' TERM; echo ready; exec sleep 60", false, term, Duration::ZERO, Status::Signal(9));
        // It ends by itself then, but that is why.
        check("trap '' TERM; echo ready", false, term, FOREVER, Status::Code(0));
    }

    #[test]
    fn a_group_ends_as_a_whole() {
        let check = |script: &str, grace: Duration, status| {
            let limits = Limits { time: None, grace };
            let (end, lines) = run(script, true, limits, Signal::SIGTERM);
            assert_eq!(end.status, status, "{script}");
            let grandchild = Pid::from_raw(lines[0].1.parse().unwrap());
            let is_over = || {
                let state = fs::read_to_string(format!("/proc/{grandchild}/stat")).unwrap_or_default();
                kill(grandchild, None).is_err() || state.contains(") Z ")
            };
            assert!(is_over(), "{script}");
        };
        check("sleep 60 & echo $!; echo ready; wait", FOREVER, Status::Signal(15));
        // One that refuses is killed, though the child itself has ended.
        let stubborn = "sh -c 'trap \"\" TERM; echo $$; echo ready; exec sleep 60' & wait";
        check(stubborn, Duration::from_millis(50), Status::Signal(15));
    }

    #[test]
    fn the_terminals_interrupt_reaches_a_child_once() {
        const ROLE: &str = "GANTRY_TEST_TERMINAL";
        if std::env::var_os(ROLE).is_some() {
            return play_in_terminal();
        }
        let name = "sys::child::tests::the_terminals_interrupt_reaches_a_child_once";
        let program = std::env::current_exe().unwrap();
        let mut script = Command::new("script")
            .args(["--quiet", "--return", "--flush", "--command"])
            .arg(format!("exec '{}' --exact {name} --nocapture", program.display()))
            .arg("/dev/null")
            .env(ROLE, "")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script; `tests/run` installs it");
        let mut screen = BufReader::new(script.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut shown: Vec<String> = screen.by_ref().take_while(|line| !line.contains("ready")).collect();
        script.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
        shown.extend(screen);
        assert!(script.wait().unwrap().success(), "{shown:#?}");
    }

    /// Ctrl-C leaves the child running, so it is asked to end after the grace; it ends with how many SIGINT it got.
    fn play_in_terminal() {
        let interrupts = Interrupts::listen().unwrap();
        let limits = Limits { time: Some(FOREVER), grace: Duration::from_millis(300) };
        let script = "n=0; trap 'n=$((n+1))' INT; trap 'exit $n' TERM; echo ready; while :; do sleep 0.01; done";
        let mut on_line = |_, line: &[u8]| writeln!(io::stdout(), "{}", String::from_utf8_lossy(line)).unwrap();
        let end = start(script, false).run(&limits, &interrupts, &mut on_line).unwrap();
        assert_eq!(end, End { cause: Cause::Interrupted(2), status: Status::Code(1) });
    }

    #[test]
    fn what_is_not_there_is_said() {
        let mut start = Start {
            program: "gantry-no-such-program".as_ref(),
            args: &[],
            directory: Path::new("/"),
            variables: &[],
            stdin: Input::Empty,
            stdout: Output::Inherited,
            stderr: Output::Inherited,
            own_group: false,
        };
        let kind = |start: &Start| Supervised::start(start).unwrap_err().kind();
        assert_eq!(kind(&start), io::ErrorKind::NotFound);
        (start.program, start.directory) = ("true".as_ref(), Path::new("/gantry-no-such-directory"));
        assert_eq!(kind(&start), io::ErrorKind::NotFound);
    }
}
