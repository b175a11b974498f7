//! Where everything of the proxy lies.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use super::error::ProxyError;
use crate::model::Port;
use crate::sys::{files, paths, process, sockets};

/// Bytes of a Unix socket's path on macOS, the shortest; Linux takes four more.
const SOCKET_LIMIT: usize = 103;

/// The longest number of a process, and a newline.
const PID_LIMIT: u64 = 16;

/// How long Caddy may take to answer on its admin socket. Whether it is there at all the kernel would tell, also for a
/// Caddy that hangs.
const PATIENCE: Duration = Duration::from_secs(1);

/// What Caddy answers at once, also while it loads something, and notes in no log. On a Unix socket it refuses most names
/// of hosts, and HTTP/1.0 needs none.
const QUESTION: &[u8] = b"HEAD /metrics HTTP/1.0\r\n\r\n";

/// What is asked for the servers of its configuration.
const SERVERS: &[u8] = b"GET /config/apps/http/servers HTTP/1.0\r\n\r\n";

/// More than the servers of ten thousand routes.
const SERVERS_LIMIT: usize = 64 << 20;

/// How the proxy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Stopped,
    /// Its process is there, and does not answer.
    Mute {
        pid: u32,
    },
    Running {
        pid: u32,
    },
}

/// The directory that is all the proxy's.
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

impl Home {
    /// The proxy's directory, which need not be there.
    ///
    /// # Errors
    /// There is no home directory.
    pub fn locate() -> Result<Home> {
        Ok(Home(paths::state_dir()?.join("proxy")))
    }

    /// Whether the proxy was set up. Caddy makes directories too, but never this one.
    pub fn is_set_up(&self) -> bool {
        files::is_dir(&self.pages())
    }

    /// Makes the directory.
    ///
    /// # Errors
    /// [`ProxyError::UnfitPath`]; what the system says.
    pub fn make(&self) -> Result<()> {
        self.require_fit()?;
        files::make_private_dir(&self.pages())?;
        Ok(())
    }

