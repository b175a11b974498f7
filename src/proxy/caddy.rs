//! The program Caddy.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::error::ProxyError;
use super::home::Home;
use crate::sys::files;
use crate::sys::process::{self, Captured};

/// How long Caddy may take to check a configuration, or to load it.
const PATIENCE: Duration = Duration::from_secs(20);

/// An installed Caddy.
#[derive(Clone, Debug)]
pub struct Caddy {
    pub program: PathBuf,
    pub version: Version,
}

/// Major and minor number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32);

impl Version {
    /// From what `caddy version` prints: `v2.8.4 h1:…`, or `2.6.2` where a distribution built it.
    fn parse(text: &str) -> Option<Version> {
        let word = text.split_whitespace().next()?;
        let mut numbers = word.trim_start_matches('v').split('.').map(|part| part.parse().ok());
        Some(Version(numbers.next()??, numbers.next()??))
    }

    /// Whether a WebSocket may outlive the configuration under which it began (`stream_close_delay`).
    pub fn keeps_streams(self) -> bool {
        self >= Version(2, 7)
    }
}

impl Caddy {
    /// The one on `PATH`.
    ///
    /// # Errors
    /// [`ProxyError::NoCaddy`]; [`ProxyError::Failed`] where it does not tell its version.
    pub fn find(home: &Home) -> Result<Caddy, ProxyError> {
        let program = process::find_program("caddy").ok_or(ProxyError::NoCaddy)?;
        let said = run(home, &program, &["version"], "tell its version")?;
        let version = Version::parse(&String::from_utf8_lossy(&said.stdout)).unwrap_or_default();
        Ok(Caddy { program, version })
    }

    /// The one that runs for `home`, without asking it: its version was written down when it was started.
    ///
    /// # Errors
    /// [`ProxyError::NoCaddy`].
    pub(super) fn of_running(home: &Home) -> Result<Caddy, ProxyError> {
        let program = process::find_program("caddy").ok_or(ProxyError::NoCaddy)?;
        let text = files::read_limited(&home.version_file(), 64).unwrap_or_default();
        let version = Version::parse(&String::from_utf8_lossy(&text)).unwrap_or_default();
        Ok(Caddy { program, version })
    }

    /// Tries the configuration out: `caddy adapt --validate` reads it, its certificates too, and serves nothing.
    ///
    /// # Errors
    /// [`ProxyError::Refused`].
    pub(super) fn check(&self, home: &Home, file: &Path) -> Result<(), ProxyError> {
        let file = file.to_string_lossy();
        let args = ["adapt", "--config", &file, "--adapter", "caddyfile", "--validate"];
        match run(home, &self.program, &args, "check the configuration") {
            Err(ProxyError::Failed { detail, .. }) => Err(ProxyError::Refused { detail }),
            other => other.map(drop),
        }
    }

    /// Loads the configuration through the admin socket.
    ///
    /// # Errors
    /// [`ProxyError::Refused`]: the old one goes on.
    pub(super) fn load(&self, home: &Home, file: &Path) -> Result<(), ProxyError> {
        let (file, address) = (file.to_string_lossy(), home.admin_address());
        let args = ["reload", "--config", &file, "--adapter", "caddyfile", "--address", &address, "--force"];
        match run(home, &self.program, &args, "load the configuration") {
            Err(ProxyError::Failed { detail, .. }) => Err(ProxyError::Refused { detail }),
            other => other.map(drop),
        }
    }

    /// Starts serving `home`'s configuration; gives the number of its process, which may end at once.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn serve(&self, home: &Home) -> std::io::Result<u32> {
        let (file, pid_file) = (home.caddyfile(), home.pid_file());
        let (file, pid_file) = (file.to_string_lossy(), pid_file.to_string_lossy());
        let args = ["run", "--config", &file, "--adapter", "caddyfile", "--pidfile", &pid_file];
        process::launch(&self.program, &args, home.path(), &variables(home), &home.start_log())
    }

    /// Asks the running one to end.
    ///
    /// # Errors
    /// [`ProxyError::Failed`].
    pub(super) fn stop(&self, home: &Home) -> Result<(), ProxyError> {
        run(home, &self.program, &["stop", "--address", &home.admin_address()], "stop").map(drop)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// Where Caddy keeps a copy of what it serves, and what it would need to get certificates, which it never does here.
fn variables(home: &Home) -> [(&'static str, Option<&OsStr>); 3] {
    ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "STEPPATH"].map(|name| (name, Some(home.path().as_os_str())))
}

fn run(home: &Home, program: &Path, args: &[&str], doing: &'static str) -> Result<Captured, ProxyError> {
    let failed = |detail: String| ProxyError::Failed { doing, detail };
    let captured = process::capture_with(program, args, &variables(home), PATIENCE);
    let captured = captured.map_err(|error| failed(error.to_string()))?;
    if captured.is_success {
        return Ok(captured);
    }
    let said = String::from_utf8_lossy(&captured.stderr).into_owned();
    Err(failed(complaint(&said).unwrap_or_else(|| "it did not say why".to_owned())))
}

/// What went wrong, out of what Caddy printed: JSON a line, and at the end a line that starts with `Error:`.
pub(super) fn complaint(said: &str) -> Option<String> {
    let line = said.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
    let logged = || serde_json::from_str::<Value>(line).ok()?.get("msg")?.as_str().map(str::to_owned);
    Some(line.strip_prefix("Error: ").map(str::to_owned).or_else(logged).unwrap_or_else(|| line.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_caddy_prints_them() {
        #[track_caller]
        fn check(text: &str, expected: Option<(u32, u32)>) {
            assert_eq!(Version::parse(text), expected.map(|(major, minor)| Version(major, minor)), "{text:?}");
        }
        check("2.6.2\n", Some((2, 6)));
        check("v2.8.4 h1:q3pe0wpBj1OcHFZ3n/1nl4V4bxBrYoSoab7rL9BMYNk=", Some((2, 8)));
        check("(devel)", None);
        check("", None);
        assert!(Version(2, 10).keeps_streams() && !Version(2, 6).keeps_streams());
    }

    #[test]
    fn what_went_wrong() {
        #[track_caller]
        fn check(said: &str, expected: Option<&str>) {
            assert_eq!(complaint(said).as_deref(), expected, "{said:?}");
        }
        check("{\"level\":\"info\"}\nError: adapting config: no\n\n", Some("adapting config: no"));
        check("{\"level\":\"error\",\"msg\":\"gone\"}\n", Some("gone"));
        check("plain words\n", Some("plain words"));
        check("", None);
    }
}
