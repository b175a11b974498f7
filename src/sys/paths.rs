//! Where the user's data lies.
//!
//! Who has no `HOME` has a home directory in the user database. On Linux `getent` reads that: a static program would
//! load the C library's modules for it, of whatever version it finds, and getpwuid(3) is not called at all.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use directories::{BaseDirs, ProjectDirs};

use super::env;

/// The directory of the registry: `$XDG_DATA_HOME/gantry`, by default `~/.local/share/gantry`
/// (`~/Library/Application Support/gantry` on macOS).
///
/// # Errors
/// Neither `HOME` nor the user database names a home directory.
pub fn data_dir() -> Result<PathBuf> {
    own_dir("XDG_DATA_HOME", ".local/share", |dirs| dirs.data_dir())
}

/// The directory of what gantry made and can make again: `$XDG_STATE_HOME/gantry`, by default `~/.local/state/gantry`
/// (the data directory on macOS, which knows no such thing).
///
/// # Errors
/// As [`data_dir`].
pub fn state_dir() -> Result<PathBuf> {
    own_dir("XDG_STATE_HOME", ".local/state", |dirs| dirs.state_dir().unwrap_or(dirs.data_dir()))
}

/// The directory of what only saves time: `$XDG_CACHE_HOME/gantry`, by default `~/.cache/gantry`
/// (`~/Library/Caches/gantry` on macOS).
///
/// # Errors
/// As [`data_dir`].
pub fn cache_dir() -> Result<PathBuf> {
    own_dir("XDG_CACHE_HOME", ".cache", |dirs| dirs.cache_dir())
}

/// The user's home directory.
///
/// # Errors
/// As [`data_dir`].
pub fn home_dir() -> Result<PathBuf> {
    let home = match listed_home() {
        Some(home) => home,
        None => BaseDirs::new().map(|dirs| dirs.home_dir().to_owned()),
    };
    absolute(home)
}

/// gantry's own directory: an absolute `variable` needs no home at all; the rest is known to the directories crate, but
/// for a home that it would have to ask the user database for.
fn own_dir(variable: &str, below_home: &str, own: fn(&ProjectDirs) -> &Path) -> Result<PathBuf> {
    if let Some(base) = env::path(variable).filter(|path| path.is_absolute()) {
        return Ok(base.join("gantry"));
    }
    absolute(match listed_home() {
        Some(home) => home.map(|home| home.join(below_home).join("gantry")),
        None => ProjectDirs::from("", "", "gantry").map(|dirs| own(&dirs).to_owned()),
    })
}

/// A relative one would mean another registry in each directory.
fn absolute(path: Option<PathBuf>) -> Result<PathBuf> {
    match path {
        Some(path) if path.is_absolute() => Ok(path),
        _ => bail!(NoHome),
    }
}

/// The home directory that the user database names, where `HOME` names none and `getent` has to be asked.
#[cfg(target_os = "linux")]
fn listed_home() -> Option<Option<PathBuf>> {
    use super::process;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::sync::OnceLock;
    use std::time::Duration;

    /// A directory service that does not answer is not waited for.
    const PATIENCE: Duration = Duration::from_secs(2);
    static LISTED: OnceLock<Option<PathBuf>> = OnceLock::new();

    if env::path("HOME").is_some() {
        return None;
    }
    let ask = || {
        let user = nix::unistd::getuid().to_string();
        let entry = process::output(Path::new("getent"), &["passwd", &user], PATIENCE)?;
        // passwd(5): name, password, user, group, comment, home directory, shell.
        let home = entry.split(|&byte| byte == b'\n').next()?.split(|&byte| byte == b':').nth(5)?;
        Some(PathBuf::from(OsStr::from_bytes(home)))
    };
    Some(LISTED.get_or_init(ask).clone())
}

/// Elsewhere programs are linked with the C library that the system has.
#[cfg(not(target_os = "linux"))]
fn listed_home() -> Option<Option<PathBuf>> {
    None
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