    /// That Caddy can live there.
    ///
    /// # Errors
    /// [`ProxyError::UnfitPath`].
    pub fn require_fit(&self) -> Result<(), ProxyError> {
        let path = &self.0;
        let unfit = |why| Err(ProxyError::UnfitPath { path: path.clone(), why });
        // Within quotes these would end the text, escape something, or stand for a variable.
        let is_plain = |text: &str| !text.chars().any(|c| "\"\\`{}".contains(c) || c.is_control());
        if !path.to_str().is_some_and(is_plain) {
            return unfit("a Caddyfile cannot hold this path");
        }
        if self.socket().as_os_str().len() > SOCKET_LIMIT {
            return unfit("the path is too long for a socket");
        }
        Ok(())
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The configuration that is served.
    pub fn caddyfile(&self) -> PathBuf {
        self.0.join("Caddyfile")
    }

    /// The configuration that is being tried out.
    pub(super) fn candidate(&self) -> PathBuf {
        self.0.join("Caddyfile.new")
    }

    /// The configuration that was served, while another one is loaded.
    pub(super) fn former(&self) -> PathBuf {
        self.0.join("Caddyfile.former")
    }

    pub(super) fn pages(&self) -> PathBuf {
        self.0.join("pages")
    }

    pub(super) fn socket(&self) -> PathBuf {
        self.0.join("admin.sock")
    }

    /// The admin socket as Caddy writes addresses.
    pub(super) fn admin_address(&self) -> String {
        format!("unix/{}", self.socket().display())
    }

    /// There while somebody waits in vain to have something else served: who is at it then does it once more.
    pub(super) fn again(&self) -> PathBuf {
        self.0.join("again")
    }

    /// What Caddy says; who asks for what is noted nowhere.
    pub fn log(&self) -> PathBuf {
        self.0.join("caddy.log")
    }

    /// What was not loaded, and when it is tried again.
    pub(super) fn setback(&self) -> PathBuf {
        self.0.join("setback")
    }

    /// What Caddy says before it reads its configuration.
    pub(super) fn start_log(&self) -> PathBuf {
        self.0.join("start.log")
    }

    /// The version of the Caddy that runs.
    pub(super) fn version_file(&self) -> PathBuf {
        self.0.join("version")
    }

    pub(super) fn pid_file(&self) -> PathBuf {
        self.0.join("caddy.pid")
    }

    /// Whether it runs, and answers on its admin socket; asking takes a moment.
    pub fn state(&self) -> State {
        match self.pid() {
            None => State::Stopped,
            Some(pid) if self.answers() => State::Running { pid },
            Some(pid) => State::Mute { pid },
        }
    }

    /// Whether it runs, and answers on its admin socket.
    pub fn is_running(&self) -> bool {
        matches!(self.state(), State::Running { .. })
    }

    /// The number of its process, where it answers.
    ///
    /// # Errors
    /// [`ProxyError::NotRunning`], [`ProxyError::Mute`].
    pub fn require_running(&self) -> Result<u32, ProxyError> {
        match self.state() {
            State::Running { pid } => Ok(pid),
            State::Mute { pid } => Err(ProxyError::Mute { pid }),
            State::Stopped => Err(ProxyError::NotRunning),
        }
    }

    fn answers(&self) -> bool {
        let word = b"HTTP/";
        sockets::ask(&self.socket(), QUESTION, word.len(), PATIENCE).is_ok_and(|answer| answer.starts_with(word))
    }

    /// The ports that it listens on, as Caddy has them; `None` where it does not tell.
    pub fn listening(&self) -> Option<Vec<Port>> {
        let answer = sockets::ask(&self.socket(), SERVERS, SERVERS_LIMIT, PATIENCE).ok()?;
        let answer = String::from_utf8(answer).ok()?;
        let (_, body) = answer.split_once("\r\n\r\n").filter(|(head, _)| head.split(' ').nth(1) == Some("200"))?;
        ports_of(&serde_json::from_str(body).ok()?)
    }

    /// Whether anybody listens on the admin socket.
    pub(super) fn is_listened(&self) -> bool {
        sockets::is_answered(&self.socket())
    }

    /// The number of its process, where it runs: the one on the admin socket, else the one that was written down.
    pub fn pid(&self) -> Option<u32> {
        let written = || {
            let text = files::read_limited(&self.pid_file(), PID_LIMIT).ok()?;
            std::str::from_utf8(&text).ok()?.trim().parse().ok()
        };
        let listening = sockets::listener_of(&self.socket()).filter(|pid| self.is_own(*pid));
        listening.or_else(|| written().filter(|pid| self.is_own(*pid)))
    }

    /// Whether the process is this proxy: the number may be another one's by now.
    pub(super) fn is_own(&self, pid: u32) -> bool {
        let caddyfile = self.caddyfile();
        process::command_line(pid).is_some_and(|words| words.iter().any(|word| Path::new(word) == caddyfile))
    }
}

/// The ports of every server's `listen`: `127.0.0.1:80`, `[::1]:80`.
fn ports_of(servers: &Value) -> Option<Vec<Port>> {
    let listen = servers.as_object()?.values().filter_map(|server| server.get("listen")?.as_array());
    listen.flatten().map(|address| address.as_str()?.rsplit(':').next()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_as_caddy_tells_them() {
        #[track_caller]
        fn check(servers: &str, expected: Option<&[u16]>) {
            let ports = ports_of(&serde_json::from_str(servers).unwrap());
            let numbers = ports.map(|ports| ports.into_iter().map(Port::number).collect::<Vec<_>>());
            assert_eq!(numbers.as_deref(), expected, "{servers}");
        }
        check(
            r#"{"srv0":{"listen":["127.0.0.1:80","[::1]:80"]},"srv1":{"listen":["[::1]:8443"]}}"#,
            Some(&[80, 80, 8443]),
        );
        check("{}", Some(&[]));
        check(r#"{"srv0":{"listen":["unix//run/x"]}}"#, None);
        check("null", None);
    }
}
