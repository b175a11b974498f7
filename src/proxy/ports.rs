//! The ports that the proxy listens on.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::caddy::Caddy;
use super::error::ProxyError;
use super::home::Home;
use crate::listeners;
use crate::model::{Port, PortSet, Protocol};
use crate::sys::sockets;

/// Where HTTP and HTTPS are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    pub http: Port,
    pub https: Port,
}

/// Where ports are looked for that need no privilege, for HTTP and for HTTPS.
pub const HIGH_PORTS: (u16, u16) = (8880, 8443);

/// How many are tried.
const TRIES: u16 = 100;

impl Ports {
    pub const USUAL: Ports = Ports { http: port(80), https: port(443) };
}

impl Default for Ports {
    fn default() -> Ports {
        Ports::USUAL
    }
}

/// The addresses that the proxy binds: this machine's alone.
pub(super) fn addresses() -> Vec<IpAddr> {
    let v6 = IpAddr::from(Ipv6Addr::LOCALHOST);
    // Any free port: a machine without IPv6 refuses that too.
    let has_v6 = sockets::bind_stream(SocketAddr::new(v6, 0)).is_ok();
    [IpAddr::from(Ipv4Addr::LOCALHOST)].into_iter().chain(has_v6.then_some(v6)).collect()
}

/// What keeps Caddy from binding the port; nothing where it can.
pub fn blocker(home: &Home, caddy: &Caddy, port: Port) -> Option<ProxyError> {
    let bind = |address| sockets::bind_stream(SocketAddr::new(address, port.number()));
    let error = addresses().into_iter().find_map(|address| bind(address).err())?;
    let is_taken = || listeners::listening().is_ok_and(|listening| listening.contains(port, Protocol::Tcp));
    match error.kind() {
        // What this process may not, Caddy's may.
        io::ErrorKind::PermissionDenied if !is_taken() => {
            (!caddy.may_bind(home, port)).then_some(ProxyError::PortForbidden { port })
        }
        _ => Some(ProxyError::PortBusy { port, by: holder_of(port) }),
    }
}

/// Two ports that need no privilege, that nobody listens on and that are not among the `held`.
pub fn high_ports(held: &PortSet) -> Option<Ports> {
    let free = |first: u16| {
        let candidates = (first..first + TRIES).filter(|number| !held.contains(*number)).filter_map(Port::new);
        candidates.into_iter().find(|port| listeners::can_bind(*port, Protocol::Tcp))
    };
    Some(Ports { http: free(HIGH_PORTS.0)?, https: free(HIGH_PORTS.1)? })
}

/// Who listens, by name and number.
fn holder_of(port: Port) -> Option<String> {
    let found = listeners::listeners(Some(port)).ok()?;
    found.first().map(|listener| format!("{} (process {})", listener.name, listener.pid))
}

const fn port(number: u16) -> Port {
    match Port::new(number) {
        Some(port) => port,
        None => panic!("0 is no port"),
    }
}
