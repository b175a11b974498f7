//! Other programs.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use super::env;

/// Becomes the program: its signals and its exit status are then this process's own. Returns only on failure.
pub fn exec<'a>(program: &OsStr, args: &[OsString], variables: impl Iterator<Item = (&'a str, &'a str)>) -> io::Error {
    Command::new(program).args(args).envs(variables).exec()
}

/// The first executable of this name on `PATH`.
pub fn find_program(name: &str) -> Option<PathBuf> {
    use std::os::unix::fs::PermissionsExt;
    let path = env::path("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(name)).find(|candidate| {
        candidate.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
    })
}
