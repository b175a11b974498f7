//! The dnsmasq that gantry runs itself: on a high port of the loopback addresses, as the user, for one domain. It is its
//! own daemon: it goes into a session of its own, writes its number to a file and says before that what is wrong.
//!
//! It does not outlive a reboot: `gantry dns start` starts it again.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::error::DnsError;
use crate::listeners;
use crate::model::Port;
use crate::sys::{files, paths, process, sockets};

/// Where it listens first, and last: above the ports for which rights are needed, and beside those of mDNS.
pub const FIRST_PORT: u16 = 5354;
pub const LAST_PORT: u16 = 5399;

/// It reads two files and opens four sockets.
const PATIENCE: Duration = Duration::from_secs(10);
/// It ends at the first signal.
const GRACE: Duration = Duration::from_secs(3);
/// More than its files are long.
const LIMIT: u64 = 1 << 16;

/// Its configuration; the files that it writes lie beside it.
pub const CONFIG: &str = "dnsmasq.conf";

/// Everything that gantry itself keeps of DNS.
///
/// # Errors
/// There is no home directory.
pub fn dir() -> Result<PathBuf> {
    Ok(paths::state_dir()?.join("dns"))
}

/// Where dnsmasq is.
///
/// # Errors
/// [`DnsError::Missing`].
pub fn require_program() -> Result<PathBuf, DnsError> {
    process::find_system_program("dnsmasq").ok_or(DnsError::Missing { program: "dnsmasq" })
}

/// The process, while it runs; the number that it wrote down may be gone, or another process's by now.
///
/// # Errors
/// There is no home directory.
pub fn running() -> Result<Option<u32>> {
    let config = config()?;
    let written = pid(&config).filter(|&pid| is_ours(&config, pid));
    Ok(written.or_else(|| listening(&config).map(|(pid, _)| pid)))
}

/// The port of the process, as its configuration has it; where that is lost, the one that it listens on.
///
/// # Errors
/// There is no home directory.
pub fn running_port() -> Result<Option<u16>> {
    if running()?.is_none() {
        return Ok(None);
    }
    let config = config()?;
    Ok(port_in(&config).or_else(|| listening(&config).map(|(_, port)| port)))
}

/// The process and its port, found by who listens.
fn listening(config: &Path) -> Option<(u32, u16)> {
    let wanted = port_in(config).and_then(Port::new);
    let is_near = |port: u16| wanted.is_some() || (FIRST_PORT..=LAST_PORT).contains(&port);
    let found = listeners::listeners(wanted).ok()?.into_iter();
    let found = found.map(|listener| (listener.pid, listener.port.number())).filter(|(_, port)| is_near(*port));
    found.into_iter().find(|(pid, _)| is_ours(config, *pid))
}

/// Starts it with the configuration; one that runs with another is ended first. Says whether it was started.
///
/// # Errors
/// [`DnsError::Missing`], [`DnsError::PortTaken`], [`DnsError::NotStarted`] with what dnsmasq says.
pub fn start(port: u16, contents: &str) -> Result<bool> {
    if runs_with(contents) {
        return Ok(false);
    }
    stop()?;
    let program = require_program()?;
    if !is_free(port) {
        return Err(DnsError::PortTaken { port, holder: holder(port) }.into());
    }
    files::make_private_dir(&dir()?)?;
    let config = config()?;
    files::replace(&config, contents.as_bytes(), 0o644)?;
    let options = options(&config);
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let captured = process::capture(&program, &options, PATIENCE).context("dnsmasq cannot be started")?;
    if captured.is_success && running()?.is_some() {
        return Ok(true);
    }
    let said = String::from_utf8_lossy(&captured.stderr);
    let why = said.trim().trim_start_matches("dnsmasq: ");
    let why = if why.is_empty() { format!("see {}", config.with_extension("log").display()) } else { why.to_owned() };
    Err(DnsError::NotStarted { why }.into())
}

/// Whether it runs, with this configuration.
pub fn runs_with(contents: &str) -> bool {
    let found = config().and_then(|config| Ok(files::read_limited(&config, LIMIT)?));
    found.is_ok_and(|found| found == contents.as_bytes()) && running().is_ok_and(|pid| pid.is_some())
}

/// Ends it; says whether it ran.
///
/// # Errors
/// It is another user's, or does not end.
pub fn stop() -> Result<bool> {
    let config = config()?;
    let Some(pid) = running()? else { return Ok(false) };
    process::end(pid, &|| is_ours(&config, pid), GRACE).with_context(|| format!("dnsmasq ({pid}) cannot be ended"))?;
    // As root, dnsmasq has given up the rights to remove it.
    let _ = files::remove(&pid_file(&config));
    Ok(true)
}

/// The first free port, `wanted` before all others.
///
/// # Errors
/// [`DnsError::NoPort`].
pub fn free_port(wanted: Option<u16>) -> Result<u16, DnsError> {
    let mut ports = wanted.into_iter().chain(FIRST_PORT..=LAST_PORT);
    ports.find(|&port| is_free(port)).ok_or(DnsError::NoPort { first: FIRST_PORT, last: LAST_PORT })
}

/// Whether this machine speaks IPv6 with itself.
pub fn has_ipv6() -> bool {
    UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}

/// The process that has the port, as far as this user may know it.
fn holder(port: u16) -> Option<String> {
    let found = listeners::listeners(Port::new(port)).ok()?.into_iter().next()?;
    Some(format!("{} ({})", found.name, found.pid))
}

/// DNS needs the port for datagrams and for connections.
fn is_free(port: u16) -> bool {
    let addresses: [SocketAddr; 2] = [(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()];
    addresses.into_iter().all(|address| {
        let is_taken = |error: io::Error| error.kind() == io::ErrorKind::AddrInUse;
        let udp = UdpSocket::bind(address).map(drop);
        !udp.is_err_and(is_taken) && !sockets::bind_stream(address).is_err_and(is_taken)
    })
}

fn port_in(config: &Path) -> Option<u16> {
    let bytes = files::read_limited(config, LIMIT).ok()?;
    String::from_utf8_lossy(&bytes).lines().find_map(|line| line.strip_prefix("port=")?.parse().ok())
}

fn pid(config: &Path) -> Option<u32> {
    let bytes = files::read_limited(&pid_file(config), LIMIT).ok()?;
    std::str::from_utf8(&bytes).ok()?.trim().parse().ok().filter(|&pid| pid > 1)
}

/// Its configuration's place stands in its command line, and no other process has that.
fn is_ours(config: &Path, pid: u32) -> bool {
    let words = process::command_line(pid).unwrap_or_default().join(" ");
    words.contains(&options(config)[0])
}

/// Where the process whose configuration this is writes its number.
pub fn pid_file(config: &Path) -> PathBuf {
    config.with_extension("pid")
}

/// On the command line, where a path may hold anything; what quotes a configuration knows is not so sure.
pub fn options(config: &Path) -> [String; 3] {
    [
        format!("--conf-file={}", config.display()),
        format!("--pid-file={}", pid_file(config).display()),
        format!("--log-facility={}", config.with_extension("log").display()),
    ]
}

fn config() -> Result<PathBuf> {
    Ok(dir()?.join(CONFIG))
}
