//! Other programs.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::stamp::Stamp;
use super::{env, files, witness};

/// More than the system takes for a command line.
#[allow(dead_code, reason = "only read where there is a /proc")]
const COMMAND_LINE_LIMIT: u64 = 4 << 20;

/// `ps` answers at once.
#[allow(dead_code, reason = "only asked where there is no /proc")]
const PS_PATIENCE: Duration = Duration::from_secs(2);

/// Becomes the program: its signals and its exit status are then this process's own. Its environment is this one's,
/// with these variables set or, where there is no value, without them. Returns only on failure.
pub fn exec<'a>(
    program: &OsStr,
    args: &[OsString],
    variables: impl Iterator<Item = (&'a str, Option<&'a str>)>,
) -> io::Error {
    let mut command = Command::new(program);
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.args(args).exec()
}

/// What a program printed, and whether it ended well.
#[derive(Debug)]
pub struct Captured {
    pub is_success: bool,
    /// Its exit status; `None` where a signal ended it.
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// What the program prints, where it ends well within `patience`; after that it is killed.
pub fn output(program: &Path, args: &[&str], patience: Duration) -> Option<Vec<u8>> {
    capture(program, args, patience).ok().filter(|captured| captured.is_success).map(|captured| captured.stdout)
}

/// Runs the program to its end; where that takes longer than `patience`, it is killed. It is in this process's group:
/// `sudo` may ask for a password on the terminal, and the terminal's Ctrl-C ends it too, so who heeds interruptions asks
/// for one before believing what it answered.
///
/// # Errors
/// It cannot be started; `TimedOut`.
pub fn capture(program: &Path, args: &[&str], patience: Duration) -> io::Result<Captured> {
    capture_with(program, args, &[], patience)
}

/// As [`capture`], with these variables set or, where there is no value, without them.
///
/// # Errors
/// As [`capture`].
pub fn capture_with(
    program: &Path,
    args: &[&str],
    variables: &[(&str, Option<&OsStr>)],
    patience: Duration,
) -> io::Result<Captured> {
    capture_of(command_of(program, args, variables), patience)
}

/// As [`capture_with`], in a process group of its own: for what has to come to its end, whoever presses Ctrl-C.
///
/// # Errors
/// As [`capture`].
pub fn capture_apart(
    program: &Path,
    args: &[&str],
    variables: &[(&str, Option<&OsStr>)],
    patience: Duration,
) -> io::Result<Captured> {
    let mut command = command_of(program, args, variables);
    command.process_group(0);
    capture_of(command, patience)
}

fn capture_of(mut command: Command, patience: Duration) -> io::Result<Captured> {
    witness::note_unrepeatable();
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    match receiver.recv_timeout(patience) {
        Ok(output) => output.map(|output| Captured {
            is_success: output.status.success(),
            code: output.status.code(),
            stdout: output.stdout,
            stderr: output.stderr,
        }),
        Err(_) => {
            // It has not been waited for, so the number is still its own.
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
            let message = format!("no answer within {} seconds", patience.as_secs());
            Err(io::Error::new(io::ErrorKind::TimedOut, message))
        }
    }
}

/// Starts a program that goes on when this one has ended: in a process group of its own, without a terminal, with what it
/// says at the end of the `log`. Gives its process's number.
///
/// # Errors
/// It cannot be started, or the log not be written.
pub fn launch(
    program: &Path,
    args: &[&str],
    directory: &Path,
    variables: &[(&str, Option<&OsStr>)],
    log: &Path,
) -> io::Result<u32> {
    witness::note_unrepeatable();
    let log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
    let mut command = command_of(program, args, variables);
    command.current_dir(directory).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0);
    command.spawn().map(|child| child.id())
}

fn command_of(program: &Path, args: &[&str], variables: &[(&str, Option<&OsStr>)]) -> Command {
    let mut command = Command::new(program);
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.args(args);
    command
}

/// Whether this process may do everything.
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// The words that the process was started with; `None` where there is no such process, or nothing is told of it.
pub fn command_line(pid: u32) -> Option<Vec<String>> {
    let (bytes, separator) = match cfg!(target_os = "linux") {
        true => (files::read_limited(Path::new(&format!("/proc/{pid}/cmdline")), COMMAND_LINE_LIMIT).ok()?, '\0'),
        // Without a mark between the words: one that holds a space comes as two.
        false => (output(Path::new("ps"), &["-ww", "-o", "args=", "-p", &pid.to_string()], PS_PATIENCE)?, ' '),
    };
    let text = String::from_utf8_lossy(&bytes);
    let words: Vec<String> = text.trim_end_matches([separator, '\n']).split(separator).map(str::to_owned).collect();
    // A process that has ended and was not waited for has none.
    Some(words).filter(|words| words.iter().any(|word| !word.is_empty()))
}

/// Asks the process to end, and waits for that; past `patience` it is killed. `is_it` is asked before each signal, since
/// the number may be another process's by then.
///
/// # Errors
/// What the system says: another user's process; `TimedOut` where it does not end.
pub fn end(pid: u32, is_it: &dyn Fn() -> bool, patience: Duration) -> io::Result<()> {
    use nix::sys::signal::{Signal, kill};
    let id = nix::unistd::Pid::from_raw(i32::try_from(pid).map_err(io::Error::other)?);
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let began = std::time::Instant::now();
        if is_it() {
            kill(id, signal)?;
        }
        while is_it() && began.elapsed() < patience {
            thread::sleep(Duration::from_millis(5));
        }
    }
    if is_it() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
}

/// What tells this program from another one, and who runs it from others: its file's stamp, and the user's groups.
///
/// # Errors
/// The system does not tell.
pub fn identity() -> io::Result<Vec<u8>> {
    #[cfg(target_os = "linux")]
    let program = Path::new("/proc/self/exe");
    #[cfg(not(target_os = "linux"))]
    let program = &std::env::current_exe()?;
    let mut identity = Stamp::of(&std::fs::metadata(program)?).to_bytes().to_vec();
    identity.extend(nix::unistd::getegid().as_raw().to_ne_bytes());
    #[cfg(target_os = "linux")]
    identity.extend(nix::unistd::getgroups()?.iter().flat_map(|group| group.as_raw().to_ne_bytes()));
    Ok(identity)
}

/// The first executable of this name on `PATH`.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::path("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(name)).find(|candidate| is_executable(candidate))
}

/// As [`find_program`]; where it is not on `PATH`, the first one in the directories of administrators, which Debian
/// leaves out of a user's `PATH`.
pub fn find_system_program(name: &str) -> Option<PathBuf> {
    let usual = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/sbin"].map(|it| Path::new(it).join(name));
    find_program(name).or_else(|| usual.into_iter().find(|candidate| is_executable(candidate)))
}

/// Whether the path is a program.
pub fn is_executable(candidate: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    files::metadata(candidate).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ctrl_c_reaches_all_but_who_is_apart() {
        let shell = Path::new("/bin/sh");
        let args = ["-c", "ps -o pgid= -p $$; echo $$"];
        let words = |captured: Captured| -> Vec<u32> {
            let said = String::from_utf8(captured.stdout).unwrap();
            said.split_whitespace().map(|word| word.parse().unwrap()).collect()
        };
        let group = words(capture_apart(shell, &args, &[], Duration::from_secs(60)).unwrap());
        assert_eq!(group[0], group[1]);
        let group = words(capture(shell, &args, Duration::from_secs(60)).unwrap());
        assert_ne!(group[0], group[1], "sudo asks on the terminal");
    }
}
