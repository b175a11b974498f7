//! Why the proxy does not serve.

use std::fmt;
use std::path::PathBuf;

use crate::model::Port;

/// What keeps the proxy from serving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyError {
    /// Caddy's program is not on `PATH`.
    NoCaddy,
    /// Its configuration has not all that gantry writes.
    TooOld { version: String },
    /// Caddy does not take the configuration; what it served before is served on.
    Refused { detail: String },
    /// Somebody has the port: which process, as far as that can be told.
    PortBusy { port: Port, by: Option<String> },
    /// This user may not bind the port.
    PortForbidden { port: Port },
    /// Caddy ended while it started, or did not come up in time.
    NotStarted { detail: String, log: PathBuf },
    /// It runs, and does not answer on its admin socket.
    Mute { pid: u32 },
    /// There is nothing to reload or stop.
    NotRunning,
    /// The place of the admin socket holds something else.
    SocketTaken { path: PathBuf },
    /// The path cannot stand in a Caddyfile, or is too long for a socket.
    UnfitPath { path: PathBuf, why: &'static str },
    /// Caddy was asked to do something, and whether it did is not known.
    NoAnswer { doing: &'static str, detail: String },
    /// Caddy was asked to do something, and did not.
    Failed { doing: &'static str, detail: String },
}

impl ProxyError {
    /// The way out.
    pub fn hint(&self) -> String {
        let high = "`gantry proxy setup --high-ports` takes ports that need no privilege, and `--http-port` and \
                    `--https-port` take those that you name";
        match self {
            ProxyError::NoCaddy => "install the package caddy (`apt install caddy`, `dnf install caddy`, \
                 `brew install caddy`); gantry starts it itself, so where the package started a service of it, \
                 `sudo systemctl disable --now caddy` gives port 80 back"
                .to_owned(),
            ProxyError::TooOld { .. } => "install Caddy 2.6 or newer".to_owned(),
            ProxyError::Refused { .. } => "what was served before is served on; `gantry routes` shows what was to be \
                 loaded, and the Caddyfile is named by `gantry proxy status`"
                .to_owned(),
            ProxyError::PortBusy { by: Some(_), .. } => format!("stop it, or go round it: {high}"),
            ProxyError::PortBusy { port, .. } => {
                format!("`sudo ss -ltnp sport = :{port}` tells who has it; stop it, or go round it: {high}")
            }
            ProxyError::PortForbidden { .. } => format!(
                "`sudo setcap cap_net_bind_service=+ep \"$(readlink -f \"$(command -v caddy)\")\"` lets Caddy bind it; \
                 or {high}"
            ),
            ProxyError::NotStarted { log, .. } => format!("Caddy's log is {}", log.display()),
            ProxyError::Mute { .. } | ProxyError::NoAnswer { .. } => {
                "`gantry proxy stop`, then `gantry proxy start`".to_owned()
            }
            ProxyError::NotRunning => "`gantry proxy start` starts it".to_owned(),
            ProxyError::SocketTaken { path } => format!("move {} away", path.display()),
            ProxyError::UnfitPath { .. } => "set XDG_STATE_HOME to a plain, short path".to_owned(),
            ProxyError::Failed { .. } => "`gantry proxy status` shows what runs, and where its log is".to_owned(),
        }
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProxyError::NoCaddy => f.write_str("caddy is not installed"),
            ProxyError::TooOld { version } => write!(f, "Caddy {version} is too old"),
            ProxyError::Refused { detail } => write!(f, "Caddy refuses the configuration: {detail}"),
            ProxyError::PortBusy { port, by: Some(by) } => write!(f, "port {port} is taken: {by} listens on it"),
            ProxyError::PortBusy { port, by: None } => write!(f, "port {port} is taken"),
            ProxyError::PortForbidden { port } => write!(f, "this user may not bind port {port}"),
            ProxyError::NotStarted { detail, .. } => write!(f, "Caddy did not start: {detail}"),
            ProxyError::Mute { pid } => write!(f, "the proxy runs (process {pid}) and does not answer"),
            ProxyError::NotRunning => f.write_str("the proxy does not run"),
            ProxyError::SocketTaken { path } => {
                write!(f, "{} is where Caddy's admin socket belongs, and something else is there", path.display())
            }
            ProxyError::UnfitPath { path, why } => write!(f, "the proxy cannot live in {}: {why}", path.display()),
            ProxyError::NoAnswer { doing, detail } => write!(f, "Caddy did not {doing}: {detail}"),
            ProxyError::Failed { doing, detail } => write!(f, "Caddy could not {doing}: {detail}"),
        }
    }
}

impl std::error::Error for ProxyError {}
