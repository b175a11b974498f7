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
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// What the program prints, where it ends well within `patience`; after that it is killed.
pub fn output(program: &Path, args: &[&str], patience: Duration) -> Option<Vec<u8>> {
    capture(program, args, patience).ok().filter(|captured| captured.is_success).map(|captured| captured.stdout)
}

/// Runs the program to its end; where that takes longer than `patience`, it is killed. It has a process group of its
/// own, so that the terminal's Ctrl-C leaves its answer whole: who asked decides what to do then.
///
/// # Errors
/// It cannot be started; `TimedOut`.
pub fn capture(program: &Path, args: &[&str], patience: Duration) -> io::Result<Captured> {
    witness::note_unrepeatable();
    let child =
        Command::new(program).args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    match receiver.recv_timeout(patience) {
        Ok(output) => output.map(|output| Captured {
            is_success: output.status.success(),
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
    use std::os::unix::fs::PermissionsExt;
    let path = env::path("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(name)).find(|candidate| {
        files::metadata(candidate)
            .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    })
}
