//! Sockets.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrStorage, bind, setsockopt, socket, sockopt};

/// Binds a TCP socket as a server would and lets it go, without listening: another process that looks who listens at the
/// same moment would take that for a server.
///
/// # Errors
/// What the system says; `AddrInUse` where somebody has the port.
pub fn bind_stream(address: SocketAddr) -> io::Result<()> {
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let socket = socket(family, SockType::Stream, SockFlag::empty(), None)?;
    // Without it, connections that ended a minute ago would count.
    setsockopt(&socket, sockopt::ReuseAddr, &true)?;
    Ok(bind(socket.as_raw_fd(), &SockaddrStorage::from(address))?)
}
