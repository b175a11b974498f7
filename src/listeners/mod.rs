//! Who listens on which port: what the kernel says now.
//!
//! On Linux the kernel's socket monitoring is asked, or where that is closed `/proc/net` read, without a child process
//! and without a privilege; elsewhere, and for the processes, the `listeners` crate asks. Nothing is remembered from one
//! call to the next, and nothing here knows the registry.

mod kernel;
mod owner;
#[cfg(target_os = "linux")]
mod proc_net;
#[cfg(target_os = "linux")]
mod sock_diag;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use anyhow::{Result, anyhow};

use crate::model::{Port, PortSet, Protocol};
use crate::sys::{sockets, witness};

pub use kernel::{ephemeral_range, reserved_ports};
pub use owner::origin_of;

/// The ports with a listener on any address, IPv4 or IPv6.
#[derive(Debug)]
pub struct Listening {
    tcp: PortSet,
    udp: PortSet,
}

/// A process that listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    pub port: Port,
    pub protocol: Protocol,
    pub pid: u32,
    pub name: String,
}

/// Asks the kernel which ports are listened on.
///
/// # Errors
/// The kernel's tables cannot be read.
pub fn listening() -> Result<Listening> {
    witness::note_unrepeatable();
    let mut listening = Listening { tcp: PortSet::default(), udp: PortSet::default() };
    #[cfg(target_os = "linux")]
    if sock_diag::read_into(&mut listening).is_err() {
        proc_net::read_into(&mut listening)?;
    }
    #[cfg(not(target_os = "linux"))]
    for listener in listeners(None)? {
        listening.set_of(listener.protocol).insert(listener.port.number());
    }
    Ok(listening)
}

/// The processes that listen, as far as this user may know them; `only` narrows it to one port.
///
/// # Errors
/// The kernel's tables cannot be read.
pub fn listeners(only: Option<Port>) -> Result<Vec<Listener>> {
    witness::note_unrepeatable();
    let all = ::listeners::get_all().map_err(|error| anyhow!("the listening processes cannot be read: {error}"))?;
    let mut found: Vec<Listener> = all
        .into_iter()
        .filter_map(|listener| {
            let protocol = match (listener.protocol, listener.state) {
                (::listeners::Protocol::TCP, ::listeners::SocketState::Listen) => Protocol::Tcp,
                (::listeners::Protocol::UDP, _) => Protocol::Udp,
                (::listeners::Protocol::TCP, _) => return None,
            };
            let port = Port::new(listener.socket.port()).filter(|&port| only.is_none_or(|only| only == port))?;
            Some(Listener { port, protocol, pid: listener.process.pid, name: listener.process.name })
        })
        .collect();
    found.extend(owner::forwarders().into_iter().filter(|listener| only.is_none_or(|only| only == listener.port)));
    found.sort_by_key(|found| (found.port, found.protocol, found.pid));
    found.dedup();
    Ok(found)
}

/// Whether the port can be bound now, on every IPv4 and every IPv6 address. A privileged port that this user may not
/// bind counts as free: Compose's engine binds it, not gantry.
pub fn can_bind(port: Port, protocol: Protocol) -> bool {
    witness::note_unrepeatable();
    let number = port.number();
    [SocketAddr::from((Ipv6Addr::UNSPECIFIED, number)), SocketAddr::from((Ipv4Addr::UNSPECIFIED, number))]
        .into_iter()
        .all(|address| match bind(address, protocol) {
            Ok(()) => true,
            Err(error) => match error.kind() {
                std::io::ErrorKind::PermissionDenied => port.is_privileged(),
                std::io::ErrorKind::AddrInUse => false,
                // A machine without IPv6, or without IPv4: there is nothing to bind there.
                _ => true,
            },
        })
}

fn bind(address: SocketAddr, protocol: Protocol) -> std::io::Result<()> {
    match protocol {
        Protocol::Udp => UdpSocket::bind(address).map(drop),
        Protocol::Tcp | Protocol::Sctp => sockets::bind_stream(address),
    }
}

impl Listening {
    pub fn contains(&self, port: Port, protocol: Protocol) -> bool {
        match protocol {
            Protocol::Udp => self.udp.contains(port.number()),
            Protocol::Tcp | Protocol::Sctp => self.tcp.contains(port.number()),
        }
    }

    fn set_of(&mut self, protocol: Protocol) -> &mut PortSet {
        match protocol {
            Protocol::Udp => &mut self.udp,
            Protocol::Tcp | Protocol::Sctp => &mut self.tcp,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_listener_is_seen_on_any_address() {
        for address in ["127.0.0.1:0", "0.0.0.0:0", "[::1]:0", "[::]:0", "127.0.0.9:0"] {
            let Ok(listener) = TcpListener::bind(address) else { panic!("{address} cannot be bound") };
            let port = Port::new(listener.local_addr().expect("bound").port()).expect("not 0");
            assert!(listening().expect("readable").contains(port, Protocol::Tcp), "{address}");
            assert!(!can_bind(port, Protocol::Tcp), "{address}");
            // Which process is left open: a child that another test is just starting has the socket for a moment too.
            assert!(!listeners(Some(port)).expect("readable").is_empty(), "{address}");
            drop(listener);
            let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
            while listening().expect("readable").contains(port, Protocol::Tcp) {
                assert!(std::time::Instant::now() < deadline, "{address}: still listening");
                std::thread::yield_now();
            }
        }
    }

    /// Other sockets come and go meanwhile; these two stay.
    #[cfg(target_os = "linux")]
    #[test]
    fn both_of_the_kernels_interfaces_say_the_same() {
        let tcp = ["127.0.0.1:0", "[::1]:0"].map(|address| TcpListener::bind(address).expect("a port"));
        let udp = ["127.0.0.1:0", "[::1]:0"].map(|address| UdpSocket::bind(address).expect("a port"));
        let port = |address: std::io::Result<SocketAddr>| Port::new(address.expect("bound").port()).expect("not 0");
        let empty = || Listening { tcp: PortSet::default(), udp: PortSet::default() };
        let (mut asked, mut read) = (empty(), empty());
        sock_diag::read_into(&mut asked).expect("this kernel has it");
        proc_net::read_into(&mut read).expect("readable");
        for found in [asked, read] {
            assert!(tcp.iter().all(|it| found.contains(port(it.local_addr()), Protocol::Tcp)));
            assert!(udp.iter().all(|it| found.contains(port(it.local_addr()), Protocol::Udp)));
        }
    }

    #[test]
    fn udp_is_told_from_tcp() {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let port = Port::new(socket.local_addr().expect("bound").port()).expect("not 0");
        let now = listening().expect("readable");
        assert!(now.contains(port, Protocol::Udp));
        assert!(!can_bind(port, Protocol::Udp));
    }
}
