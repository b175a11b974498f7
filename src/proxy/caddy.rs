//! The program Caddy.

use std::ffi::OsStr;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::error::ProxyError;
use super::home::Home;
use crate::model::Port;
use crate::sys::process::{self, Captured};
use crate::sys::{clock, files, sockets, trees};

/// How long Caddy may take to check a configuration, or to load it.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// How long it may take to listen on a port that it is tried on, or to end after that.
const TRIAL: Duration = Duration::from_secs(5);

/// How soon that is looked at again.
const PACE: Duration = Duration::from_millis(10);

/// The first that knows `protocols` and forwards hosts as they were asked for.
const OLDEST: Version = Version(2, 6);

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
    /// [`ProxyError::NoCaddy`]; [`ProxyError::NoAnswer`] where it does not tell its version.
    pub fn find() -> Result<Caddy, ProxyError> {
        let program = process::find_program("caddy").ok_or(ProxyError::NoCaddy)?;
        // Even for that it makes the directory where it would keep things; this one is there.
        let said = run(Path::new("/"), &program, &["version"], "tell its version", PATIENCE)?;
        // One that was built by hand may not know its own.
        let version = Version::parse(&String::from_utf8_lossy(&said.stdout));
        match version {
            Some(version) if version < OLDEST => Err(ProxyError::TooOld { version: version.to_string() }),
            version => Ok(Caddy { program, version: version.unwrap_or_default() }),
        }
    }

    /// Whether it may listen on the port, which may be more than this process may: the program's file can have the
    /// privilege. Tried, since nothing else tells.
    pub(super) fn may_bind(&self, home: &Home, port: Port) -> bool {
        let directory = home.path().with_extension("trial");
        let tried = self.try_bind(&directory, port);
        let _ = trees::remove(&directory);
        tried.unwrap_or(false)
    }

    fn try_bind(&self, directory: &Path, port: Port) -> std::io::Result<bool> {
        files::make_private_dir(directory)?;
        let (file, log) = (directory.join("Caddyfile"), directory.join("log"));
        // Caddy serves no plain HTTP on what it takes for the port of HTTPS.
        let other = if port.number() == 443 { 80 } else { 443 };
        let global = format!("\tadmin off\n\tauto_https off\n\thttp_port {port}\n\thttps_port {other}\n");
        let text = format!("{{\n{global}}}\nhttp:// {{\n\tbind 127.0.0.1\n\trespond 204\n}}\n");
        files::replace(&file, text.as_bytes(), 0o600)?;
        let shown = file.to_string_lossy().into_owned();
        let args = ["run", "--config", &shown, "--adapter", "caddyfile"];
        let pid = process::launch(&self.program, &args, directory, &variables(directory), &log)?;
        let is_it = || process::command_line(pid).is_some_and(|words| words.contains(&shown));
        let (began, address) = (Instant::now(), SocketAddr::from((Ipv4Addr::LOCALHOST, port.number())));
        let mut listens = false;
        while !listens && is_it() && began.elapsed() < TRIAL {
            clock::pause(PACE);
            listens = sockets::is_listened(address);
        }
        process::end(pid, &is_it, TRIAL)?;
        Ok(listens)
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
    pub(super) fn check(&self, home: &Home, file: &Path, patience: Duration) -> Result<(), ProxyError> {
        let file = file.to_string_lossy();
        let args = ["adapt", "--config", &file, "--adapter", "caddyfile", "--validate"];
        match run(home.path(), &self.program, &args, "check the configuration", patience) {
            Err(ProxyError::Failed { detail, .. }) => Err(ProxyError::Refused { detail }),
            other => other.map(drop),
        }
    }

    /// Loads the configuration through the admin socket.
    ///
    /// # Errors
    /// [`ProxyError::Refused`]: the old one goes on.
    pub(super) fn load(&self, home: &Home, file: &Path, patience: Duration) -> Result<(), ProxyError> {
        let (file, address) = (file.to_string_lossy(), home.admin_address());
        let args = ["reload", "--config", &file, "--adapter", "caddyfile", "--address", &address, "--force"];
        match run(home.path(), &self.program, &args, "load the configuration", patience) {
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
        process::launch(&self.program, &args, home.path(), &variables(home.path()), &home.start_log())
    }

    /// Asks the running one to end.
    ///
    /// # Errors
    /// [`ProxyError::Failed`].
    pub(super) fn stop(&self, home: &Home) -> Result<(), ProxyError> {
        let args = ["stop", "--address", &home.admin_address()];
        run(home.path(), &self.program, &args, "stop", PATIENCE).map(drop)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// In the directory, Caddy keeps a copy of what it serves, and what it would need to get certificates, which it never does here.
fn variables(directory: &Path) -> [(&'static str, Option<&OsStr>); 3] {
    ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "STEPPATH"].map(|name| (name, Some(directory.as_os_str())))
}

fn run(
    directory: &Path,
    program: &Path,
    args: &[&str],
    doing: &'static str,
    patience: Duration,
) -> Result<Captured, ProxyError> {
    // Who stops gantry by Ctrl-C does not want to know half of what Caddy says.
    let captured = process::capture_apart(program, args, &variables(directory), patience);
    let captured = captured.map_err(|error| ProxyError::NoAnswer { doing, detail: error.to_string() })?;
    if captured.is_success {
        return Ok(captured);
    }
    let said = String::from_utf8_lossy(&captured.stderr).into_owned();
    match refusal(&said).filter(|_| captured.code.is_some()) {
        Some(detail) => Err(ProxyError::Failed { doing, detail }),
        None => {
            let detail = match captured.code {
                Some(_) => complaint(&said).unwrap_or_else(|| "it did not say why".to_owned()),
                None => "a signal ended it".to_owned(),
            };
            Err(ProxyError::NoAnswer { doing, detail })
        }
    }
}

/// Why Caddy did not do it, where it says so: a line that starts with `Error:`. One of the request itself tells only that
/// the answer was lost.
fn refusal(said: &str) -> Option<String> {
    let error = said.lines().rev().find_map(|line| line.trim().strip_prefix("Error: "))?;
    (!error.contains("performing request: ")).then(|| error.to_owned())
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
    fn who_says_no() {
        #[track_caller]
        fn check(said: &str, expected: Option<&str>) {
            assert_eq!(refusal(said).as_deref(), expected, "{said:?}");
        }
        check("{\"level\":\"info\"}\nError: adapting config: no\n\n", Some("adapting config: no"));
        check("Error: sending configuration to instance: performing request: Post \"/load\": EOF\n", None);
        check("{\"level\":\"info\",\"msg\":\"using provided configuration\"}\n", None);
        check("", None);
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
