//! The process's environment and where it stands.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, AsRawFd};
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::witness;

/// The variable's value; `None` where it is unset, empty or not UTF-8.
pub fn var(name: &str) -> Option<String> {
    raw_var(name).filter(|value| !value.is_empty())
}

/// The variable's value as it is, an empty one included; `None` where it is unset or not UTF-8.
pub fn raw_var(name: &str) -> Option<String> {
    value(name.as_ref())?.into_string().ok()
}

/// The variable as a path; `None` where it is unset or empty.
pub fn path(name: &str) -> Option<PathBuf> {
    value(name.as_ref()).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The variable's value as it is.
pub fn value(name: &OsStr) -> Option<OsString> {
    let value = std::env::var_os(name);
    witness::note_variable(name, value.as_deref());
    value
}

/// The arguments, the program's name first.
pub fn args() -> Vec<OsString> {
    std::env::args_os().collect()
}

/// The directory that the process stands in, links resolved.
///
/// # Errors
/// The directory is gone, or a parent may not be read.
pub fn current_dir() -> Result<PathBuf> {
    std::env::current_dir().context("the current directory is gone or cannot be read")
}

/// Whether the stream is a terminal.
pub fn is_terminal(stream: &(impl IsTerminal + AsFd)) -> bool {
    let answer = stream.is_terminal();
    witness::note_terminal(stream.as_fd().as_raw_fd(), answer);
    answer
}

/// Whether the descriptor of a standard stream (0, 1, 2) is a terminal.
pub fn is_terminal_descriptor(descriptor: i32) -> bool {
    match descriptor {
        0 => io::stdin().is_terminal(),
        1 => io::stdout().is_terminal(),
        _ => io::stderr().is_terminal(),
    }
}
