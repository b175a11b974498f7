//! The process's environment and where it stands.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

/// The variable's value; `None` where it is unset, empty or not UTF-8.
pub fn var(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The variable's value as it is, an empty one included; `None` where it is unset or not UTF-8.
pub fn raw_var(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The variable as a path; `None` where it is unset or empty.
pub fn path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
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
