//! Where the user's data lies.

use std::path::PathBuf;

use anyhow::{Result, bail};
use directories::{BaseDirs, ProjectDirs};

use super::env;

/// The directory of the registry: `$XDG_DATA_HOME/gantry`, by default `~/.local/share/gantry`
/// (`~/Library/Application Support/gantry` on macOS).
///
/// # Errors
/// Neither `HOME` nor the user database names a home directory.
pub fn data_dir() -> Result<PathBuf> {
    // With `HOME` unset the directories crate asks the user database; an absolute XDG_DATA_HOME needs no home at all.
    if let Some(data) = env::path("XDG_DATA_HOME").filter(|path| path.is_absolute()) {
        return Ok(data.join("gantry"));
    }
    match ProjectDirs::from("", "", "gantry") {
        // A relative HOME would mean another registry in each directory.
        Some(dirs) if dirs.data_dir().is_absolute() => Ok(dirs.data_dir().to_owned()),
        _ => bail!(NoHome),
    }
}

/// The directory of what gantry made and can make again: `$XDG_STATE_HOME/gantry`, by default `~/.local/state/gantry`
/// (the data directory on macOS, which knows no such thing).
///
/// # Errors
/// As [`data_dir`].
pub fn state_dir() -> Result<PathBuf> {
    if let Some(state) = env::path("XDG_STATE_HOME").filter(|path| path.is_absolute()) {
        return Ok(state.join("gantry"));
    }
    match ProjectDirs::from("", "", "gantry") {
        Some(dirs) => Ok(dirs.state_dir().unwrap_or(dirs.data_dir()).to_owned()),
        None => bail!(NoHome),
    }
}

/// The directory of what only saves time: `$XDG_CACHE_HOME/gantry`, by default `~/.cache/gantry`
/// (`~/Library/Caches/gantry` on macOS).
///
/// # Errors
/// As [`data_dir`].
pub fn cache_dir() -> Result<PathBuf> {
    if let Some(cache) = env::path("XDG_CACHE_HOME").filter(|path| path.is_absolute()) {
        return Ok(cache.join("gantry"));
    }
    match ProjectDirs::from("", "", "gantry") {
        Some(dirs) => Ok(dirs.cache_dir().to_owned()),
        None => bail!(NoHome),
    }
}

/// The user's home directory.
///
/// # Errors
/// Neither `HOME` nor the user database names one.
pub fn home_dir() -> Result<PathBuf> {
    match BaseDirs::new() {
        Some(dirs) if dirs.home_dir().is_absolute() => Ok(dirs.home_dir().to_owned()),
        _ => bail!(NoHome),
    }
}

/// Neither the environment nor the user database names a home directory.
#[derive(Debug)]
pub struct NoHome;

impl std::fmt::Display for NoHome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no home directory: HOME is not an absolute path, and the user database names none")
    }
}

impl std::error::Error for NoHome {}
